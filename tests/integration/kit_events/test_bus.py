"""Tests of the bus on a real NATS server."""

import asyncio

import nats
import pytest

from deploy.local.nats import NATSServer
from deploy.local.processes import start_all
from kit.events.bus import NatsBus
from kit.events.envelope import Event
from kit.events.errors import BusUnavailable, PermanentFailure
from kit.events.ports import Publisher, Stored
from kit.events.streams import NatsStream
from tests.fakes.bus import FakeBus, FakeDeadLetters
from tests.fakes.events import make_event
from tests.infrastructure.eventually import eventually
from tests.integration.kit_events.reading import LIBRARY, Reader, consuming, count_stored, declared


async def test_event_arrives_whole(bus: NatsBus, library: NatsStream) -> None:
    """What was published is what a consumer gets."""
    reader = Reader()
    event = make_event(body='{"title": "本"}'.encode(), traceparent="00-" + "ab" * 16 + "-" + "cd" * 8 + "-01")
    await library.publish(event)

    async with consuming(bus, reader):
        await eventually(reader.has(1))

    assert reader.events == [event]


@pytest.mark.parametrize("kind", ["nats", "fake"])
async def test_repeated_publication_is_stored_once(kind: str, bus: NatsBus, library: NatsStream) -> None:
    """A relay that repeats itself makes no second event; the fake behaves alike."""
    publisher: Publisher = library if kind == "nats" else FakeBus()
    first, second = make_event(), make_event()
    await publisher.declare()

    stored = [await publisher.publish(event) for event in (first, first, second)]

    assert stored == [Stored(1, is_repeat=False), Stored(1, is_repeat=True), Stored(2, is_repeat=False)]
    if isinstance(publisher, FakeBus):
        assert publisher.published == [first, second]
    else:
        reader = Reader()
        async with consuming(bus, reader):
            await eventually(reader.has(2))
        assert reader.events == [first, second]


async def test_events_of_one_resource_come_in_order(bus: NatsBus, library: NatsStream) -> None:
    """A replica handles a resource's events in the order of their publication, several resources at once."""
    reader = Reader()
    together = asyncio.Barrier(2)
    events = [make_event(resource=f"shelves/{number % 2}") for number in range(20)]
    for event in events:
        await library.publish(event)

    async def handle(event: Event) -> None:
        async with asyncio.timeout(5):
            await together.wait()
        await reader(event)

    async with consuming(bus, handle):
        await eventually(reader.has(20))

    for shelf in ("shelves/0", "shelves/1"):
        handled = [event for event in reader.events if event.resource == shelf]
        assert handled == [event for event in events if event.resource == shelf]


async def test_consumer_gets_only_its_subjects(bus: NatsBus, library: NatsStream) -> None:
    """Events of other subjects in the stream are not delivered."""
    reader = Reader()
    wanted = make_event()
    await library.publish(make_event(subject="test.library.v1.a.shelf.moved"))
    await library.publish(wanted)

    async with consuming(bus, reader):
        await eventually(reader.has(1))

    assert reader.events == [wanted]


async def test_failed_event_comes_again(bus: NatsBus, library: NatsStream) -> None:
    """A handler that fails gets the event again, and no other event has to wait for it."""
    reader = Reader()
    reader.failures = [RuntimeError(), RuntimeError()]
    failing, other = make_event(resource="shelves/1"), make_event(resource="shelves/2")
    await library.publish(failing)

    async with consuming(bus, reader):
        await eventually(reader.has(1))
        await library.publish(other)
        await eventually(reader.has(2))

    assert reader.events == [failing, other]


async def test_poison_is_buried_and_the_next_event_handled(bus: NatsBus, library: NatsStream) -> None:
    """An event that no repeat helps leaves the bus for the dead letters, at once or after the allowed attempts."""
    reader, dead_letters = Reader(), FakeDeadLetters()
    reader.failures = [PermanentFailure("BAD"), RuntimeError(), RuntimeError(), RuntimeError()]
    poison, hopeless, good = make_event(), make_event(), make_event()

    async with consuming(bus, reader, dead_letters):
        await library.publish(poison)
        await eventually(lambda: len(dead_letters.buried) == 1)
        await library.publish(hopeless)
        await eventually(lambda: len(dead_letters.buried) == 2)
        await library.publish(good)
        await eventually(reader.has(1))

    assert reader.events == [good]
    assert dead_letters.buried == {("reader", poison.id): ("BAD", 1), ("reader", hopeless.id): ("RuntimeError", 3)}


async def test_replicas_share_the_work(bus: NatsBus, library: NatsStream, nats_url: str) -> None:
    """Replicas with the same consumer handle each event once between them."""
    readers = Reader(), Reader()
    events = [make_event(resource=f"shelves/{number}") for number in range(200)]
    async with (
        NatsBus(nats_url, name="kit-tests-2") as other_bus,
        consuming(bus, readers[0]),
        consuming(other_bus, readers[1]),
    ):
        for event in events:
            await library.publish(event)
        await eventually(lambda: len(readers[0].events) + len(readers[1].events) >= 200)

    handled = sorted(event.id for reader in readers for event in reader.events)
    assert handled == sorted(event.id for event in events)


async def test_stopped_replica_gives_back_what_it_holds(bus: NatsBus, library: NatsStream) -> None:
    """Events in the hands of a replica that stops go to another one at once, not after `ack_wait`."""
    reader = Reader()
    held: list[Event] = []
    events = [make_event(), make_event()]
    for event in events:
        await library.publish(event)

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
        library = await declared(bus)
        await library.publish(event)
        await eventually(reader.has(1))

    assert reader.events == [event]


async def test_message_that_is_no_event_is_skipped(bus: NatsBus, library: NatsStream, nats_url: str) -> None:
    """A foreign message in the stream holds nothing up."""
    reader = Reader()
    async with await nats.connect(nats_url) as client:
        await client.jetstream().publish("test.library.v1.a.book.lent", b"hello")
    event = make_event()
    await library.publish(event)

    async with consuming(bus, reader):
        await eventually(reader.has(1))

    assert reader.events == [event]


async def test_bus_survives_an_outage(own_server: NATSServer) -> None:
    """While NATS is away publishing fails quickly; afterwards everything goes on, and nothing stored is lost."""
    reader = Reader()
    before, after = make_event(), make_event()
    async with NatsBus(own_server.url, name="kit-tests") as bus, consuming(bus, reader):
        library = await declared(bus)
        await library.publish(before)
        await eventually(reader.has(1))
        own_server.process.kill()
        await eventually(lambda: not bus.connected)
        with pytest.raises(BusUnavailable):
            await library.publish(after)

        start_all([own_server.process])
        await eventually(lambda: bus.connected, deadline=10)
        await library.publish(after)
        await eventually(reader.has(2), deadline=15)

    assert reader.events == [before, after]


async def test_bus_opens_while_nats_is_away(own_server: NATSServer) -> None:
    """A service starts without NATS, knows it, and connects later."""
    url = own_server.url
    own_server.process.kill()
    async with NatsBus(url, name="kit-tests") as bus:
        assert not bus.connected
        with pytest.raises(BusUnavailable):
            await bus.stream(LIBRARY).publish(make_event())
        start_all([own_server.process])

        library = await declared(bus)
        await library.publish(make_event())

    assert await count_stored(url) == 1


async def test_bus_closes_while_nats_is_away(own_server: NATSServer) -> None:
    """A service can stop during an outage."""
    async with NatsBus(own_server.url, name="kit-tests") as bus:
        await declared(bus)
        own_server.process.kill()
        await eventually(lambda: not bus.connected)

    assert not bus.connected
