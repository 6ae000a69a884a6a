"""Around every vendor request: a request id, the faults planned for it, and its entry in the journal."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from urllib.parse import parse_qs
from uuid import UUID

from aiohttp import web
from aiohttp.typedefs import Middleware

from sandbox import control
from sandbox.clock import Clock
from sandbox.faults import Fault, FaultPlan
from sandbox.journal import Arrival, Journal

# Handlers read both from their request.
REQUEST_ID = web.RequestKey("request_id", str)
FAULTS: web.RequestKey[tuple[Fault, ...]] = web.RequestKey("faults", tuple)

LINE_PATHS = ("/v2/", "/oauth2/")
_TOKEN_PATHS = ("/oauth2/", "/v2/oauth/")
LINE_HEADER = "X-Line-Request-Id"
# HS 3 has ids in the bodies of errors only; the header is ours, so that every answer can be found in the journal.
OTHER_HEADER = "X-Request-Id"
_DISCONNECTION_CHECK_SECONDS = 0.02

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Identify = Callable[[str], str | None]
"""Tells the id of the LINE channel whose token an Authorization header bears now; None for any other header."""


class RequestIds:
    """UUIDs, one per vendor request; the same seed gives the same ones."""

    def __init__(self, seed: int) -> None:
        self._random = Random(f"requests:{seed}")  # noqa: S311 - reproducible, no secrets here

    def issue(self) -> str:
        """Return the next one."""
        return str(UUID(int=self._random.getrandbits(128), version=4))


def record_requests(
    clock: Clock, journal: Journal, faults: FaultPlan, ids: RequestIds, identify: Identify
) -> Middleware:
    """Return the middleware; the control face passes by it."""

    @web.middleware
    async def record(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(control.ROOT):
            return await handler(request)
        request_id = ids.issue()
        body = await _read_body(request)
        channel = identify(request.headers.get("Authorization", "")) or _find_client(request.path, body)
        hits = faults.take(request.method, request.path, channel=channel)
        request[REQUEST_ID], request[FAULTS] = request_id, hits
        arrival = Arrival(
            time=clock.now(),
            method=request.method,
            path=request.path,
            query=tuple(request.query.items()),
            headers=request.headers,
            body=body,
            channel=channel,
        )
        # On record before it is answered: who sees it there may still act before the vendor does.
        entry = journal.record(arrival, request_id=request_id, fault=_describe(hits))
        response = await _answer(request, handler, hits)
        if response is None:
            entry.close(None)
            return _drop(request)
        response.headers[LINE_HEADER if request.path.startswith(LINE_PATHS) else OTHER_HEADER] = request_id
        entry.close(response.status)
        return response

    return record


def _describe(faults: tuple[Fault, ...]) -> str | None:
    return ", ".join(fault.describe() for fault in faults) or None


async def _read_body(request: web.Request) -> bytes:
    """Return the body; a larger one than any vendor takes is refused by the handler, which reads it again."""
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge:
        return b""


def _find_client(path: str, body: bytes) -> str | None:
    """Return the LINE channel for which a token is asked: no other call tells its channel in a form (LP 2)."""
    if not path.startswith(_TOKEN_PATHS):
        return None
    return next(iter(parse_qs(body.decode(errors="replace")).get("client_id", [])), None)


async def _answer(request: web.Request, handler: Handler, faults: tuple[Fault, ...]) -> web.StreamResponse | None:
    """Answer a request with its faults; None when its connection is to be dropped."""
    before = [fault for fault in faults if fault.when == "before"]
    after = [fault for fault in faults if fault.when == "after"]
    instead = await _apply(before, request)
    if instead is not None:
        return instead.response
    try:
        response = await handler(request)
    except web.HTTPException as error:
        response = web.json_response({"message": error.reason}, status=error.status)
    instead = await _apply(after, request)
    return response if instead is None else instead.response


@dataclass(frozen=True, slots=True)
class _Instead:
    """What a fault puts in place of the handler's answer; None: nothing at all."""

    response: web.Response | None


async def _apply(faults: list[Fault], request: web.Request) -> _Instead | None:
    for fault in faults:
        if fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
        elif fault.kind == "hang":
            await _await_disconnection(request)
            return _Instead(None)
        elif fault.kind == "drop":
            return _Instead(None)
        elif fault.kind == "answer":
            return _Instead(_make_response(fault))
    return None


async def _await_disconnection(request: web.Request) -> None:
    while request.transport is not None and not request.transport.is_closing():  # noqa: ASYNC110 - no event tells it
        await asyncio.sleep(_DISCONNECTION_CHECK_SECONDS)


def _make_response(fault: Fault) -> web.Response:
    text = fault.body if isinstance(fault.body, str) else json.dumps({} if fault.body is None else fault.body)
    return web.Response(text=text, status=fault.status, headers=fault.headers, content_type="application/json")


def _drop(request: web.Request) -> web.Response:
    """Reset the connection; the response returned is for the framework and reaches nobody."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
