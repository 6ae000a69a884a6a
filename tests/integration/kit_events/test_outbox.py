"""Tests of the outbox and the relay on PostgreSQL, against an in-memory bus."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags
from sqlalchemy import text

from kit.events.envelope import Event
from kit.events.errors import BusUnavailable
from kit.events.outbox import Outbox, find_unknown
from kit.events.ports import Stored
from kit.events.relay import BATCH
from kit.store.engine import Database
from kit.store.errors import StoreConflict, StoreUnavailable
from kit.store.uow import connected, transaction
from tests.fakes.bus import FakeBus
from tests.fakes.events import make_event
from tests.infrastructure.eventually import eventually
from tests.integration.kit_events.relaying import Condition, add, count_unpublished, ids, published, relaying, waiting


async def test_committed_events_are_published_in_order(database: Database) -> None:
    """What transactions left reaches the bus, unchanged and in the order of the commits, and is marked."""
    bus = FakeBus()
    events = [make_event(body=b'{"n": %d}' % number) for number in range(5)]
    for event in events:
        await add(database, event)

    async with relaying(database, bus):
        await eventually(waiting(database, 0))

    assert bus.published == events


async def test_rolled_back_event_is_not_published(database: Database) -> None:
    """An event of a transaction that failed never happened."""
    bus = FakeBus()

    async def add_and_fail() -> None:
        async with transaction(database.writer) as connection:
            await Outbox(connection).add(make_event())
            raise LookupError

    with pytest.raises(LookupError):
        await add_and_fail()
    kept = make_event()
    await add(database, kept)

    async with relaying(database, bus):
        await eventually(published(bus, 1))

    assert bus.published == [kept]


async def test_more_events_than_a_batch(database: Database) -> None:
    """A backlog of several batches is worked off, each resource in order."""
    bus = FakeBus()
    events = [make_event(resource=f"shelves/{number % 7}") for number in range(BATCH + 100)]
    await add(database, *events)

    async with relaying(database, bus):
        await eventually(published(bus, len(events)), deadline=20)

    for shelf in range(7):
        resource = f"shelves/{shelf}"
        sent = [event for event in bus.published if event.resource == resource]
        assert ids(sent) == ids([event for event in events if event.resource == resource])


async def test_order_of_one_resource_is_the_order_of_commits(database: Database) -> None:
    """A transaction that adds an event of a resource waits for the one that did so before and may still commit."""
    first, second = make_event(), make_event()
    async with transaction(database.writer) as connection:
        await Outbox(connection).add(first)
        overtaking = asyncio.create_task(add(database, second))
        await eventually(blocked(database))
        assert not overtaking.done()
    await overtaking

    async with connected(database.reader) as connection:
        order = (await connection.execute(text("SELECT event_id FROM outbox ORDER BY id"))).scalars().all()
    assert order == [first.id, second.id]


def blocked(database: Database) -> Condition:
    """Return the condition that some transaction waits for a lock."""

    async def condition() -> bool:
        async with connected(database.reader) as connection:
            return bool(await connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))

    return condition


async def test_resources_do_not_wait_for_each_other(database: Database) -> None:
    """Only events of the same resource are serialised."""
    async with transaction(database.writer) as connection:
        await Outbox(connection).add(make_event(resource="shelves/1"))

        await asyncio.wait_for(add(database, make_event(resource="shelves/2")), timeout=5)

    assert await count_unpublished(database) == 2


async def test_deadlock_over_resources_is_a_conflict(database: Database) -> None:
    """Transactions that add events of the same resources in opposite order don't hang: one may be run again."""
    barrier = asyncio.Barrier(2)

    async def add_both(first: str, second: str) -> None:
        async with transaction(database.writer) as connection:
            await Outbox(connection).add(make_event(resource=first))
            await barrier.wait()
            await Outbox(connection).add(make_event(resource=second))

    results = await asyncio.gather(add_both("a", "b"), add_both("b", "a"), return_exceptions=True)

    assert None in results
    assert [type(result) for result in results if result is not None] == [StoreConflict]


async def test_event_joins_the_trace_of_its_transaction(database: Database) -> None:
    """An event carries the trace in which it was added, unless it names one."""
    bus = FakeBus()
    span = NonRecordingSpan(SpanContext(0xAB, 0xCD, is_remote=False, trace_flags=TraceFlags(1)))
    named = make_event(traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    with trace.use_span(span):
        await add(database, make_event(), named)

    async with relaying(database, bus):
        await eventually(published(bus, 2))

    assert bus.published[0].traceparent == f"00-{0xAB:032x}-{0xCD:016x}-01"
    assert bus.published[1].traceparent == named.traceparent


async def test_outage_of_the_bus_loses_nothing(database: Database) -> None:
    """Events wait while the bus is away and go out in order when it is back."""
    bus = FakeBus()
    bus.available = False
    events = [make_event() for _ in range(3)]
    await add(database, *events)

    async with relaying(database, bus):
        await eventually(lambda: bus.refusals >= 2)
        assert await count_unpublished(database) == 3
        bus.available = True
        await eventually(published(bus, 3))

    assert bus.published == events


class OneBadResource(FakeBus):
    """A bus that never takes events of `shelves/bad`."""

    async def publish(self, event: Event) -> Stored:
        """Refuse or keep the event."""
        if event.resource == "shelves/bad":
            raise BusUnavailable
        return await super().publish(event)


async def test_unpublishable_event_stops_only_its_resource(database: Database) -> None:
    """The events behind a refused one wait if they are of its resource, and pass if not."""
    bus = OneBadResource()
    others = [make_event(resource="shelves/good") for _ in range(2)]
    await add(database, make_event(resource="shelves/bad"), others[0], make_event(resource="shelves/bad"), others[1])

    async with relaying(database, bus):
        await eventually(waiting(database, 2))

    assert bus.published == others


class SharedBus(FakeBus):
    """One replica's way to a stream that several share."""

    def __init__(self, published: list[Event]) -> None:
        super().__init__()
        self.published = published
        self.own: list[Event] = []

    async def publish(self, event: Event) -> Stored:
        """Keep the event, and note that it went this way."""
        self.own.append(event)
        return await super().publish(event)


async def test_one_of_two_relays_works_and_the_other_takes_over(database: Database) -> None:
    """While one replica relays the other stands by; when the first stops, the second goes on."""
    published: list[Event] = []
    first, second = SharedBus(published), SharedBus(published)
    async with AsyncExitStack() as stack:
        async with relaying(database, first, "replica-1"):
            await add(database, make_event())
            await eventually(waiting(database, 0))
            await stack.enter_async_context(relaying(database, second, "replica-2", lease_ttl=timedelta(seconds=1)))
            await add(database, make_event())
            await eventually(waiting(database, 0))
        await add(database, make_event())
        await eventually(waiting(database, 0))

    assert (len(first.own), len(second.own)) == (2, 1)


class NeverConfirming(FakeBus):
    """A bus that stores events and whose confirmation never comes."""

    async def publish(self, event: Event) -> Stored:
        """Keep the event and hang."""
        stored = await super().publish(event)
        await asyncio.Event().wait()
        return stored


async def test_relay_that_dies_before_marking_is_repeated_under_the_same_id(database: Database) -> None:
    """An event that was stored but not marked is published again as the same event."""
    event = make_event()
    await add(database, event)
    dying, bus = NeverConfirming(), FakeBus()
    async with relaying(database, dying, "replica-1"):
        await eventually(published(dying, 1))

    async with relaying(database, bus, "replica-2"):
        await eventually(published(bus, 1))

    assert bus.published == dying.published == [event]


async def test_outage_of_the_database_does_not_end_the_relay(database: Database) -> None:
    """A relay survives the loss of its connections."""
    bus = FakeBus()
    async with relaying(database, bus):
        await add(database, make_event())
        await eventually(published(bus, 1))
        async with database.writer.connect() as connection:
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'kit-tests'"
            await connection.execute(text(f"{others} AND pid <> pg_backend_pid()"))

        await eventually(added(database))
        await eventually(published(bus, 2))


def added(database: Database) -> Condition:
    """Return the condition that an event can be added, which adds it."""

    async def condition() -> bool:
        try:
            await add(database, make_event())
        except StoreUnavailable:
            return False
        return True

    return condition


async def test_the_outbox_knows_what_it_published(database: Database) -> None:
    """Events are known by their ids, before they are published and after; others are not."""
    bus = FakeBus()
    events = [make_event() for _ in range(3)]
    for event in events[:2]:
        await add(database, event)
    async with relaying(database, bus):
        await eventually(waiting(database, 0))
    await add(database, events[2])
    async with connected(database.reader) as connection:
        unknown = await find_unknown(connection, [*ids(events), "elsewhere"])

    assert unknown == ["elsewhere"]
