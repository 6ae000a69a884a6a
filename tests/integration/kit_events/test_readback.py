"""Tests of reading a service's own stream back, on a real NATS server."""

from datetime import UTC, datetime, timedelta

import pytest

from kit.events.bus import NatsBus
from kit.events.errors import BusUnavailable
from kit.events.jetstream import ask
from kit.events.ports import StoredEvent
from kit.events.readback import NatsReadback
from kit.events.streams import NatsStream
from tests.fakes.events import make_event
from tests.integration.kit_events.reading import LIBRARY


@pytest.fixture
def readback(bus: NatsBus) -> NatsReadback:
    """Give the reader under test."""
    return bus.readback(LIBRARY)


async def test_no_stream_holds_nothing(readback: NatsReadback) -> None:
    """Nothing is made by asking."""
    assert await readback.measure() is None
    assert await readback.measure() is None


async def test_what_was_published_is_read_back(library: NatsStream, readback: NatsReadback) -> None:
    """Each event is told by its id and source, and when it was stored."""
    events = [make_event() for _ in range(3)]
    for event in events:
        await library.publish(event)
    extent = await readback.measure()
    read = [await readback.read(sequence) for sequence in (1, 2, 3, 4)]

    assert extent is not None
    assert (extent.first_sequence, extent.last_sequence) == (1, 3)
    assert extent.incarnation == (await library.declare()).incarnation
    assert [found.event_id if found else None for found in read] == [*(event.id for event in events), None]
    assert read[0] is not None
    assert read[0].source == "test.library"
    assert abs(read[0].store_time - datetime.now(UTC)) < timedelta(minutes=1)


async def test_a_new_stream_is_empty(library: NatsStream, readback: NatsReadback) -> None:
    """Its oldest event would be the first, and its newest is none."""
    extent = await readback.measure()

    assert extent is not None
    assert (extent.first_sequence, extent.last_sequence) == (1, 0)
    assert library.stream == "library"


async def test_events_that_are_gone_show(bus: NatsBus, library: NatsStream, readback: NatsReadback) -> None:
    """A purged stream remembers how many events there were."""
    for _ in range(3):
        await library.publish(make_event())
    await ask(bus.client, "STREAM.PURGE.library")
    extent = await readback.measure()

    assert extent is not None
    assert (extent.first_sequence, extent.last_sequence) == (4, 3)
    assert await readback.read(2) is None


async def test_a_message_that_is_no_event_is_nobodys(bus: NatsBus, library: NatsStream, readback: NatsReadback) -> None:
    """Whatever somebody else publishes on the stream's subjects has neither id nor source."""
    await bus.client.jetstream().publish("test.library.v1.a.book.lost", b"?", stream=library.stream)
    read = await readback.read(1)

    assert isinstance(read, StoredEvent)
    assert (read.event_id, read.source) == ("", "")


async def test_a_bus_that_is_away_tells_nothing() -> None:
    """Nobody waits for a connection."""
    readback = NatsBus("nats://127.0.0.1:1", name="kit-tests").readback(LIBRARY)
    for asked in (readback.measure(), readback.read(1)):
        with pytest.raises(BusUnavailable):
            await asked
