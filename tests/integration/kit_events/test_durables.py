"""Tests of durables on a real NATS server: consumers whose subjects grow, and durables that vanish."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kit.events.bus import NatsBus
from kit.events.durables import DurablePlace, ensure_durable, read_durable, read_place, shrink_durable
from kit.events.envelope import Event
from kit.events.errors import BusUnavailable
from kit.events.jetstream import ask, nanoseconds
from kit.events.streams import NatsStream
from kit.events.subjects import Subscription
from tests.fakes.events import READER, make_event
from tests.infrastructure.eventually import eventually
from tests.integration.kit_events.reading import Reader, consuming, declared

BOOKS = READER
BOOKS_AND_SHELVES = replace(READER, subjects=(*READER.subjects, "test.library.v1.*.shelf.*"))
SHELVES = replace(READER, subjects=("test.library.v1.*.shelf.*",))
ACK_WAIT = timedelta(seconds=30)

pytestmark = pytest.mark.usefixtures("library")


def make_shelf_event(resource: str = "shelves/a") -> Event:
    """Return an event that `BOOKS` does not subscribe to."""
    return make_event(subject="test.library.v1.a.shelf.moved", resource=resource)


async def read_config(bus: NatsBus) -> dict[str, Any]:
    """Return all settings of the durable as the server tells them."""
    config: dict[str, Any] = (await ask(bus.client, "CONSUMER.INFO.library.reader"))["config"]
    return config


async def read_subjects(bus: NatsBus) -> list[str]:
    """Return what the durable delivers."""
    subjects: list[str] = (await read_config(bus))["filter_subjects"]
    return subjects


async def handle_all(bus: NatsBus, subscription: Subscription, count: int) -> list[Event]:
    """Consume until `count` events were handled; return them."""
    reader = Reader()
    async with consuming(bus, reader, subscription=subscription):
        await eventually(reader.has(count))
    return reader.events


async def test_further_subject_comes_with_its_past(bus: NatsBus, library: NatsStream) -> None:
    """A consumer that subscribes to a further subject gets what the stream holds of it, and the rest once more."""
    book, shelf = make_event(), make_shelf_event()
    await library.publish(shelf)
    await library.publish(book)
    assert await handle_all(bus, BOOKS, 1) == [book]

    handled = await handle_all(bus, BOOKS_AND_SHELVES, 2)

    assert sorted(event.id for event in handled) == sorted([book.id, shelf.id])


async def test_older_release_shares_the_wider_durable(bus: NatsBus, library: NatsStream) -> None:
    """A replica that needs less leaves the durable as it is, and gives what it does not know to one that does."""
    await handle_nothing(bus, BOOKS_AND_SHELVES)
    made = (await ask(bus.client, "CONSUMER.INFO.library.reader"))["created"]
    old, new = Reader(), Reader()
    shelves = [make_shelf_event(f"shelves/{number}") for number in range(20)]

    async with consuming(bus, old, subscription=BOOKS), consuming(bus, new, subscription=BOOKS_AND_SHELVES):
        for event in shelves:
            await library.publish(event)
        await eventually(new.has(20), deadline=20)

    assert old.events == []
    assert (await ask(bus.client, "CONSUMER.INFO.library.reader"))["created"] == made


async def handle_nothing(bus: NatsBus, subscription: Subscription) -> None:
    """Make a durable as a consumer does."""
    await ensure_durable(bus.client, subscription, ack_wait=ACK_WAIT)


async def test_durable_of_another_need_is_united(bus: NatsBus) -> None:
    """A durable that is made anew keeps the subjects that it has."""
    await handle_nothing(bus, BOOKS)
    await handle_nothing(bus, SHELVES)

    assert await read_subjects(bus) == sorted(BOOKS_AND_SHELVES.subjects)


async def test_covering_subject_swallows_the_narrower_ones(bus: NatsBus) -> None:
    """Subjects that cover each other, which NATS refuses in one durable, become the wider one."""
    await handle_nothing(bus, BOOKS)
    await handle_nothing(bus, replace(READER, subjects=("test.library.v1.>",)))

    assert await read_subjects(bus) == ["test.library.v1.>"]


async def test_durable_of_one_plain_subject_is_read_too(bus: NatsBus) -> None:
    """A durable whose subject stands in JetStream's field for a single one is compared like the others."""
    config = {
        "name": "reader",
        "durable_name": "reader",
        "ack_policy": "explicit",
        "filter_subject": "test.library.v1.>",
    }
    await ask(bus.client, "CONSUMER.CREATE.library.reader", {"stream_name": "library", "config": config})

    await handle_nothing(bus, BOOKS_AND_SHELVES)

    assert (await read_config(bus))["filter_subject"] == "test.library.v1.>"


async def test_operators_settings_stay(bus: NatsBus) -> None:
    """What an operator changed of a durable outlives its being made anew."""
    await handle_nothing(bus, BOOKS)
    changed = await read_config(bus) | {"max_ack_pending": 77, "ack_wait": 45 * 10**9}
    body = {"stream_name": "library", "config": changed, "action": "update"}
    await ask(bus.client, "CONSUMER.CREATE.library.reader", body)

    await handle_nothing(bus, BOOKS)
    same = await read_config(bus)
    await handle_nothing(bus, BOOKS_AND_SHELVES)
    anew = await read_config(bus)

    assert [(config["max_ack_pending"], config["ack_wait"]) for config in (same, anew)] == [(77, 45 * 10**9)] * 2


async def test_subject_that_was_taken_away_comes_back(bus: NatsBus, library: NatsStream) -> None:
    """A durable that the release before this one has narrowed is noticed by a consumer that is running."""
    reader, shelf = Reader(), make_shelf_event()
    soon = timedelta(milliseconds=100)
    async with consuming(bus, reader, subscription=BOOKS_AND_SHELVES, check_interval=soon):
        await eventually(lambda: read_durable(bus.client, BOOKS))
        await shrink_durable(bus.client, BOOKS)
        await library.publish(shelf)

        await eventually(reader.has(1), deadline=15)

    assert reader.events == [shelf]


async def test_durable_that_vanished_is_made_again(bus: NatsBus, library: NatsStream) -> None:
    """A consumer whose durable was removed reads on, from the stream's beginning."""
    reader, first, second = Reader(), make_event(), make_event()
    async with consuming(bus, reader):
        await library.publish(first)
        await eventually(reader.has(1))
        await ask(bus.client, "CONSUMER.DELETE.library.reader")
        await library.publish(second)

        await eventually(reader.has(3), deadline=15)

    assert reader.events == [first, first, second]


async def test_consumer_outlives_its_stream(bus: NatsBus) -> None:
    """A consumer whose stream was lost waits for the next one and reads it from its beginning."""
    reader, event = Reader(), make_event()
    async with consuming(bus, reader):
        await eventually(lambda: read_durable(bus.client, BOOKS))
        await ask(bus.client, "STREAM.DELETE.library")
        again = await declared(bus)
        await again.publish(event)

        await eventually(reader.has(1), deadline=15)

    assert reader.events == [event]


async def test_shrinking_keeps_the_position(bus: NatsBus, library: NatsStream) -> None:
    """An operator's shrinking leaves the needed subjects, and nothing is delivered again."""
    book, later = make_event(), make_event()
    await library.publish(make_shelf_event())
    await library.publish(book)
    assert len(await handle_all(bus, BOOKS_AND_SHELVES, 2)) == 2

    await shrink_durable(bus.client, BOOKS)
    await library.publish(make_shelf_event())
    await library.publish(later)

    assert await handle_all(bus, BOOKS, 1) == [later]
    state = await read_durable(bus.client, BOOKS)
    assert state is not None
    assert (state.subjects, state.pending_count, state.unanswered_count) == (BOOKS.subjects, 0, 0)


async def test_shrinking_what_is_not_there(bus: NatsBus) -> None:
    """There is nothing to shrink before a consumer has run."""
    with pytest.raises(BusUnavailable):
        await shrink_durable(bus.client, BOOKS)


async def test_place(bus: NatsBus, library: NatsStream) -> None:
    """A durable's place tells what was handled, and what the stream has dropped without its having been handled."""
    nowhere = await read_place(bus.client, BOOKS)
    for number in range(4):
        await library.publish(make_event(resource=f"books/{number}"))
    await handle_all(bus, BOOKS, 4)
    await library.publish(make_event(resource="books/4"))
    handled = await read_place(bus.client, BOOKS)
    config = (await ask(bus.client, "STREAM.INFO.library"))["config"]
    span = nanoseconds(0.2)
    await ask(bus.client, "STREAM.UPDATE.library", config | {"max_age": span, "duplicate_window": span})

    async def has_dropped() -> DurablePlace | None:
        place = await read_place(bus.client, BOOKS)
        return place if place is not None and place.first_sequence == 6 else None

    dropped = await eventually(has_dropped)
    assert nowhere is None
    assert handled is not None
    assert (handled.first_sequence, handled.handled_sequence) == (1, 4)
    assert dropped == DurablePlace(handled.incarnation, first_sequence=6, handled_sequence=4)
