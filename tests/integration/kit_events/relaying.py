"""What the tests of the outbox share: adding events, running a relay, waiting for what it does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

from sqlalchemy import text

from kit.events.continuity import CHECK_INTERVAL
from kit.events.envelope import Event
from kit.events.outbox import Outbox
from kit.events.ports import Publisher
from kit.events.relay import Relay
from kit.store.engine import Database
from kit.store.uow import connected, transaction
from tests.fakes.bus import FakeBus

Condition = Callable[[], bool | Awaitable[bool]]


async def add(database: Database, *events: Event) -> None:
    """Commit events in one transaction."""
    async with transaction(database.writer) as connection:
        for event in events:
            await Outbox(connection).add(event)


async def count_unpublished(database: Database) -> int:
    """Return how many events wait."""
    async with connected(database.reader) as connection:
        count = await connection.scalar(text("SELECT count(*) FROM outbox WHERE publish_time IS NULL"))
    return int(count or 0)


def waiting(database: Database, count: int) -> Condition:
    """Return the condition that exactly `count` events wait."""

    async def condition() -> bool:
        return await count_unpublished(database) == count

    return condition


@asynccontextmanager
async def relaying(
    database: Database,
    publisher: Publisher,
    replica: str = "replica-1",
    lease_ttl: timedelta = timedelta(seconds=10),
    check_interval: timedelta = CHECK_INTERVAL,
) -> AsyncIterator[None]:
    """Run a relay for the length of the `with` block."""
    relay = Relay(database, publisher, replica=replica, lease_ttl=lease_ttl, check_interval=check_interval)
    task = asyncio.create_task(relay.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()


def ids(events: Sequence[Event]) -> list[str]:
    """Return the ids of events."""
    return [event.id for event in events]


def published(bus: FakeBus, count: int) -> Callable[[], bool]:
    """Return the condition that the bus holds `count` events."""
    return lambda: len(bus.published) >= count
