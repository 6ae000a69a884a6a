"""What the tests of streams, durables and the bus share: a stream, and a consumer that keeps what it reads."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import nats

from kit.events.bus import CHECK_INTERVAL, NatsBus
from kit.events.consumer import Consumer, RetryPolicy
from kit.events.envelope import Event
from kit.events.ports import Handler
from kit.events.streams import EventStream, NatsStream
from kit.events.subjects import Subscription
from tests.fakes.bus import FakeDeadLetters
from tests.fakes.events import READER

LIBRARY = EventStream(name="library", subjects=("test.library.v1.>",))
QUICK = RetryPolicy(max_attempts=3, first_delay=timedelta(milliseconds=10))


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
    bus: NatsBus,
    handle: Handler,
    dead_letters: FakeDeadLetters | None = None,
    *,
    subscription: Subscription = READER,
    check_interval: timedelta = CHECK_INTERVAL,
) -> AsyncIterator[None]:
    """Run one replica of a consumer for the length of the `with` block."""
    consumer = Consumer(subscription, handle, dead_letters or FakeDeadLetters(), retry=QUICK)
    task = asyncio.create_task(bus.consume(consumer, check_interval=check_interval))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()


async def declared(bus: NatsBus, stream: EventStream = LIBRARY) -> NatsStream:
    """Return a stream once it exists."""
    await bus.wait()
    publisher = bus.stream(stream)
    await publisher.declare()
    return publisher


async def count_stored(nats_url: str) -> int:
    """Return how many messages the stream holds."""
    async with await nats.connect(nats_url) as client:
        return (await client.jetstream().stream_info("library")).state.messages
