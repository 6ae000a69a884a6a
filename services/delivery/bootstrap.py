"""Puts the delivery service together; the only module that names concrete adapters."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import grpc

from delivery.adapters.audience_client import AudienceFactsSource, AudienceTokenIssuer
from delivery.adapters.line import LineApiInsight, LineApiMessages, open_line
from delivery.adapters.line_tokens import LineTokens
from delivery.adapters.store.transaction import SqlTransaction, build_transaction
from delivery.application.campaigns.campaigns import Campaigns
from delivery.application.campaigns.checking import Checking
from delivery.application.campaigns.judge import Judge
from delivery.application.campaigns.ordering import Ordering
from delivery.application.facts_port import TargetingFactsSource
from delivery.application.line_port import LineInsight, LineMessages
from delivery.application.sending.dispatching import Dispatching
from delivery.application.sending.observing import Observing
from delivery.application.sending.progress import Progress
from delivery.config import Settings
from delivery.entrypoints.access import ACCESS, INTERNAL, PUBLIC, REASONS
from delivery.entrypoints.rpc import CampaignServicer, SendObservationServicer
from kit.background import run_steps
from kit.clock import Clock, open_clock
from kit.events import outbox
from kit.events.bus import EventStream, NatsBus
from kit.events.relay import Relay
from kit.ids import RandomIds
from kit.rpc.client import connect
from kit.rpc.run import Worker, supervise
from kit.rpc.server import Api, RPCServer
from kit.store import requests
from kit.store.engine import Database, open_database, trace_statements
from kit.store.migrate import upgrade
from kit.store.retention import keep_swept
from kit.store.uow import SqlUnitOfWork
from outreach.delivery.internal.v1.send_list_pb2_grpc import (
    SendListServiceServicer,
    add_SendListServiceServicer_to_server,
)
from outreach.delivery.internal.v1.send_observation_pb2_grpc import add_SendObservationServiceServicer_to_server
from outreach.delivery.v1.campaign_pb2_grpc import add_CampaignServiceServicer_to_server
from outreach.delivery.v1.ledger_pb2_grpc import LedgerServiceServicer, add_LedgerServiceServicer_to_server

SERVICE = "delivery"
MIGRATIONS = Path(__file__).parent / "adapters" / "migrations"
STREAM = EventStream(name=SERVICE, subjects=("outreach.delivery.v1.>",))

IDLE = timedelta(milliseconds=200)
"""How long a worker waits, in machine time, before it looks again at what is due in business time."""

SIDE_BY_SIDE = 4
"""How many rows one process calls LINE for, and follows, at once: a slow answer holds up few others."""


@dataclass(frozen=True, slots=True)
class UseCases:
    """What the service can do."""

    campaigns: Campaigns
    checking: Checking
    ordering: Ordering
    dispatching: Dispatching
    progress: Progress
    observing: Observing


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
async def open_service(settings: Settings) -> AsyncIterator[Service]:
    """Open connections, which are made when they are needed, and close them at the end."""
    async with AsyncExitStack() as resources:
        database = open_database(settings.database_url, application_name=SERVICE)
        resources.push_async_callback(database.close)
        if settings.otlp_endpoint is not None:
            resources.enter_context(trace_statements(database))
        bus = await resources.enter_async_context(NatsBus(settings.nats_url, name=SERVICE))
        audience = await resources.enter_async_context(connect(SERVICE, settings.audience_address, settings))
        client = await resources.enter_async_context(open_line(settings.line_api_url))
        tokens = LineTokens(AudienceTokenIssuer(audience))
        use_cases = build_use_cases(
            database,
            facts=AudienceFactsSource(audience),
            messages=LineApiMessages(client, tokens),
            insight=LineApiInsight(client, tokens),
            clock=open_clock(settings.clock_file),
        )
        yield Service(build_api(use_cases), _build_workers(use_cases, database, bus))


def build_use_cases(
    database: Database,
    *,
    facts: TargetingFactsSource,
    messages: LineMessages,
    insight: LineInsight,
    clock: Clock,
) -> UseCases:
    """Put the use cases on a database and on what lies outside."""
    uow: SqlUnitOfWork[SqlTransaction] = SqlUnitOfWork(database, partial(build_transaction, ids=RandomIds()))
    judge = Judge(facts=facts, line=messages, clock=clock)
    return UseCases(
        campaigns=Campaigns(uow=uow, facts=facts, clock=clock),
        checking=Checking(uow=uow, judge=judge),
        ordering=Ordering(uow=uow, judge=judge, clock=clock),
        dispatching=Dispatching(uow=uow, facts=facts, line=messages, clock=clock),
        progress=Progress(uow=uow, line=messages, clock=clock),
        observing=Observing(uow=uow, line=insight, clock=clock),
    )


def build_api(use_cases: UseCases) -> Api:
    """Describe what the service answers."""

    def register(server: grpc.aio.Server) -> None:
        campaigns = CampaignServicer(use_cases.campaigns, use_cases.checking, use_cases.ordering, ids=RandomIds())  # type: ignore[abstract]
        add_CampaignServiceServicer_to_server(campaigns, server)
        add_SendObservationServiceServicer_to_server(SendObservationServicer(use_cases.observing), server)
        add_SendListServiceServicer_to_server(SendListServiceServicer(), server)  # type: ignore[abstract]
        add_LedgerServiceServicer_to_server(LedgerServiceServicer(), server)  # type: ignore[abstract]

    return Api(service=SERVICE, public=PUBLIC, internal=INTERNAL, access=ACCESS, reasons=REASONS, register=register)


def _build_workers(use_cases: UseCases, database: Database, bus: NatsBus) -> list[Worker]:
    relay = Relay(database, bus, replica=RandomIds().uuid4())

    async def publish() -> None:
        await bus.ensure_stream(STREAM)
        await relay.run()

    workers = [
        Worker("relay", publish),
        Worker("retention", partial(keep_swept, database.writer, [outbox.RETENTION, requests.RETENTION])),
    ]
    for number in range(SIDE_BY_SIDE):
        dispatch, follow = f"dispatch-{number}", f"progress-{number}"
        workers += [
            Worker(dispatch, partial(run_steps, dispatch, use_cases.dispatching.run_once, idle=IDLE)),
            Worker(follow, partial(run_steps, follow, use_cases.progress.run_once, idle=IDLE)),
        ]
    return workers
