"""Puts the delivery service together; the only module that names concrete adapters."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import grpc

from delivery.adapters import retention
from delivery.adapters.alarms import MeteredAlarms
from delivery.adapters.audience_client import AudienceFactsSource, AudienceTokenIssuer
from delivery.adapters.events import SOURCE
from delivery.adapters.line import LineApiInsight, LineApiMessages, open_line
from delivery.adapters.line_tokens import LineTokens
from delivery.adapters.store.transaction import build_transaction
from delivery.application.alarms import Alarms
from delivery.application.campaigns.campaigns import Campaigns
from delivery.application.campaigns.cancelling import Cancelling
from delivery.application.campaigns.checking import Checking
from delivery.application.campaigns.judge import Judge
from delivery.application.campaigns.listing import Listing
from delivery.application.campaigns.ordering import Ordering
from delivery.application.campaigns.resolving import Resolving
from delivery.application.facts_port import TargetingFactsSource
from delivery.application.line_port import LineInsight, LineMessages
from delivery.application.ports import Transaction
from delivery.application.quota import QuotaBook
from delivery.application.restores.fencing import Fencing
from delivery.application.restores.watching import LOOK_INTERVAL, Watching
from delivery.application.restores.witness import Witness
from delivery.application.sending.calling import Calling
from delivery.application.sending.closing import Closing
from delivery.application.sending.dispatching import Dispatching
from delivery.application.sending.observing import Observing
from delivery.application.sending.progress import Progress
from delivery.application.sending.reserving import Reserving
from delivery.config import Settings
from delivery.domain.sending.lanes import set_capacities
from delivery.entrypoints.access import ACCESS, INTERNAL, PUBLIC, REASONS
from delivery.entrypoints.rpc_campaigns import CampaignServicer
from delivery.entrypoints.rpc_internal import SendListServicer, SendObservationServicer
from delivery.entrypoints.rpc_ledger import LedgerServicer
from kit import service
from kit.background import run_side_by_side, run_steps
from kit.clock import Clock, machine_now
from kit.events.ports import Readback
from kit.events.streams import EventStream
from kit.ids import Ids, RandomIds
from kit.rpc.client import connect
from kit.rpc.run import Worker
from kit.rpc.server import Api
from kit.service import Definition, Service, keep_house, open_ground
from kit.store.ports import UnitOfWork
from kit.store.uow import SqlUnitOfWork
from outreach.delivery.internal.v1.send_list_pb2_grpc import add_SendListServiceServicer_to_server
from outreach.delivery.internal.v1.send_observation_pb2_grpc import add_SendObservationServiceServicer_to_server
from outreach.delivery.v1.campaign_pb2_grpc import add_CampaignServiceServicer_to_server
from outreach.delivery.v1.ledger_pb2_grpc import add_LedgerServiceServicer_to_server

DELIVERY = Definition(
    name="delivery",
    migrations=Path(__file__).parent / "adapters" / "migrations",
    stream=EventStream(name="delivery", subjects=("outreach.delivery.v1.>",)),
    retention=retention.RULES,
)

IDLE = timedelta(milliseconds=200)
"""How long a worker waits, in machine time, before it looks again at what is due in business time."""

SIDE_BY_SIDE = 32
"""How many rows one process calls LINE for, and follows, at once; how many of one channel, its lanes say."""

CLOSE_INTERVAL = timedelta(seconds=1)
"""How often a process looks for rows that have ended without another call."""

REVIEW_INTERVAL = timedelta(seconds=30)
"""How often a process looks for due rows that nobody has announced."""


@dataclass(frozen=True, slots=True)
class UseCases:
    """What the service can do."""

    campaigns: Campaigns
    checking: Checking
    ordering: Ordering
    cancelling: Cancelling
    resolving: Resolving
    listing: Listing
    dispatching: Dispatching
    closing: Closing
    progress: Progress
    observing: Observing
    watching: Watching
    fencing: Fencing


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Bring the database up to date, then serve and work, as `roles` says, until `stop`."""
    await service.serve(DELIVERY, settings, stop, open_service)


@asynccontextmanager
async def open_service(
    settings: Settings, *, wrap: Callable[[LineMessages], LineMessages] = lambda line: line
) -> AsyncIterator[Service]:
    """Open connections, which are made when they are needed, and close them at the end.

    `wrap` is given LINE's sending side, and returns what the use cases get for it.
    """
    async with open_ground(DELIVERY, settings) as ground:
        resources = ground.resources
        audience = await resources.enter_async_context(connect(DELIVERY.name, settings.audience_address, settings))
        client = await resources.enter_async_context(open_line(settings.line_api_url))
        tokens = LineTokens(AudienceTokenIssuer(audience))
        capacities = set_capacities(narrowcast_burst=settings.narrowcast_burst)
        use_cases = build_use_cases(
            SqlUnitOfWork(ground.database, partial(build_transaction, ids=RandomIds(), capacities=capacities)),
            facts=AudienceFactsSource(audience),
            messages=wrap(LineApiMessages(client, tokens)),
            insight=LineApiInsight(client, tokens),
            stream=ground.bus.readback(DELIVERY.stream),
            clock=ground.clock,
        )
        yield Service(build_api(use_cases), [*keep_house(DELIVERY, ground), *_build_workers(use_cases)])


def build_use_cases(  # noqa: PLR0913 - one for each port
    uow: UnitOfWork[Transaction],
    *,
    facts: TargetingFactsSource,
    messages: LineMessages,
    insight: LineInsight,
    stream: Readback,
    alarms: Alarms | None = None,
    clock: Clock,
    machine_now: Callable[[], datetime] = machine_now,
    ids: Ids | None = None,
) -> UseCases:
    """Put the use cases on a store and on what lies outside; without `ids` campaigns get random ones."""
    quota = QuotaBook(uow=uow, line=messages, clock=clock)
    reserving = Reserving(uow=uow, quota=quota, clock=clock)
    calling = Calling(uow=uow, line=messages, clock=clock)
    witness = Witness(uow=uow, stream=stream, source=SOURCE, now=machine_now)
    judge = Judge(uow=uow, facts=facts, line=messages, quota=quota, clock=clock)
    return UseCases(
        campaigns=Campaigns(uow=uow, facts=facts, clock=clock, ids=ids or RandomIds()),
        checking=Checking(uow=uow, judge=judge),
        ordering=Ordering(uow=uow, judge=judge, clock=clock),
        cancelling=Cancelling(uow=uow, clock=clock),
        resolving=Resolving(uow=uow, judge=judge, clock=clock),
        listing=Listing(uow=uow),
        dispatching=Dispatching(uow=uow, facts=facts, reserving=reserving, calling=calling, clock=clock),
        closing=Closing(uow=uow, clock=clock),
        progress=Progress(uow=uow, line=messages, alarms=alarms or MeteredAlarms(), clock=clock),
        observing=Observing(uow=uow, line=insight, clock=clock),
        watching=Watching(uow=uow, witness=witness, clock=clock, now=machine_now),
        fencing=Fencing(uow=uow, witness=witness, clock=clock),
    )


def build_api(use_cases: UseCases) -> Api:
    """Describe what the service answers."""

    def register(server: grpc.aio.Server) -> None:
        campaigns = CampaignServicer(
            use_cases.campaigns,
            use_cases.checking,
            use_cases.ordering,
            use_cases.cancelling,
            use_cases.resolving,
            ids=RandomIds(),
        )
        add_CampaignServiceServicer_to_server(campaigns, server)
        add_SendObservationServiceServicer_to_server(SendObservationServicer(use_cases.observing), server)
        add_SendListServiceServicer_to_server(SendListServicer(use_cases.listing), server)
        add_LedgerServiceServicer_to_server(LedgerServicer(use_cases.fencing), server)

    return Api(
        service=DELIVERY.name, public=PUBLIC, internal=INTERNAL, access=ACCESS, reasons=REASONS, register=register
    )


def _build_workers(use_cases: UseCases) -> list[Worker]:
    dispatching, progress, watching = use_cases.dispatching, use_cases.progress, use_cases.watching
    watch = partial(run_steps, "watch", watching.look, idle=LOOK_INTERVAL, failure_pause=LOOK_INTERVAL)

    async def dispatch() -> None:
        await watching.wait_for_first_look()
        await run_side_by_side("dispatch", dispatching.claim, dispatching.work, most=SIDE_BY_SIDE, idle=IDLE)

    async def close() -> None:
        await watching.wait_for_first_look()
        await run_steps("close", use_cases.closing.run_once, idle=CLOSE_INTERVAL)

    follow = partial(run_side_by_side, "progress", progress.claim, progress.work, most=SIDE_BY_SIDE, idle=IDLE)
    review = partial(run_steps, "review", dispatching.review, idle=REVIEW_INTERVAL)
    return [
        Worker("watch", watch),
        Worker("dispatch", dispatch),
        Worker("close", close),
        Worker("progress", follow),
        Worker("review", review),
    ]
