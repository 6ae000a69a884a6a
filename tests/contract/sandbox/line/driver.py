"""One official account on a sandbox, driven by the official SDK, by raw HTTP, and by the control face."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aiohttp
from linebot.v3 import audience, insight, messaging, oauth

from sandbox.app import RunningSandbox
from sandbox.clock import Clock

START = datetime(2026, 6, 15, 3, 0, tzinfo=UTC)
CHANNEL_ID = "2000000009"
SECRET = "contract-secret"
TEXT = {"type": "text", "text": "hello"}


def user_id(number: int) -> str:
    """Return the LINE id of test person `number`."""
    return f"U{number:032x}"


@dataclass(frozen=True, slots=True)
class Answer:
    """A raw HTTP answer."""

    status: int
    headers: dict[str, str]
    body: Any

    @property
    def request_id(self) -> str:
        """The vendor's request id."""
        return self.headers["X-Line-Request-Id"]


@dataclass(frozen=True, slots=True)
class Sdk:
    """The SDK's API classes with one token; its calls block, so they run in a thread."""

    messaging: Any
    audience: Any
    audience_blob: Any
    insight: Any


@dataclass(slots=True)
class OfficialAccount:
    """One OA: its control face, and its API by SDK and by HTTP."""

    sandbox: RunningSandbox
    http: aiohttp.ClientSession
    channel_id: str = CHANNEL_ID
    secret: str = SECRET

    @property
    def clock(self) -> Clock:
        """The sandbox's clock."""
        return self.sandbox.state.clock

    async def control(self, method: str, path: str, /, **body: Any) -> Any:
        """Call the control face below the channel, or below the root when the path begins with a slash."""
        base = "/_control" if path.startswith("/") else f"/_control/line/channels/{self.channel_id}/"
        async with self.http.request(method, self.sandbox.url + base + path, json=body or None) as response:
            answer = await response.json()

        assert response.status == 200, answer
        return answer

    async def issue_token(self) -> str:
        """Return a new stateless token from the SDK."""

        def issue() -> Any:
            config = oauth.Configuration(host=self.sandbox.url)
            with oauth.ApiClient(config) as client:
                api = oauth.ChannelAccessToken(client)
                return api.issue_stateless_channel_token_by_client_secret(self.channel_id, self.secret)

        answer = await asyncio.to_thread(issue)
        return str(answer.access_token)

    async def sdk(self, call: Callable[[Sdk], Any], *, token: str | None = None) -> Any:
        """Run one SDK call with a fresh token."""
        access_token = token or await self.issue_token()
        host = self.sandbox.url

        def run() -> Any:
            with (
                messaging.ApiClient(messaging.Configuration(host=host, access_token=access_token)) as one,
                audience.ApiClient(audience.Configuration(host=host, access_token=access_token)) as two,
                insight.ApiClient(insight.Configuration(host=host, access_token=access_token)) as three,
            ):
                apis = audience.ManageAudience(two), audience.ManageAudienceBlob(two)
                return call(Sdk(messaging.MessagingApi(one), *apis, insight.Insight(three)))

        return await asyncio.to_thread(run)

    async def call(
        self, method: str, path: str, *, body: Any = None, retry_key: str | None = None, token: str | None = None
    ) -> Answer:
        """Call the LINE API by plain HTTP."""
        headers = {"Authorization": f"Bearer {token or await self.issue_token()}"}
        if retry_key is not None:
            headers["X-Line-Retry-Key"] = retry_key
        url = self.sandbox.url + path
        async with self.http.request(method, url, json=body, headers=headers) as response:
            return Answer(response.status, dict(response.headers), await response.json())

    async def narrowcast(self, *, retry_key: str | None = None, token: str | None = None, **body: Any) -> Answer:
        """Send one text by narrowcast with further body properties."""
        full = {"messages": [TEXT], **body}
        return await self.call("POST", "/v2/bot/message/narrowcast", body=full, retry_key=retry_key, token=token)

    async def finish(self, request_id: str) -> Any:
        """Let the clock run over both phases and return the progress."""
        self.clock.advance(10)
        answer = await self.call("GET", f"/v2/bot/message/progress/narrowcast?requestId={request_id}")
        return answer.body

    async def send(self, **body: Any) -> str:
        """Send a narrowcast that is accepted, wait until it is over, and return its request id."""
        answer = await self.narrowcast(**body)
        assert answer.status == 202, answer.body
        await self.finish(answer.request_id)
        return answer.request_id

    async def befriend(self, count: int, *, first: int = 0, **attributes: Any) -> Sequence[str]:
        """Add friends of a month with all attributes known, and return their ids."""
        known = {"gender": "female", "age": 30, "area": "jp_13", "app_type": "ios", **attributes}
        ids = [user_id(number) for number in range(first, first + count)]
        await self.control("POST", "friends", people=[{"user_id": one, **known} for one in ids])
        return ids

    async def make_audience(self, kind: str, user_ids: Sequence[str], **more: Any) -> int:
        """Make an audience as OA Manager would and return its number."""
        answer = await self.control("POST", "audiences", kind=kind, name=kind, user_ids=list(user_ids), **more)
        return int(answer["audienceGroupId"])

    async def change_settings(self, **values: Any) -> None:
        """Set vendor switches."""
        await self.control("POST", "/line/settings", **values)


def one_audience(number: int) -> dict[str, Any]:
    """Return a recipient object."""
    return {"type": "audience", "audienceGroupId": number}
