"""A bot's webhook endpoint on a free port of loopback, which records what LINE posts to it."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from linebot.v3 import WebhookParser

from tests.contract.sandbox.line.driver import OfficialAccount
from tests.infrastructure.eventually import eventually

SETTINGS = "/v2/bot/channel/webhook/endpoint"


@dataclass(frozen=True, slots=True)
class Post:
    """One POST that arrived."""

    body: bytes
    signature: str
    content_type: str

    @property
    def events(self) -> list[dict[str, Any]]:
        """Its events."""
        events: list[dict[str, Any]] = json.loads(self.body)["events"]
        return events


@dataclass(slots=True)
class Receiver:
    """The endpoint; `statuses` are its next answers (then 200), None closes the connection without one.

    While `open` is not set it keeps callers waiting.
    """

    url: str = ""
    posts: list[Post] = field(default_factory=list)
    statuses: list[int | None] = field(default_factory=list)
    open: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def events(self) -> list[dict[str, Any]]:
        """All events in order of arrival."""
        return [event for post in self.posts for event in post.events]

    async def answer(self, request: web.Request) -> web.Response:
        """Record a POST and answer it."""
        body = await request.read()
        self.posts.append(Post(body, request.headers["X-Line-Signature"], request.headers["Content-Type"]))
        await self.open.wait()
        status = self.statuses.pop(0) if self.statuses else 200
        if status is None and request.transport is not None:
            request.transport.abort()
        return web.Response(status=status or 500)


@asynccontextmanager
async def listen(path: str = "/callback") -> AsyncIterator[Receiver]:
    """Run a receiver that is open."""
    receiver = Receiver()
    receiver.open.set()
    app = web.Application()
    app.router.add_post(path, receiver.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}{path}"
    try:
        yield receiver
    finally:
        receiver.open.set()
        await runner.cleanup()


async def set_endpoint(oa: OfficialAccount, url: str) -> None:
    """Set the channel's webhook endpoint by the API."""
    answer = await oa.call("PUT", SETTINGS, body={"endpoint": url})
    assert (answer.status, answer.body) == (200, {})


async def act(oa: OfficialAccount, kind: str, *user_ids: str, **more: Any) -> None:
    """Let users do something."""
    await oa.control("POST", "events", type=kind, user_ids=list(user_ids), **more)


async def read_settled(oa: OfficialAccount) -> dict[str, Any]:
    """Return the read-back of webhooks once nothing waits to be sent."""

    async def find() -> dict[str, Any] | None:
        answer: dict[str, Any] = await oa.control("GET", "webhooks")
        return None if answer["waiting"] else answer

    found: dict[str, Any] | None = await eventually(find)
    assert found is not None
    return found


def bodies(read_back: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """Yield the events of each attempt."""
    for attempt in read_back["attempts"]:
        yield json.loads(attempt["body"])["events"]


def is_accepted(secret: str, post: Post) -> bool:
    """Whether the SDK finds the signature right."""
    return bool(WebhookParser(secret).signature_validator.validate(post.body.decode(), post.signature))
