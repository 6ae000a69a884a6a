"""The delivery service as its tests handle it: use cases, what they stand before, and what the database holds."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import asyncpg

from delivery.adapters.store.transaction import SqlTransaction, build_transaction
from delivery.application.campaigns.ordering import SendOrder
from delivery.application.campaigns.resolving import Ruling
from delivery.application.lookup import Sight
from delivery.bootstrap import UseCases, build_use_cases
from delivery.domain.campaigns.campaign import Campaign, Decision
from delivery.domain.campaigns.draft import NewCampaign
from delivery.domain.content.inspection import inspect
from delivery.domain.policy.facts import ChannelFacts
from delivery.domain.sending.values import KEY_LIFETIME
from kit.ids import RandomIds
from kit.store.engine import Database, open_database
from kit.store.once import Once
from kit.store.ports import RequestKey
from kit.store.uow import SqlUnitOfWork
from tests.fakes.alarms import FakeAlarms
from tests.fakes.bus import FakeReadback
from tests.fakes.clock import FakeClock
from tests.fakes.delivery_facts import FakeFacts
from tests.fakes.delivery_line import FakeLine
from tests.infrastructure.eventually import eventually
from tests.strategies.policy import MESSAGES, NOW, make_audience, make_list, make_targeting

CHANNEL = "channels/acme"


def make_once(body: str = "", *, request_id: str | None = None) -> Once:
    """Describe a request that may be repeated."""
    return Once(RequestKey("user:a", "Test", request_id or str(uuid4())), body.encode())


@dataclass(slots=True)
class Delivery:
    """The use cases, what they stand before, and what the database holds."""

    uow: SqlUnitOfWork[SqlTransaction]
    use_cases: UseCases
    line: FakeLine
    facts: FakeFacts
    clock: FakeClock
    stream: FakeReadback
    connection: "asyncpg.Connection[asyncpg.Record]"
    database: Database
    drafts: list[str] = field(default_factory=list)

    async def create(self, **changes: Any) -> str:
        """Create a good draft, but for the changes; return its name."""
        name: str = changes.get("name", f"{CHANNEL}/campaigns/c{len(self.drafts):03}")
        parts: dict[str, Any] = {
            "name": name,
            "display_name": "春のセール",
            "targeting": make_targeting(),
            "messages": MESSAGES,
            "content": inspect([{"type": "text", "text": "春のセール"}]),
            **changes,
        }
        await self.use_cases.campaigns.create(NewCampaign(**parts), make_once())
        self.drafts.append(name)
        return name

    async def order(self, name: str) -> Campaign:
        """Order a send."""
        return await self.use_cases.ordering.order(SendOrder(name, "", frozenset()), make_once())

    async def cancel(self, name: str, *, etag: str = "") -> Campaign:
        """Cancel an order."""
        return (await self.use_cases.cancelling.cancel(name, make_once(), etag=etag)).campaign

    async def send(self) -> str:
        """Create a draft, order its send, and make the first attempt; return its name."""
        name = await self.create()
        await self.order(name)
        assert await self.dispatch()
        return name

    async def lose(self, **changes: Any) -> str:
        """Order a send, lose LINE's answer for as long as its key lives, and return the uncertain campaign's name."""
        self.line.lose_next_answer(accepted=False)
        name = await self.create(**changes)
        await self.order(name)
        assert await self.dispatch()
        self.clock.advance(KEY_LIFETIME)
        self.facts.refresh(at=self.clock.now())
        assert await self.dispatch()
        return name

    async def resolve(self, name: str, decision: Decision, *, etag: str) -> Campaign:
        """Decide about a campaign."""
        ruling = Ruling(name, etag, decision, resolver="user:operator")
        return (await self.use_cases.resolving.resolve(ruling, make_once())).sight.campaign

    async def dispatch(self) -> bool:
        """Work on one row that LINE is to be called for; False when there is none."""
        claim = await self.use_cases.dispatching.claim()
        if claim is not None:
            await self.use_cases.dispatching.work(claim)
        return claim is not None

    async def follow(self) -> bool:
        """Ask LINE for the progress of one row; False when none is due."""
        claim = await self.use_cases.progress.claim()
        if claim is not None:
            await self.use_cases.progress.work(claim)
        return claim is not None

    async def get(self, name: str) -> Campaign:
        """Return a campaign."""
        return (await self.sight(name)).campaign

    async def sight(self, name: str) -> Sight:
        """Return a campaign as its caller sees it."""
        return await self.use_cases.campaigns.get(name)

    async def await_blocked(self) -> None:
        """Return once somebody waits for a lock of this database."""
        query = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        await eventually(lambda: self.connection.fetchval(query))

    async def close(self) -> None:
        """End as a process does: no connection to the database is left."""
        await self.connection.close()
        await self.database.close()

    async def list_facts(self) -> list[str]:
        """Return what was published, in order, without the subjects' beginnings."""
        rows = await self.connection.fetch("SELECT subject FROM outbox ORDER BY id")
        return [row["subject"].rpartition(".")[2] for row in rows]


@dataclass(frozen=True, slots=True)
class Outside:
    """What stays as it is when a process or its database goes."""

    line: FakeLine
    facts: FakeFacts
    clock: FakeClock
    stream: FakeReadback = field(default_factory=FakeReadback)
    alarms: FakeAlarms = field(default_factory=FakeAlarms)


def make_outside() -> Outside:
    """Return surroundings in which nothing stands against a send to the audience 101."""
    clock = FakeClock(NOW)
    facts = FakeFacts(ChannelFacts(CHANNEL, 3000, "jp", timedelta(hours=24), "U-acme"))
    facts.put(make_audience(), make_list())
    return Outside(FakeLine(clock), facts, clock)


@asynccontextmanager
async def open_delivery(url: str, outside: Outside | None = None) -> AsyncIterator[Delivery]:
    """Give the use cases of a process on a migrated database; without `outside`, in surroundings of its own."""
    around = outside or make_outside()
    line, facts, clock, stream = around.line, around.facts, around.clock, around.stream
    database = open_database(url, application_name="test")
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    uow: SqlUnitOfWork[SqlTransaction] = SqlUnitOfWork(database, partial(build_transaction, ids=RandomIds()))
    use_cases = build_use_cases(
        uow, facts=facts, messages=line, insight=line, stream=stream, alarms=around.alarms, clock=clock
    )
    try:
        yield Delivery(uow, use_cases, line, facts, clock, stream, connection, database)
    finally:
        await connection.close()
        await database.close()
