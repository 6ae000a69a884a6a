"""One web application for LINE, HubSpot and the control face, and how to start it in a running loop."""

from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Middleware

from sandbox import control, world
from sandbox.clock import Clock
from sandbox.faults import FaultPlan
from sandbox.hubspot import app as hubspot_app
from sandbox.hubspot import control as hubspot_control
from sandbox.hubspot.generate import generate
from sandbox.hubspot.oauth import control as oauth_control
from sandbox.hubspot.preferences import routes as preferences
from sandbox.hubspot.state import HubSpot
from sandbox.hubspot.webhooks import control as webhook_control
from sandbox.hubspot.webhooks import delivery as hubspot_webhooks
from sandbox.journal import Journal
from sandbox.line import app as line_app
from sandbox.line.control import routes as line_control
from sandbox.line.platform import Line
from sandbox.line.webhooks.delivery import deliver_webhooks
from sandbox.recorder import RequestIds, record_requests
from sandbox.settings import Settings

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
    app = web.Application(middlewares=[_recorder(state)], client_max_size=_LARGEST_REQUEST)
    app.add_routes(control.routes(state.clock, state.journal, state.faults))
    app.add_routes(line_control.routes(state.line))
    app.add_routes(hubspot_control.routes(state.hubspot))
    app.add_routes(oauth_control.routes(state.hubspot))
    app.add_routes(preferences.control_routes(state.hubspot))
    app.add_routes(webhook_control.routes(state.hubspot))
    app.add_routes(_generation_routes(state.hubspot))
    app.add_routes(line_app.routes(state.line))
    app.add_routes(hubspot_app.routes(state.hubspot))
    app.cleanup_ctx.append(deliver_webhooks(state.line))
    app.cleanup_ctx.append(hubspot_webhooks.deliver_webhooks(state.hubspot))
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


def _generation_routes(hubspot: HubSpot) -> list[web.RouteDef]:
    path = control.ROOT + r"/hubspot/accounts/{hub_id:\d+}/generated-contacts"
    return [web.post(path, control.serve(lambda document: generate(hubspot, document)))]


def _recorder(state: State) -> Middleware:
    ids = RequestIds(state.settings.seed)
    return record_requests(state.clock, state.journal, state.faults, ids, state.line.identify)
