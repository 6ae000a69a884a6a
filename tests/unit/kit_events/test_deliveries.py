"""Tests of answering NATS; its messages are stood in for, since a real connection breaks at no chosen moment."""

from dataclasses import dataclass, field
from typing import Any, cast

import nats.errors
from nats.aio.msg import Msg

from kit.events.consumer import Consumer
from kit.events.deliveries import deliver_all
from kit.events.envelope import Event, to_headers
from tests.fakes.bus import FakeDeadLetters
from tests.fakes.events import READER, make_event


@dataclass
class Metadata:
    """What JetStream tells of a delivery."""

    num_delivered: int = 1


class OrphanedMessage:
    """A message whose connection was closed after it came."""

    def __init__(self, event: Event) -> None:
        self.subject = event.subject
        self.headers = to_headers(event)
        self.data = event.body
        self.metadata = Metadata()
        self.acknowledgements = 0

    async def ack(self) -> None:
        """Count the attempt and fail."""
        self.acknowledgements += 1
        raise nats.errors.ConnectionClosedError


@dataclass
class Handled:
    """A handler that keeps what it was given."""

    events: list[Event] = field(default_factory=list)

    async def __call__(self, event: Event) -> None:
        """Keep the event."""
        self.events.append(event)


async def test_lost_answer_does_not_stop_the_events_behind_it() -> None:
    """An event that can't be acknowledged any more was handled; it will come again, and the others go on now."""
    events = [make_event(), make_event()]
    messages: list[Any] = [OrphanedMessage(event) for event in events]
    handled = Handled()

    await deliver_all(Consumer(READER, handled, FakeDeadLetters()), cast("list[Msg]", messages))

    assert handled.events == events
    assert [message.acknowledgements for message in messages] == [1, 1]
