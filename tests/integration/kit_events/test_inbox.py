"""Tests of the inbox; one suite for PostgreSQL and for the fake that unit tests use."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

import pytest
from sqlalchemy import text

from kit.events.inbox import SqlInbox, handle_once
from kit.events.outbox import Outbox
from kit.events.ports import EventSink, Inbox
from kit.store.engine import Database
from kit.store.uow import SqlUnitOfWork, connected
from tests.fakes.bus import FakeInbox, FakeOutbox
from tests.fakes.events import make_event
from tests.fakes.store import FakeUnitOfWork


@dataclass(frozen=True, slots=True)
class Tx:
    """A bundle with an outbox to see effects by."""

    inbox: Inbox = field(default_factory=FakeInbox)
    outbox: EventSink = field(default_factory=FakeOutbox)


@pytest.fixture
def sql(database: Database) -> SqlUnitOfWork[Tx]:
    """Open transactions on PostgreSQL."""
    return SqlUnitOfWork(database, lambda connection: Tx(SqlInbox(connection), Outbox(connection)))


@pytest.fixture(params=["sql", "fake"])
def uow(request: pytest.FixtureRequest) -> Callable[[], AbstractAsyncContextManager[Tx]]:
    """Open transactions of either kind."""
    return request.getfixturevalue("sql") if request.param == "sql" else FakeUnitOfWork(Tx())


Open = Callable[[], AbstractAsyncContextManager[Tx]]


async def accept(uow: Open, consumer: str, event_id: str) -> bool:
    """Note an event in a transaction of its own."""
    async with uow() as tx:
        return await tx.inbox.accept(consumer, event_id)


async def test_event_is_accepted_once_per_consumer(uow: Open) -> None:
    """A repeat is recognised; another consumer or another event is not a repeat."""
    assert await accept(uow, "reader", "e-1")

    assert not await accept(uow, "reader", "e-1")
    assert await accept(uow, "writer", "e-1")
    assert await accept(uow, "reader", "e-2")


async def test_note_is_rolled_back_with_the_effect(uow: Open) -> None:
    """An event whose handler failed is new again."""

    async def accept_and_fail() -> None:
        async with uow() as tx:
            await tx.inbox.accept("reader", "e-1")
            raise LookupError

    with pytest.raises(LookupError):
        await accept_and_fail()

    assert await accept(uow, "reader", "e-1")


async def test_repeats_at_once_have_one_effect(sql: SqlUnitOfWork[Tx], database: Database) -> None:
    """Of deliveries of one event that race, one has its effect and the others wait for it and skip."""
    event = make_event()
    handle = handle_once("reader", sql, lambda tx, event: tx.outbox.add(event))

    await asyncio.gather(*(handle(event) for _ in range(5)))

    async with connected(database.reader) as connection:
        assert await connection.scalar(text("SELECT count(*) FROM outbox")) == 1
