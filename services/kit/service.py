"""A service put together: what each of them opens, runs and serves beside its own parts, and how it starts and ends."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

from kit.background import run_steps
from kit.clock import Clock, open_clock
from kit.config import BaseSettings, ConfigError
from kit.events.bus import NatsBus
from kit.events.relay import Relay
from kit.events.streams import EventStream
from kit.events.subjects import Subscription
from kit.ids import RandomIds
from kit.rpc.run import Worker, supervise
from kit.rpc.server import Api, RPCServer
from kit.store.engine import Database, open_database, trace_statements
from kit.store.errors import StoreRefusal
from kit.store.migrate import upgrade_when_reachable
from kit.store.retention import Rule, keep_swept

SettingsT = TypeVar("SettingsT", bound=BaseSettings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What tells one service from another before any of its parts exists.

    Attributes:
        name: as `delivery`.
        migrations: folder of its Alembic revisions.
        stream: where its events go.
        subscriptions: what its consumers read; an operator's command looks here (`kit.events.subscriptions`).
        retention: of every table of its database, kit's included, which rows go when.

    """

    name: str
    migrations: Path
    stream: EventStream
    subscriptions: Sequence[Subscription] = ()
    retention: Sequence[Rule]


@dataclass(frozen=True, slots=True)
class Ground:
    """What a service stands on, business time included; `resources` closes the service's own connections first."""

    database: Database
    bus: NatsBus
    clock: Clock
    resources: AsyncExitStack


@dataclass(frozen=True, slots=True)
class Service:
    """The parts of one process: what it serves, and what it does in the background."""

    api: Api
    workers: Sequence[Worker]


async def serve(
    definition: Definition,
    settings: SettingsT,
    stop: asyncio.Event,
    open_service: Callable[[SettingsT], AbstractAsyncContextManager[Service]],
) -> None:
    """Bring the database up to date as soon as it is there, then serve and work, as `roles` says, until `stop`.

    Raises:
        kit.config.ConfigError: the database does not let us in.
        kit.rpc.run.WorkerEndedError: a worker ended by itself.

    """
    if not await _prepare(definition, settings, stop):
        return
    async with open_service(settings) as service:
        await supervise(
            stop,
            server=RPCServer(service.api, settings) if "serve" in settings.roles else None,
            workers=service.workers if "work" in settings.roles else [],
            grace=settings.shutdown_grace,
        )


async def _prepare(definition: Definition, settings: BaseSettings, stop: asyncio.Event) -> bool:
    """Bring the database up to date; False when told to stop before that was done."""
    upgrading = asyncio.create_task(upgrade_when_reachable(settings.database_url, definition.migrations))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({upgrading, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not upgrading.done():
        # PostgreSQL rolls a revision back that was under way.
        upgrading.cancel()
        await asyncio.wait({upgrading})
        return False
    try:
        upgrading.result()
    except StoreRefusal as refusal:
        raise ConfigError({"DATABASE_URL": str(refusal)}) from refusal
    return True


@asynccontextmanager
async def open_ground(definition: Definition, settings: BaseSettings) -> AsyncIterator[Ground]:
    """Open connections to the database and to NATS, which are made when they are needed, and close them at the end."""
    async with AsyncExitStack() as resources:
        database = open_database(settings.database_url, application_name=definition.name)
        resources.push_async_callback(database.close)
        if settings.otlp_endpoint is not None:
            resources.enter_context(trace_statements(database))
        bus = await resources.enter_async_context(NatsBus(settings.nats_url, name=definition.name))
        yield Ground(database, bus, open_clock(settings.clock_file), resources)


def keep_house(definition: Definition, ground: Ground) -> list[Worker]:
    """Make the workers that every service has: the relay of its outbox, and retention."""
    relay = Relay(ground.database, ground.bus.stream(definition.stream), replica=RandomIds().uuid4())
    return [
        Worker("relay", relay.run),
        Worker("retention", partial(keep_swept, ground.database.writer, definition.retention, clock=ground.clock)),
    ]


def work_side_by_side(name: str, step: Callable[[], Awaitable[bool]], *, count: int, idle: timedelta) -> list[Worker]:
    """Make `count` workers that take `step` after step, as `run_steps` does, named `name` and a number."""
    names = [f"{name}-{number}" for number in range(count)]
    return [Worker(worker, partial(run_steps, worker, step, idle=idle)) for worker in names]
