"""Serves the HubSpot stand-in on a free port of the loopback, alone, with its control face and a fault plan."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.clock import Clock
from sandbox.faults import FaultPlan
from sandbox.hubspot import app, control
from sandbox.hubspot.settings import HubSpotSettings
from sandbox.hubspot.state import HubSpot

TOKEN = "pat-sandbox-test-0001"
START = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
UNLIMITED = HubSpotSettings(burst_limit=None, day_limit=None, search_limit=None)


@dataclass(slots=True)
class RunningHubSpot:
    """A stand-in that answers at `url`; its clock stands still until a test moves it."""

    hubspot: HubSpot
    clock: Clock
    url: str = ""
    faults: FaultPlan = field(default_factory=FaultPlan)
    requests: list[str] = field(default_factory=list)


@asynccontextmanager
async def serve_hubspot(settings: HubSpotSettings = UNLIMITED) -> AsyncIterator[RunningHubSpot]:
    """Run a stand-in without accounts and stop it at the end."""
    clock = Clock(machine=lambda: START)
    running = RunningHubSpot(HubSpot(clock=clock, settings=settings), clock)

    @web.middleware
    async def interfere(request: web.Request, handler: Handler) -> web.StreamResponse:
        running.requests.append(f"{request.method} {request.path}")
        for fault in running.faults.take(request.method, request.path):
            if fault.kind == "drop" and request.transport:
                request.transport.abort()
            if fault.kind == "delay":
                await asyncio.sleep(fault.seconds)
            body = fault.body if isinstance(fault.body, str) else json.dumps(fault.body)
            return web.Response(status=fault.status, text=body, headers=fault.headers)
        return await handler(request)

    application = web.Application(middlewares=[interfere])
    application.add_routes([*app.routes(running.hubspot), *control.routes(running.hubspot)])
    runner = web.AppRunner(application, shutdown_timeout=0.01)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        running.url = f"http://{host}:{port}"
        yield running
    finally:
        await runner.cleanup()
