"""Tests of the bus on a real NATS server."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import nats
import pytest

from deploy.local.nats import NATSServer
from deploy.local.processes import start_all, stop_all
from kit.events.bus import EventStream, NatsBus
from kit.events.consumer import Consumer, RetryPolicy
from kit.events.envelope import Event
from kit.events.errors import BusUnavailable, PermanentFailure
from kit.events.ports import Handler, Publisher
from tests.fakes.bus import FakeBus, FakeDeadLetters
from tests.fakes.events import make_event
from tests.infrastructure.eventually import eventually

STREAM = EventStream(name="library", subjects=("test.library.v1.>",))
SUBJECTS = ["test.library.v1.*.book.*"]
QUICK = RetryPolicy(max_attempts=3, first_delay=timedelta(milliseconds=10))


@pytest.fixture
async def bus(nats_url: str) -> AsyncIterator[NatsBus]:
    """Give a bus with the stream under test."""
    async with NatsBus(nats_url, name="kit-tests") as bus:
        await bus.ensure_stream(STREAM)
        yield bus


class Reader:
    """A handler that keeps what it was given and may be told to fail."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.failures: list[Exception] = []

    async def __call__(self, event: Event) -> None:
        """Keep the event, or raise the next failure."""
        if self.failures:
            raise self.failures.pop(0)
        self.events.append(event)

    def has(self, count: int) -> Callable[[], bool]:
        """Return the condition that `count` events were handled."""
        return lambda: len(self.events) >= count


@asynccontextmanager
async def consuming(
    bus: NatsBus, handle: Handler, dead_letters: FakeDeadLetters | None = None, stream: str = "library"
) -> AsyncIterator[None]:
    """Run one replica of the consumer `reader` for the length of the `with` block."""
    consumer = Consumer("reader", handle, dead_letters or FakeDeadLetters(), retry=QUICK)
    task = asyncio.create_task(bus.consume(stream, consumer, subjects=SUBJECTS))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()


async def count_stored(nats_url: str) -> int:
    """Return how many messages the stream holds."""
    async with await nats.connect(nats_url) as client:
        return (await client.jetstream().stream_info("library")).state.messages


async def test_event_arrives_whole(bus: NatsBus) -> None:
    """What was published is what a consumer gets."""
    reader = Reader()
    event = make_event(body='{"title": "本"}'.encode(), traceparent="00-" + "ab" * 16 + "-" + "cd" * 8 + "-01")
    await bus.publish(event)

    async with consuming(bus, reader):
        await eventually(reader.has(1))

    assert reader.events == [event]


@pytest.mark.parametrize("kind", ["nats", "fake"])
async def test_repeated_publication_is_stored_once(kind: str, bus: NatsBus) -> None:
    """A relay that repeats itself makes no second event; the fake behaves alike."""
    publisher: Publisher = bus if kind == "nats" else FakeBus()
    first, second = make_event(), make_event()

    for event in (first, first, second):
        await publisher.publish(event)

    if isinstance(publisher, FakeBus):
        assert publisher.published == [first, second]
    else:
        reader = Reader()
        async with consuming(bus, reader):
            await eventually(reader.has(2))
        assert reader.events == [first, second]


async def test_events_of_one_resource_come_in_order(bus: NatsBus) -> None:
    """A replica handles a resource's events in the order of their publication, several resources at once."""
    reader = Reader()
    together = asyncio.Barrier(2)
    events = [make_event(resource=f"shelves/{number % 2}") for number in range(20)]
    for event in events:
        await bus.publish(event)

    async def handle(event: Event) -> None:
        async with asyncio.timeout(5):
            await together.wait()
        await reader(event)

    async with consuming(bus, handle):
        await eventually(reader.has(20))

    for shelf in ("shelves/0", "shelves/1"):
        handled = [event for event in reader.events if event.resource == shelf]
        assert handled == [event for event in events if event.resource == shelf]


async def test_consumer_gets_only_its_subjects(bus: NatsBus) -> None:
    """Events of other subjects in the stream are not delivered."""
    reader = Reader()
    wanted = make_event()
    await bus.publish(make_event(subject="test.library.v1.a.shelf.moved"))
    await bus.publish(wanted)

    async with consuming(bus, reader):
        await eventually(reader.has(1))

    assert reader.events == [wanted]


async def test_failed_event_comes_again(bus: NatsBus) -> None:
    """A handler that fails gets the event again, and no other event has to wait for it."""
    reader = Reader()
    reader.failures = [RuntimeError(), RuntimeError()]
    failing, other = make_event(resource="shelves/1"), make_event(resource="shelves/2")
    await bus.publish(failing)

    async with consuming(bus, reader):
        await eventually(reader.has(1))
        await bus.publish(other)
        await eventually(reader.has(2))

    assert reader.events == [failing, other]


async def test_poison_is_buried_and_the_next_event_handled(bus: NatsBus) -> None:
    """An event that no repeat helps leaves the bus for the dead letters, at once or after the allowed attempts."""
    reader, dead_letters = Reader(), FakeDeadLetters()
    reader.failures = [PermanentFailure("BAD"), RuntimeError(), RuntimeError(), RuntimeError()]
    poison, hopeless, good = make_event(), make_event(), make_event()

    async with consuming(bus, reader, dead_letters):
        await bus.publish(poison)
        await eventually(lambda: len(dead_letters.buried) == 1)
        await bus.publish(hopeless)
        await eventually(lambda: len(dead_letters.buried) == 2)
        await bus.publish(good)
        await eventually(reader.has(1))

    assert reader.events == [good]
    assert dead_letters.buried == {("reader", poison.id): ("BAD", 1), ("reader", hopeless.id): ("RuntimeError", 3)}


async def test_replicas_share_the_work(bus: NatsBus, nats_url: str) -> None:
    """Replicas with the same consumer handle each event once between them."""
    readers = Reader(), Reader()
    events = [make_event(resource=f"shelves/{number}") for number in range(200)]
    async with (
        NatsBus(nats_url, name="kit-tests-2") as other_bus,
        consuming(bus, readers[0]),
        consuming(other_bus, readers[1]),
    ):
        for event in events:
            await bus.publish(event)
        await eventually(lambda: len(readers[0].events) + len(readers[1].events) >= 200)

    handled = sorted(event.id for reader in readers for event in reader.events)
    assert handled == sorted(event.id for event in events)


async def test_stopped_replica_gives_back_what_it_holds(bus: NatsBus) -> None:
    """Events in the hands of a replica that stops go to another one at once, not after `ack_wait`."""
    reader = Reader()
    held: list[Event] = []
    events = [make_event(), make_event()]
    for event in events:
        await bus.publish(event)

    async def hang(event: Event) -> None:
        held.append(event)
        await asyncio.Event().wait()

    async with consuming(bus, hang):
        await eventually(lambda: held)

    async with consuming(bus, reader):
        await eventually(reader.has(2), deadline=10)
    assert sorted(event.id for event in reader.events) == sorted(event.id for event in events)


async def test_consumer_may_start_before_its_stream(nats_url: str) -> None:
    """A service may start before the one whose events it reads."""
    reader = Reader()
    event = make_event()
    async with NatsBus(nats_url, name="kit-tests") as bus, consuming(bus, reader):
        await eventually(lambda: bus.connected)
        await bus.ensure_stream(STREAM)
        await bus.publish(event)
        await eventually(reader.has(1))

    assert reader.events == [event]


async def test_message_that_is_no_event_is_skipped(bus: NatsBus, nats_url: str) -> None:
    """A foreign message in the stream holds nothing up."""
    reader = Reader()
    async with await nats.connect(nats_url) as client:
        await client.jetstream().publish("test.library.v1.a.book.lent", b"hello")
    event = make_event()
    await bus.publish(event)

    async with consuming(bus, reader):
        await eventually(reader.has(1))

    assert reader.events == [event]


async def test_stream_follows_its_configuration(bus: NatsBus, nats_url: str) -> None:
    """A service that starts with new limits brings its stream up to them and keeps what is in it."""
    await bus.publish(make_event())

    await bus.ensure_stream(replace(STREAM, max_age=timedelta(days=1)))

    async with await nats.connect(nats_url) as client:
        info = await client.jetstream().stream_info("library")
    assert info.config.max_age == timedelta(days=1).total_seconds()
    assert info.state.messages == 1


async def test_publication_without_a_stream_is_unavailability(nats_url: str) -> None:
    """An event that nobody stores counts as not published."""
    async with NatsBus(nats_url, name="kit-tests") as bus:
        await eventually(lambda: bus.connected)

        with pytest.raises(BusUnavailable):
            await bus.publish(make_event(subject="nobody.stores.this"))


@pytest.fixture
async def own_server(tmp_path: Path) -> AsyncIterator[NATSServer]:
    """Give a NATS server that a test may stop and start again on the same port."""
    first = NATSServer(tmp_path)
    start_all([first.process])
    port = int(first.url.rpartition(":")[2])
    stop_all([first.process])
    server = NATSServer(tmp_path, port=port)
    start_all([server.process])
    yield server
    stop_all([server.process])


async def test_bus_survives_an_outage(own_server: NATSServer) -> None:
    """While NATS is away publishing fails quickly; afterwards everything goes on, and nothing stored is lost."""
    reader = Reader()
    before, after = make_event(), make_event()
    async with NatsBus(own_server.url, name="kit-tests") as bus, consuming(bus, reader):
        await bus.ensure_stream(STREAM)
        await bus.publish(before)
        await eventually(reader.has(1))
        own_server.process.kill()
        await eventually(lambda: not bus.connected)
        with pytest.raises(BusUnavailable):
            await bus.publish(after)

        start_all([own_server.process])
        await eventually(lambda: bus.connected, deadline=10)
        await bus.publish(after)
        await eventually(reader.has(2), deadline=15)

    assert reader.events == [before, after]


async def test_bus_opens_while_nats_is_away(own_server: NATSServer) -> None:
    """A service starts without NATS, knows it, and connects later."""
    url = own_server.url
    own_server.process.kill()
    async with NatsBus(url, name="kit-tests") as bus:
        assert not bus.connected
        with pytest.raises(BusUnavailable):
            await bus.publish(make_event())
        start_all([own_server.process])

        await bus.ensure_stream(STREAM)
        await bus.publish(make_event())

    assert await count_stored(url) == 1


async def test_bus_closes_while_nats_is_away(own_server: NATSServer) -> None:
    """A service can stop during an outage."""
    async with NatsBus(own_server.url, name="kit-tests") as bus:
        await bus.ensure_stream(STREAM)
        own_server.process.kill()
        await eventually(lambda: not bus.connected)

    assert not bus.connected
