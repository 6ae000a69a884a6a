"""Events as application code sees them: no broker, no SQL."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from kit.events.envelope import Event

Handler = Callable[[Event], Awaitable[None]]
"""Handles one event, any number of times and in any order (ST 3.4).

It returns when the effect is committed; raises `PermanentFailure` when no repeat can help, anything else to be called
again later.
"""


class EventSink(Protocol):
    """Where a use case leaves the events of its transaction."""

    async def add(self, event: Event) -> None:
        """Publish `event` if and only if the transaction commits, after what it added earlier for that resource."""
        ...


class Inbox(Protocol):
    """Events already handled, inside the transaction of the handler's effect."""

    async def accept(self, consumer: str, event_id: str) -> bool:
        """Note the event as handled by `consumer`; False when it was handled before and must be skipped."""
        ...


@dataclass(frozen=True, slots=True)
class StreamState:
    """What a stream is now.

    Attributes:
        incarnation: tells this stream from one of the same name that was lost or removed.
        create_time: when it was made, by the bus's clock.
        last_sequence: number of the newest event that it ever stored; falls only when the bus has lost some.

    """

    incarnation: str
    create_time: datetime
    last_sequence: int


@dataclass(frozen=True, slots=True)
class StreamExtent:
    """What a stream holds: `incarnation` as in `StreamState`, and the numbers of its oldest and its newest event.

    Without events the oldest number is one above the newest, which is that of the last event that was there.
    """

    incarnation: str
    first_sequence: int
    last_sequence: int


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event that a stream holds, by its id and source, and when the bus stored it, by the bus's clock.

    Both are empty for a message that is none of ours.
    """

    event_id: str
    source: str
    store_time: datetime


@dataclass(frozen=True, slots=True)
class Stored:
    """The bus's word that it has an event: its number in the stream, and whether it was there already."""

    sequence: int
    is_repeat: bool


class Publisher(Protocol):
    """The sending side of the bus: the stream of one service."""

    @property
    def stream(self) -> str:
        """The stream's name."""
        ...

    @property
    def session(self) -> int:
        """A number that changes whenever the bus was out of reach, and may have come back as another."""
        ...

    async def declare(self) -> StreamState:
        """Make sure that there is a stream for the service's subjects, and tell what it is.

        Raises:
            BusUnavailable: the bus gives no answer.
            BusRefusal: there is no stream, and the bus will not make one.

        """
        ...

    async def publish(self, event: Event) -> Stored:
        """Return once the bus has stored `event`; a repeat within its duplicate window is stored once.

        Raises:
            BusUnavailable: it may or may not be stored.

        """
        ...


class Readback(Protocol):
    """A service's own stream, read as the witness of what the service has published."""

    async def measure(self) -> StreamExtent | None:
        """Return what the stream holds; None when there is none.

        Raises:
            BusUnavailable: the bus gives no answer.
            BusRefusal: the bus does not let us ask.

        """
        ...

    async def read(self, sequence: int) -> StoredEvent | None:
        """Return one event; None when the stream has it no more. Raises as `measure`."""
        ...
