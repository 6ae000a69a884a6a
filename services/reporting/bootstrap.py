"""Puts the reporting service together; the only module that names concrete adapters."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import grpc

from kit import service
from kit.clock import Clock
from kit.events.consumer import Consumer
from kit.events.dead_letters import DeadLetters
from kit.events.inbox import handle_once
from kit.events.redrive import Handlers
from kit.events.streams import EventStream
from kit.ids import RandomIds
from kit.rpc.client import connect
from kit.rpc.run import Worker
from kit.rpc.server import Api
from kit.service import Definition, Ground, Service, keep_house, open_ground, work_side_by_side
from kit.store.engine import open_database
from kit.store.uow import SqlUnitOfWork
from outreach.reporting.v1.report_pb2_grpc import add_ReportServiceServicer_to_server
from reporting.adapters import retention
from reporting.adapters.delivery_client import DeliverySends
from reporting.adapters.delivery_stream import DeliveryStream
from reporting.adapters.send_list import DeliverySendList
from reporting.adapters.store.transaction import SqlTransaction, build_transaction
from reporting.application.publishing import Publishing
from reporting.application.reconciling import Reconciling
from reporting.application.reports import Reports
from reporting.application.watching import Watching
from reporting.config import Settings
from reporting.entrypoints import consumers
from reporting.entrypoints.access import ACCESS, PUBLIC
from reporting.entrypoints.rpc import ReportServicer

REPORTING = Definition(
    name="reporting",
    migrations=Path(__file__).parent / "adapters" / "migrations",
    stream=EventStream(name="reporting", subjects=("outreach.reporting.v1.>",)),
    subscriptions=(consumers.CAMPAIGNS,),
    retention=retention.RULES,
)

PUBLISHING_IDLE = timedelta(milliseconds=500)
"""How long a worker waits, in machine time, before it looks again at what is due in business time."""

RECONCILING_IDLE = timedelta(seconds=1)
"""How long a worker waits, in machine time, before it looks again whether a pass over delivery's sends is due."""

WATCHING_IDLE = timedelta(seconds=5)
"""How long a worker waits, in machine time, before it looks again whether delivery's stream has lost events."""

SIDE_BY_SIDE = 4
"""How many reports one process publishes at once, so that a slow answer of LINE's holds up few others."""


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Bring the database up to date, then serve and work, as `roles` says, until `stop`."""
    await service.serve(REPORTING, settings, stop, open_service)


@asynccontextmanager
async def open_service(settings: Settings, *, clock: Clock | None = None) -> AsyncIterator[Service]:
    """Open connections, which are made when they are needed, and close them at the end.

    `clock` is business time; None = the one that the settings ask for.
    """
    async with open_ground(REPORTING, settings) as ground:
        connection = connect(REPORTING.name, settings.delivery_address, settings)
        delivery = await ground.resources.enter_async_context(connection)
        uow: SqlUnitOfWork[SqlTransaction] = SqlUnitOfWork(ground.database, partial(build_transaction, ids=RandomIds()))
        time = clock or ground.clock
        sends = DeliverySendList(delivery)
        workers = [
            *keep_house(REPORTING, ground),
            _follow_campaigns(uow, ground),
            *_publish_reports(Publishing(uow=uow, sends=DeliverySends(delivery), clock=time)),
            *_reconcile(
                Reconciling(uow=uow, sends=sends, clock=time),
                Watching(uow=uow, stream=DeliveryStream(ground.bus, consumers.CAMPAIGNS), clock=time),
            ),
        ]
        yield Service(_build_api(Reports(uow, sends, time)), workers)


@asynccontextmanager
async def open_handlers(settings: Settings) -> AsyncIterator[Handlers]:
    """Open what an operator handles dead letters with again (`kit.events.redrive`)."""
    database = open_database(settings.database_url, application_name=REPORTING.name)
    try:
        uow: SqlUnitOfWork[SqlTransaction] = SqlUnitOfWork(database, partial(build_transaction, ids=RandomIds()))
        handle = handle_once(consumers.CAMPAIGNS.consumer, uow, consumers.apply_event)
        yield Handlers({consumers.CAMPAIGNS.consumer: handle}, DeadLetters(database))
    finally:
        await database.close()


def _build_api(reports: Reports) -> Api:
    def register(server: grpc.aio.Server) -> None:
        add_ReportServiceServicer_to_server(ReportServicer(reports), server)

    return Api(service=REPORTING.name, public=PUBLIC, access=ACCESS, register=register)


def _follow_campaigns(uow: SqlUnitOfWork[SqlTransaction], ground: Ground) -> Worker:
    handle = handle_once(consumers.CAMPAIGNS.consumer, uow, consumers.apply_event)
    consumer = Consumer(consumers.CAMPAIGNS, handle, DeadLetters(ground.database))
    return Worker("campaigns", partial(ground.bus.consume, consumer))


def _publish_reports(publishing: Publishing) -> list[Worker]:
    return work_side_by_side("publishing", publishing.run_once, count=SIDE_BY_SIDE, idle=PUBLISHING_IDLE)


def _reconcile(reconciling: Reconciling, watching: Watching) -> list[Worker]:
    return [
        *work_side_by_side("reconciling", reconciling.run_once, count=1, idle=RECONCILING_IDLE),
        *work_side_by_side("watching", watching.run_once, count=1, idle=WATCHING_IDLE),
    ]
