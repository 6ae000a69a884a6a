"""Tests of the outbox after the stream has lost events: PostgreSQL, and an in-memory bus that loses what it is told."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import text

from kit.events.continuity import Continuity
from kit.events.envelope import Event
from kit.events.ports import Stored, StreamState
from kit.store.engine import Database
from kit.store.errors import StoreConflict
from kit.store.uow import connected, transaction
from tests.fakes.bus import FakeBus
from tests.fakes.events import make_event
from tests.infrastructure.eventually import eventually
from tests.integration.kit_events.relaying import add, count_unpublished, ids, published, relaying, waiting


def make_events(count: int) -> list[Event]:
    """Return events of three resources."""
    return [make_event(resource=f"shelves/{number % 3}") for number in range(count)]


def assert_in_order(sent: Sequence[Event], expected: Sequence[Event]) -> None:
    """Check that each resource's events were sent, once and in order."""
    for resource in {event.resource for event in expected}:
        assert ids([e for e in sent if e.resource == resource]) == ids([e for e in expected if e.resource == resource])
    assert len(sent) == len(expected)


async def publish(database: Database, bus: FakeBus, events: Sequence[Event]) -> None:
    """Have a relay publish events, and end."""
    async with relaying(database, bus):
        await add(database, *events)
        await eventually(waiting(database, 0))


async def test_lost_stream_gets_everything_anew(database: Database) -> None:
    """After an outage without its stream the bus gets what the outbox keeps, in order, with what came meanwhile."""
    bus, before, after = FakeBus(), make_events(9), make_events(3)
    async with relaying(database, bus):
        await add(database, *before)
        await eventually(waiting(database, 0))
        bus.lose_stream()
        await add(database, *after)

        await eventually(published(bus, 12))
        await eventually(waiting(database, 0))

    assert_in_order(bus.published, [*before, *after])


async def test_stream_that_was_made_again_by_somebody_else(database: Database) -> None:
    """An empty stream of the same name is noticed after a reconnect, though every publication would succeed."""
    bus, events = FakeBus(), make_events(6)
    async with relaying(database, bus):
        await add(database, *events)
        await eventually(waiting(database, 0))
        bus.lose_stream()
        await bus.declare()
        bus.restart()

        await eventually(published(bus, 6))

    assert_in_order(bus.published, events)


async def test_loss_is_noticed_without_reconnect_or_publication(database: Database) -> None:
    """A service that has nothing to say looks at its stream from time to time."""
    bus, events = FakeBus(), make_events(3)
    async with relaying(database, bus, check_interval=timedelta(milliseconds=50)):
        await add(database, *events)
        await eventually(waiting(database, 0))
        bus.lose_stream()

        await eventually(published(bus, 3))

    assert_in_order(bus.published, events)


async def test_stream_that_fell_back_gets_everything_anew(database: Database) -> None:
    """A server that comes back with an older copy of the stream is noticed by its last sequence."""
    bus, events = FakeBus(), make_events(6)
    async with relaying(database, bus):
        await add(database, *events)
        await eventually(waiting(database, 0))
        bus.fall_back(to=4)
        bus.restart()

        await eventually(published(bus, 6))

    assert sorted(ids(bus.published)) == sorted(ids(events))


async def test_sequences_that_come_twice_are_noticed_at_once(database: Database) -> None:
    """Events are not marked that got numbers which others had before, even if the stream has caught up since."""
    bus, before, after = FakeBus(), make_events(3), make_events(6)
    async with relaying(database, bus):
        await add(database, *before)
        await eventually(waiting(database, 0))
        bus.fall_back(to=1)
        await add(database, *after)

        await eventually(published(bus, 9))
        await eventually(waiting(database, 0))

    assert sorted(ids(bus.published)) == sorted(ids([*before, *after]))


async def test_next_replica_notices_a_loss(database: Database) -> None:
    """What is known of the stream is in the database, so a loss between two relays is noticed too."""
    bus, events = FakeBus(), make_events(3)
    await publish(database, bus, events)
    bus.lose_stream()

    async with relaying(database, bus, "replica-2"):
        await eventually(published(bus, 3))

    assert_in_order(bus.published, events)


async def test_loss_counts_once(database: Database) -> None:
    """Restarts after a loss that was dealt with publish nothing again."""
    bus, events = FakeBus(), make_events(3)
    await publish(database, bus, events)
    bus.lose_stream()
    await publish(database, bus, make_events(1))
    sent = Counting(bus)

    await publish(database, sent, make_events(1))

    assert sent.count == 1


class Counting(FakeBus):
    """Another way to the same stream, which counts what goes through it."""

    def __init__(self, bus: FakeBus) -> None:
        super().__init__()
        self.published, self.create_time = bus.published, bus.create_time
        self.count = 0

    async def publish(self, event: Event) -> Stored:
        """Count and keep the event."""
        self.count += 1
        return await super().publish(event)


async def test_events_of_the_last_release_are_left_in_their_stream(database: Database) -> None:
    """A first look at a stream publishes anew only what was published before that stream was made."""
    bus, events = FakeBus(), make_events(2)
    await add(database, *events)
    async with transaction(database.writer) as connection:
        for event, time in zip(events, (-1, 1), strict=True):
            published_at = bus.create_time + timedelta(hours=time)
            await connection.execute(
                text("UPDATE outbox SET publish_time = :time WHERE event_id = :id"),
                {"time": published_at, "id": event.id},
            )

    async with relaying(database, bus):
        await eventually(published(bus, 1))

    assert bus.published == events[:1]


async def test_interrupted_return_loses_nothing(database: Database) -> None:
    """A relay that dies while it puts events back leaves a loss that the next one deals with as a whole."""
    bus, events = FakeBus(), make_events(6)
    await publish(database, bus, events)
    bus.lose_stream()
    dying = Dying(database, bus, batch=2)
    with pytest.raises(asyncio.CancelledError):
        await dying.check()
    assert await count_unpublished(database) == 2

    async with relaying(database, bus, "replica-2"):
        await eventually(published(bus, 6))

    assert_in_order(bus.published, events)


class Dying(Continuity):
    """Dies after its first transaction."""

    async def _hand_out_some(self, *arguments: object) -> int:
        await super()._hand_out_some(*arguments)  # type: ignore[arg-type]  # handed through
        raise asyncio.CancelledError


async def test_relay_that_stood_still_marks_nothing_of_a_lost_stream(database: Database) -> None:
    """A mark that comes after the loss was dealt with is refused, and the event stays to be published."""
    bus, (event,) = FakeBus(), make_events(1)
    slow, other = Continuity(database, bus), Continuity(database, bus)
    await slow.check()
    stored = await bus.publish(event)
    await add(database, event)
    bus.lose_stream()
    await other.check()

    assert not await slow.mark([(await read_id(database), stored)])
    assert await count_unpublished(database) == 1


async def test_two_relays_that_notice_a_loss_count_it_once(database: Database) -> None:
    """Of two that look at the same time one deals with the loss, and the other looks again."""
    bus, events = FakeBus(), make_events(3)
    await publish(database, bus, events)
    bus.lose_stream()
    slow, quick = Held(database, bus), Continuity(database, bus)
    looking = asyncio.create_task(slow.check())
    await slow.looked.wait()

    assert await quick.check()
    slow.go_on.set()

    with pytest.raises(StoreConflict):
        await looking
    assert not await slow.check()


class Held(Continuity):
    """Stands still after it has looked, until told to go on."""

    def __init__(self, database: Database, bus: FakeBus) -> None:
        super().__init__(database, bus)
        self.looked, self.go_on = asyncio.Event(), asyncio.Event()

    async def _compare(self, seen: object, state: StreamState) -> bool:
        self.looked.set()
        await self.go_on.wait()
        return await super()._compare(seen, state)  # type: ignore[arg-type]  # handed through


async def read_id(database: Database) -> int:
    """Return the id of the outbox's only row."""
    async with connected(database.reader) as connection:
        return int(await connection.scalar(text("SELECT id FROM outbox")) or 0)
