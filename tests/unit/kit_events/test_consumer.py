"""Tests of what a consumer does with a delivery."""

import asyncio
from datetime import timedelta

import pytest
from opentelemetry import trace

from kit.events.consumer import FOREIGN_ATTEMPTS, Consumer, RetryPolicy
from kit.events.envelope import Event
from kit.events.errors import PermanentFailure
from kit.events.ports import Handler
from kit.store.errors import StoreUnavailable
from tests.fakes.bus import FakeDeadLetters
from tests.fakes.events import READER, make_event

RETRY = RetryPolicy(max_attempts=3, first_delay=timedelta(seconds=1), max_delay=timedelta(seconds=5))


@pytest.fixture
def dead_letters() -> FakeDeadLetters:
    """Return an empty cemetery."""
    return FakeDeadLetters()


def make_consumer(handle: Handler, dead_letters: FakeDeadLetters) -> Consumer:
    """Return a consumer without jitter, under the name `reader`."""
    return Consumer(
        READER, handle, dead_letters, retry=RETRY, handle_time=timedelta(milliseconds=50), jitter=lambda: 1.0
    )


def failing_with(error: Exception) -> Handler:
    """Return a handler that always raises `error`."""

    async def handle(_: Event) -> None:
        raise error

    return handle


async def test_handled_event_is_settled(dead_letters: FakeDeadLetters) -> None:
    """An event whose handler returns is settled and buried nowhere."""
    seen: list[Event] = []

    async def handle(event: Event) -> None:
        seen.append(event)

    event = make_event()

    assert await make_consumer(handle, dead_letters).deliver(event, 1) is None
    assert seen == [event]
    assert dead_letters.buried == {}


async def test_failure_is_retried_with_growing_waits(dead_letters: FakeDeadLetters) -> None:
    """A failing event is asked for again, later each time, before it is given up."""
    consumer = make_consumer(failing_with(RuntimeError()), dead_letters)

    waits = [await consumer.deliver(make_event(), attempt) for attempt in (1, 2)]

    assert waits == [timedelta(seconds=1), timedelta(seconds=2)]
    assert dead_letters.buried == {}


async def test_failure_of_the_last_attempt_is_buried(dead_letters: FakeDeadLetters) -> None:
    """After the allowed attempts the event is buried under the name of what was raised, without its text."""
    event = make_event()

    wait = await make_consumer(failing_with(RuntimeError("secret")), dead_letters).deliver(event, 3)

    assert wait is None
    assert dead_letters.buried == {("reader", event.id): ("RuntimeError", 3)}


async def test_permanent_failure_is_buried_at_once(dead_letters: FakeDeadLetters) -> None:
    """An event that no repeat can help is not repeated."""
    event = make_event()

    wait = await make_consumer(failing_with(PermanentFailure("NO_SUCH_THING")), dead_letters).deliver(event, 1)

    assert wait is None
    assert dead_letters.buried == {("reader", event.id): ("NO_SUCH_THING", 1)}


async def test_outage_never_buries(dead_letters: FakeDeadLetters) -> None:
    """An unreachable database says nothing about the event, however long it lasts; the wait is capped."""
    consumer = make_consumer(failing_with(StoreUnavailable()), dead_letters)

    wait = await consumer.deliver(make_event(), 1000)

    assert wait == timedelta(seconds=5)
    assert dead_letters.buried == {}


async def test_event_that_cannot_be_buried_comes_again(dead_letters: FakeDeadLetters) -> None:
    """Nothing is lost while the dead letters can't be written."""
    dead_letters.failure = StoreUnavailable()

    wait = await make_consumer(failing_with(PermanentFailure("BAD")), dead_letters).deliver(make_event(), 1)

    assert wait == timedelta(seconds=1)


async def test_handler_that_hangs_is_stopped(dead_letters: FakeDeadLetters) -> None:
    """A handler that never returns does not hold up the events behind it."""

    async def hang(_: Event) -> None:
        await asyncio.Event().wait()

    wait = await make_consumer(hang, dead_letters).deliver(make_event(), 1)

    assert wait == timedelta(seconds=1)


async def test_event_of_another_release_is_passed_on(dead_letters: FakeDeadLetters) -> None:
    """An event that this release does not subscribe to is left to a replica that does, and buried if there is none."""
    seen: list[Event] = []

    async def handle(event: Event) -> None:
        seen.append(event)

    consumer, event = make_consumer(handle, dead_letters), make_event(subject="test.library.v1.a.shelf.moved")
    waits = [await consumer.deliver(event, attempt) for attempt in range(1, FOREIGN_ATTEMPTS)]

    assert None not in waits
    assert dead_letters.buried == {}
    assert await consumer.deliver(event, FOREIGN_ATTEMPTS) is None
    assert dead_letters.buried == {("reader", event.id): ("NOT_SUBSCRIBED", FOREIGN_ATTEMPTS)}
    assert seen == []


async def test_handler_works_in_the_producers_trace(dead_letters: FakeDeadLetters) -> None:
    """The handler's spans belong to the trace in which the event was produced."""
    seen: list[int] = []

    async def handle(_: Event) -> None:
        seen.append(trace.get_current_span().get_span_context().trace_id)

    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    await make_consumer(handle, dead_letters).deliver(make_event(traceparent=traceparent), 1)

    assert seen == [0x0AF7651916CD43DD8448EB211C80319C]
