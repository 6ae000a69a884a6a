"""Puts the reporting service together; the only module that names concrete adapters."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import grpc

from kit.background import run_steps
from kit.clock import Clock, open_clock
from kit.events import inbox, outbox
from kit.events.bus import EventStream, NatsBus
from kit.events.consumer import Consumer
from kit.events.dead_letters import DeadLetters
from kit.events.inbox import handle_once
from kit.events.redrive import Handlers
from kit.events.relay import Relay
from kit.ids import RandomIds
from kit.rpc.client import connect
from kit.rpc.run import Worker, supervise
from kit.rpc.server import Api, RPCServer
from kit.store.engine import Database, open_database, trace_statements
from kit.store.migrate import upgrade
from kit.store.retention import keep_swept
from kit.store.uow import SqlUnitOfWork
from outreach.reporting.v1.report_pb2_grpc import add_ReportServiceServicer_to_server
from reporting.adapters.delivery_client import DeliverySends
from reporting.adapters.store.transaction import SqlTransaction, build_transaction
from reporting.application.publishing import Publishing
from reporting.application.reports import Reports
from reporting.config import Settings
from reporting.entrypoints import consumers
from reporting.entrypoints.access import ACCESS, PUBLIC
from reporting.entrypoints.rpc import ReportServicer

SERVICE = "reporting"
MIGRATIONS = Path(__file__).parent / "adapters" / "migrations"
STREAM = EventStream(name=SERVICE, subjects=("outreach.reporting.v1.>",))

PUBLISHING_IDLE = timedelta(milliseconds=500)
"""How long a worker waits, in machine time, before it looks again at what is due in business time."""

SIDE_BY_SIDE = 4
"""How many reports one process publishes at once, so that a slow answer of LINE's holds up few others."""


@dataclass(frozen=True, slots=True)
class Service:
    """The parts of one process: what it serves, and what it does in the background."""

    api: Api
    workers: list[Worker]


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Bring the database up to date, then serve and work, as `roles` says, until `stop`."""
    await upgrade(settings.database_url, MIGRATIONS)
    async with open_service(settings) as service:
        await supervise(
            stop,
            server=RPCServer(service.api, settings) if "serve" in settings.roles else None,
            workers=service.workers if "work" in settings.roles else [],
            grace=settings.shutdown_grace,
        )


@asynccontextmanager
async def open_service(settings: Settings, *, clock: Clock | None = None) -> AsyncIterator[Service]:
    """Open connections, which are made when they are needed, and close them at the end.

    `clock` is business time; None = the one that the settings ask for.
    """
    async with AsyncExitStack() as resources:
        database = open_database(settings.database_url, application_name=SERVICE)
        resources.push_async_callback(database.close)
        if settings.otlp_endpoint is not None:
            resources.enter_context(trace_statements(database))
        bus = await resources.enter_async_context(NatsBus(settings.nats_url, name=SERVICE))
        delivery = await resources.enter_async_context(connect(SERVICE, settings.delivery_address, settings))
        uow: SqlUnitOfWork[SqlTransaction] = SqlUnitOfWork(database, partial(build_transaction, ids=RandomIds()))
        publishing = Publishing(uow=uow, sends=DeliverySends(delivery), clock=clock or open_clock(settings.clock_file))
        yield Service(_build_api(Reports(uow)), _build_workers(publishing, uow, database, bus))


@asynccontextmanager
async def open_handlers(settings: Settings) -> AsyncIterator[Handlers]:
    """Open what an operator handles dead letters with again (`kit.events.redrive`)."""
    database = open_database(settings.database_url, application_name=SERVICE)
    try:
        uow: SqlUnitOfWork[SqlTransaction] = SqlUnitOfWork(database, partial(build_transaction, ids=RandomIds()))
        handle = handle_once(consumers.CONSUMER, uow, consumers.apply_event)
        yield Handlers({consumers.CONSUMER: handle}, DeadLetters(database))
    finally:
        await database.close()


def _build_api(reports: Reports) -> Api:
    def register(server: grpc.aio.Server) -> None:
        add_ReportServiceServicer_to_server(ReportServicer(reports), server)

    return Api(service=SERVICE, public=PUBLIC, access=ACCESS, register=register)


def _build_workers(
    publishing: Publishing, uow: SqlUnitOfWork[SqlTransaction], database: Database, bus: NatsBus
) -> list[Worker]:
    relay = Relay(database, bus, replica=RandomIds().uuid4())
    handle = handle_once(consumers.CONSUMER, uow, consumers.apply_event)
    consumer = Consumer(consumers.CONSUMER, handle, DeadLetters(database))

    async def publish_events() -> None:
        await bus.ensure_stream(STREAM)
        await relay.run()

    async def publish_reports(name: str) -> None:
        await run_steps(name, publishing.run_once, idle=PUBLISHING_IDLE)

    return [
        Worker("relay", publish_events),
        Worker("campaigns", partial(bus.consume, consumers.STREAM, consumer, subjects=consumers.SUBJECTS)),
        Worker("retention", partial(keep_swept, database.writer, [outbox.RETENTION, inbox.RETENTION])),
        *(
            Worker(f"publishing-{number}", partial(publish_reports, f"publishing-{number}"))
            for number in range(SIDE_BY_SIDE)
        ),
    ]
