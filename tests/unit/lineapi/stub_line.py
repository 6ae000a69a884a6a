"""A server that gives the answers it was told to give, well-formed or not, and keeps what it was asked."""

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

REQUEST_ID = "5b59509c-c57b-11e9-aa8c-2a2ae2dbcce4"

Reply = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it arrived."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


def reply(status: int = 200, body: Any = None, *, headers: Mapping[str, str] | None = None) -> Reply:
    """Answer with JSON, or with raw bytes, and LINE's request id."""
    content = body if isinstance(body, bytes) else json.dumps({} if body is None else body).encode()

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(
            status=status, body=content, headers={"X-Line-Request-Id": REQUEST_ID} | dict(headers or {})
        )

    return answer


def reply_without_id(status: int) -> Reply:
    """Answer without `X-Line-Request-Id`, which LINE never should."""

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, body=b"{}")

    return answer


async def drop(request: web.Request) -> web.StreamResponse:
    """Close the connection instead of answering."""
    assert request.transport is not None
    request.transport.close()
    return web.Response()


def drop_in_body(status: int, *, headers: Mapping[str, str] | None = None) -> Reply:
    """Answer the status and headers, and close the connection within the body."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=status, headers={"X-Line-Request-Id": REQUEST_ID} | dict(headers or {}))
        response.content_length = 100
        await response.prepare(request)
        await response.write(b'{"half":')
        assert request.transport is not None
        request.transport.close()
        return response

    return answer


async def say_garbage(request: web.Request) -> web.StreamResponse:
    """Answer something that is not HTTP."""
    assert request.transport is not None
    request.transport.write(b"220 mail.example ready\r\n\r\n")
    request.transport.close()
    return web.Response()


async def stay_silent(_: web.Request) -> web.StreamResponse:
    """Never answer; the server cancels this when the client goes away."""
    await asyncio.Event().wait()
    raise AssertionError("unreachable")


class StubLINE:
    """Listens on a free loopback port between `start` and `stop`; replies are used up in order."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self._replies: deque[Reply] = deque()
        self._arrived = asyncio.Event()
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)

    @property
    def url(self) -> str:
        """Origin of the server."""
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"

    def will(self, *replies: Reply) -> None:
        """Append replies."""
        self._replies.extend(replies)

    async def wait_for_request(self) -> None:
        """Wait until something has arrived."""
        await asyncio.wait_for(self._arrived.wait(), 5)

    async def start(self) -> None:
        """Start to listen."""
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()

    async def stop(self) -> None:
        """Stop to listen and end open handlers."""
        await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.received.append(Received(request.method, request.path, dict(request.query), request.headers, body))
        self._arrived.set()
        return await self._replies.popleft()(request)
