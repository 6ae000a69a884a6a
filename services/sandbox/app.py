"""One web application for LINE, HubSpot and the control face, and how to start it in a running loop."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from uuid import UUID

from aiohttp import web
from aiohttp.typedefs import Middleware

from sandbox import control, world
from sandbox.clock import Clock
from sandbox.faults import Fault, FaultPlan
from sandbox.hubspot import app as hubspot_app
from sandbox.hubspot import control as hubspot_control
from sandbox.hubspot.state import HubSpot
from sandbox.journal import Arrival, Journal
from sandbox.line import app as line_app
from sandbox.line.control import routes as line_control
from sandbox.line.endpoint import FAULTS, REQUEST_ID
from sandbox.line.platform import Line
from sandbox.settings import Settings

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

LINE_PATHS = ("/v2/", "/oauth2/")
# Files of 1,500,000 ids have about 51 MB (LP 1.1); LINE's own 2 MB limit is checked by its endpoints.
_LARGEST_REQUEST = 64 * 1024 * 1024
# What is still being answered (a planned delay) is cut off; 0 would mean to wait for it.
_SHUTDOWN_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class State:
    """Everything one sandbox holds."""

    settings: Settings
    clock: Clock
    journal: Journal
    faults: FaultPlan
    line: Line
    hubspot: HubSpot


@dataclass(frozen=True, slots=True)
class RunningSandbox:
    """A sandbox that listens; `url` is its one origin, without a trailing slash."""

    url: str
    state: State
    runner: web.AppRunner

    async def aclose(self) -> None:
        """Stop listening and drop open connections."""
        await self.runner.cleanup()


def create_state(settings: Settings, *, clock: Clock | None = None) -> State:
    """Build the world that the settings ask for."""
    clock = clock or Clock()
    line = Line(clock=clock, settings=settings.line, seed=settings.seed)
    hubspot = HubSpot(clock=clock, settings=settings.hubspot)
    if settings.world == "demo":
        world.populate(line, hubspot, seed=settings.seed, friends=settings.friends)
    return State(settings, clock, Journal(), FaultPlan(), line, hubspot)


def create_app(state: State) -> web.Application:
    """Mount all routes behind the recorder, which also applies faults."""
    app = web.Application(middlewares=[_record(state)], client_max_size=_LARGEST_REQUEST)
    app.add_routes(control.routes(state.clock, state.journal, state.faults))
    app.add_routes(line_control.routes(state.line))
    app.add_routes(hubspot_control.routes(state.hubspot))
    app.add_routes(line_app.routes(state.line))
    app.add_routes(hubspot_app.routes(state.hubspot))
    return app


async def start(
    settings: Settings | None = None, *, host: str = "127.0.0.1", port: int = 0, clock: Clock | None = None
) -> RunningSandbox:
    """Start a sandbox in the running loop; port 0 takes a free one."""
    state = create_state(settings or Settings(), clock=clock)
    runner = web.AppRunner(create_app(state), access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    await site.start()
    bound_host, bound_port = runner.addresses[0][:2]
    return RunningSandbox(f"http://{bound_host}:{bound_port}", state, runner)


def _record(state: State) -> Middleware:
    """Return the middleware of vendor requests: request id, faults, journal. The control face passes by."""
    ids = Random(f"requests:{state.settings.seed}")  # noqa: S311 - reproducible, no secrets here

    @web.middleware
    async def record(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(control.ROOT):
            return await handler(request)
        request_id = str(UUID(int=ids.getrandbits(128), version=4))
        faults = state.faults.take(request.method, request.path)
        request[REQUEST_ID], request[FAULTS] = request_id, faults
        arrival = Arrival(
            time=state.clock.now(),
            method=request.method,
            path=request.path,
            query=tuple(request.query.items()),
            headers=request.headers,
            body=await _read_body(request),
        )
        response = await _answer(request, handler, faults)
        if response is not None and request.path.startswith(LINE_PATHS):
            response.headers["X-Line-Request-Id"] = request_id
        state.journal.record(
            arrival,
            status=None if response is None else response.status,
            request_id=request_id,
            fault=", ".join(fault.describe() for fault in faults) or None,
        )
        return _drop(request) if response is None else response

    return record


async def _read_body(request: web.Request) -> bytes:
    """Return the body; a larger one than any vendor takes is refused by the handler, which reads it again."""
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge:
        return b""


async def _answer(request: web.Request, handler: Handler, faults: tuple[Fault, ...]) -> web.StreamResponse | None:
    """Answer a request with its faults; None when its connection is to be dropped."""
    before = [fault for fault in faults if fault.when == "before"]
    after = [fault for fault in faults if fault.when == "after"]
    instead = await _apply(before)
    if instead is not None:
        return instead.response
    try:
        response = await handler(request)
    except web.HTTPException as error:
        response = web.json_response({"message": error.reason}, status=error.status)
    instead = await _apply(after)
    return response if instead is None else instead.response


@dataclass(frozen=True, slots=True)
class _Instead:
    """What a fault puts in place of the handler's answer; None: nothing at all."""

    response: web.Response | None


async def _apply(faults: list[Fault]) -> _Instead | None:
    for fault in faults:
        if fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
        elif fault.kind == "drop":
            return _Instead(None)
        elif fault.kind == "answer":
            return _Instead(_make_response(fault))
    return None


def _make_response(fault: Fault) -> web.Response:
    text = fault.body if isinstance(fault.body, str) else json.dumps({} if fault.body is None else fault.body)
    return web.Response(text=text, status=fault.status, headers=fault.headers, content_type="application/json")


def _drop(request: web.Request) -> web.Response:
    """Reset the connection; the response returned is for the framework and reaches nobody."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
