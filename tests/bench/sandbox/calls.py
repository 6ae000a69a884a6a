"""The calls that are measured, and what they need to be set up in a sandbox."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp

NARROWCAST_PATH = "/v2/bot/message/narrowcast"
MEMBERS_PATH = "/crm/v3/lists/{list_id}/memberships"
PAGE_SIZE = 250

CHANNEL_ID, SECRET = "2000000002", "bench-secret"
HUBSPOT_TOKEN = "pat-sandbox-bench"
_LINE = f"/_control/line/channels/{CHANNEL_ID}"


@dataclass(frozen=True, slots=True)
class Site:
    """A server that is measured, and the session that calls it."""

    http: aiohttp.ClientSession
    url: str

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, str | None]:
        """Call and return status, JSON body and LINE's request id."""
        async with self.http.request(method, self.url + path, json=body, headers=headers) as response:
            return response.status, await response.json(), response.headers.get("X-Line-Request-Id")

    async def require(self, method: str, path: str, body: Any = None) -> Any:
        """Call the control face; a refusal is an error of the benchmark."""
        status, answer, _ = await self.call(method, path, body)
        if status != 200:
            raise RuntimeError(f"{method} {path}: {status} {answer}")
        return answer


async def open_channel(site: Site, *, friends: int) -> dict[str, str]:
    """Make a channel without rate limits whose OA has `friends`; return the headers of its calls."""
    await site.require("POST", "/_control/line/settings", {"limits_on": False})
    await site.require("POST", "/_control/line/channels", {"channel_id": CHANNEL_ID, "secret": SECRET})
    await site.require("POST", _LINE + "/friends", {"count": friends})
    return await issue_token(site)


async def issue_token(site: Site) -> dict[str, str]:
    """Return the headers of LINE calls, good for 15 minutes of the sandbox's clock."""
    form = {"grant_type": "client_credentials", "client_id": CHANNEL_ID, "client_secret": SECRET}
    async with site.http.post(site.url + "/oauth2/v3/token", data=form) as response:
        return {"Authorization": f"Bearer {(await response.json())['access_token']}"}


async def make_audience(site: Site, kind: str, share: float) -> int:
    """Make an audience of a share of the friends; return its number."""
    body = {"kind": kind, "name": f"{kind} {share:.2f}", "share": share}
    return int((await site.require("POST", _LINE + "/audiences", body))["audienceGroupId"])


async def open_list(site: Site, *, members: int) -> tuple[int, dict[str, str]]:
    """Make an account without rate limits with one list; return the list's id and the headers of its calls."""
    unlimited = {"burst_limit": None, "day_limit": None, "search_limit": None}
    await site.require("PATCH", "/_control/hubspot/settings", unlimited)
    account = await site.require("POST", "/_control/hubspot/accounts", {"token": HUBSPOT_TOKEN})
    body = {"name": "members", "members": list(range(1, members + 1))}
    made = await site.require("POST", f"/_control/hubspot/accounts/{account['hubId']}/lists", body)
    return int(made["listId"]), {"Authorization": f"Bearer {HUBSPOT_TOKEN}"}


def narrowcasts(audience: int) -> Iterator[tuple[dict[str, Any], dict[str, str]]]:
    """Yield bodies and headers of sends to one audience, each with a retry key of its own."""
    body = {
        "messages": [{"type": "text", "text": "春のセールが始まりました"}],
        "recipient": {"type": "audience", "audienceGroupId": audience},
        "filter": {"demographic": {"type": "gender", "oneOf": ["female"]}},
        "limit": {"max": 500, "upToRemainingQuota": True},
    }
    while True:
        yield body, {"X-Line-Retry-Key": str(uuid.uuid4())}
