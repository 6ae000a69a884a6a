"""The same seed and the same calls give byte-identical answers and read-back."""

import asyncio
import json
from typing import Any

import aiohttp

from sandbox.app import start
from sandbox.clock import Clock
from sandbox.hubspot.world import DEMO_TOKEN
from sandbox.settings import Settings
from sandbox.world import CHANNEL_ID, CHANNEL_SECRET
from tests.contract.sandbox.line.driver import START
from tests.contract.sandbox.line.receiver import Receiver, listen
from tests.infrastructure.eventually import eventually

LINE = f"/_control/line/channels/{CHANNEL_ID}"
ACCOUNT = "/_control/hubspot/accounts/20000001"
BUBBLES = [{"type": "text", "text": "https://shop.example/spring"}]
FIRST_AUDIENCE = {"type": "audience", "audienceGroupId": 5_000_000_000_001}
WOMEN = {"demographic": {"type": "gender", "oneOf": ["female"]}}
READ_BACK = (
    "/_control/requests",
    "/_control/clock",
    "/_control/faults",
    "/_control/line/channels",
    "/_control/line/settings",
    f"{LINE}/audiences",
    f"{LINE}/narrowcasts?recipients=true",
    f"{LINE}/sends?recipients=true",
    f"{LINE}/deliveries",
    f"{LINE}/webhooks",
    f"{LINE}/traces",
    "/_control/hubspot/accounts",
    f"{ACCOUNT}/lists/1/members",
)


class Run:
    """One sandbox and everything that it answered."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http
        self._headers: dict[str, str] = {}
        self.answers: list[tuple[int, str, bytes]] = []

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Call, keep the answer with its request id, and return the JSON."""
        named = {**self._headers, **headers}
        async with self._http.request(method, path, json=body, headers=named) as response:
            content = await response.read()
            ids = [response.headers.get(name, "") for name in ("X-Line-Request-Id", "X-Request-Id")]
        self.answers.append((response.status, "".join(ids), content))
        return json.loads(content) if content else None

    async def advance(self, seconds: float) -> None:
        """Let business time pass."""
        await self.call("POST", "/_control/clock", {"advance_seconds": seconds})

    async def open_line(self) -> None:
        """Take a LINE token, which is part of what must be the same."""
        form = {"grant_type": "client_credentials", "client_id": CHANNEL_ID, "client_secret": CHANNEL_SECRET}
        async with self._http.post("/oauth2/v3/token", data=form) as response:
            token = (await response.json())["access_token"]
        self.answers.append((response.status, response.headers["X-Line-Request-Id"], token.encode()))
        self._headers["Authorization"] = f"Bearer {token}"


async def live_through(run: Run, receiver: Receiver) -> None:
    """Send, lose an answer, react, make audiences, change contacts, and let days pass."""
    await run.call(
        "POST", f"{LINE}/life", {"adds": 3.5, "block_share": 0.01, "pages": {"/cart": 0.05}, "buy_share": 0.1}
    )
    await run.open_line()
    await run.call("PUT", "/v2/bot/channel/webhook/endpoint", {"endpoint": receiver.url})
    await run.call(
        "POST", "/_control/faults", {"path": "/v2/bot/message/narrowcast", "kind": "answer", "when": "after"}
    )
    for limit in ({"max": 20}, None):
        body = {"messages": BUBBLES, "recipient": FIRST_AUDIENCE, "filter": WOMEN, "limit": limit}
        await run.call("POST", "/v2/bot/message/narrowcast", {name: part for name, part in body.items() if part})
    friends = (await run.call("GET", "/v2/bot/followers/ids?limit=5"))["userIds"]
    units = {"to": friends, "messages": BUBBLES, "customAggregationUnits": ["spring"]}
    await run.call("POST", "/v2/bot/message/multicast", units)
    await run.call("POST", "/v2/bot/message/push", {"to": friends[0], "messages": BUBBLES})
    await run.call("POST", f"{LINE}/events", {"type": "message", "user_ids": friends[:2], "text": "hello"})
    await run.call("POST", f"{LINE}/blocks", {"count": 3})
    upload = {"description": "members", "audiences": [{"id": one} for one in friends]}
    await run.call("POST", "/v2/bot/audienceGroup/upload", upload)
    for _ in range(3):
        await run.advance(86_400)
        await run.open_line()
        sends = (await run.call("GET", f"{LINE}/narrowcasts"))["narrowcasts"]
        await run.call("GET", f"/v2/bot/insight/message/event?requestId={sends[-1]['request_id']}")
        await run.call("GET", "/v2/bot/insight/demographic")
    await change_contacts(run)
    await run.call("PUT", "/v2/bot/channel/webhook/endpoint", {"endpoint": receiver.url})


async def change_contacts(run: Run) -> None:
    """Use HubSpot: pages, a search, a merge, a refusal, a list."""
    token = {"Authorization": f"Bearer {DEMO_TOKEN}"}
    await run.call("GET", "/crm/v3/lists/1/memberships?limit=10", **token)
    await run.call("POST", "/crm/v3/objects/contacts/search", {"limit": 3}, **token)
    merge = {"primaryObjectId": "101", "objectIdToMerge": "102"}
    await run.call("POST", "/crm/v3/objects/contacts/merge", merge, **token)
    await run.call("GET", "/crm/v3/lists/999", **token)
    made = {"name": "VIP", "objectTypeId": "0-1", "processingType": "MANUAL"}
    await run.call("POST", "/crm/v3/lists/", made, **token)


async def record(receiver: Receiver) -> list[tuple[int, str, bytes]]:
    """Run the story in a new sandbox, on a clock that stands still, and return all that it answered and kept."""
    sandbox = await start(Settings(friends=400, seed=11), clock=Clock(machine=lambda: START))
    try:
        # Links in answers repeat the host that was called, whose port is another one in each run.
        async with aiohttp.ClientSession(sandbox.url, headers={"Host": "sandbox.test"}) as http:
            run = Run(http)
            await live_through(run, receiver)

            async def is_settled() -> bool:
                async with http.get(f"{LINE}/webhooks") as response:
                    return not (await response.json())["waiting"]

            await eventually(is_settled)
            for path in READ_BACK:
                await run.call("GET", path)
    finally:
        await sandbox.aclose()
    return run.answers


async def test_the_same_calls_twice() -> None:
    """Two sandboxes of one seed that are asked the same answer the same, byte by byte, and remember the same."""
    async with listen() as receiver:
        first = await asyncio.wait_for(record(receiver), timeout=60)
        posts = [post.body for post in receiver.posts]
        second = await asyncio.wait_for(record(receiver), timeout=60)

    assert first == second
    assert [post.body for post in receiver.posts[len(posts) :]] == posts
    assert {status for status, _, _ in first} >= {200, 202, 404, 500}
    assert len(posts) > 3
