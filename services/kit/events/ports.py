"""Events as application code sees them: no broker, no SQL."""

from collections.abc import Awaitable, Callable
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


class Publisher(Protocol):
    """The sending side of the bus."""

    async def publish(self, event: Event) -> None:
        """Return once the bus has stored `event`; a repeat within its duplicate window is stored once.

        Raises:
            BusUnavailable: it may or may not be stored.

        """
        ...
