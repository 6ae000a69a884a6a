"""What the use cases need that keep a restored ledger from sending: the ledger's own state, one row in its database."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from delivery.domain.sending.restores import Doubt, Inspection, LedgerState, StreamPlace


class LedgerStateStore(Protocol):
    """Whether the ledger is open; asked in the very transactions that depend on it.

    The methods that write compare what was seen with what is, and return False, without effect, when it has changed.
    """

    async def get(self) -> LedgerState:
        """Return whether the ledger is open."""
        ...

    async def inspect(self) -> Inspection:
        """Return all that is known."""
        ...

    async def open(self, seen: Inspection, place: StreamPlace | None) -> bool:
        """Note that with this server, and up to this place in the stream, all is in order now."""
        ...

    async def notice(self, seen: Inspection, *, at: datetime) -> bool:
        """Note that the server has changed, after which the silence before it is counted no further."""
        ...

    async def close(self, seen: Inspection, doubt: Doubt, *, at: datetime) -> bool:
        """Close the ledger; raises nothing when it is closed."""
        ...

    async def find_unknown_events(self, event_ids: Collection[str]) -> list[str]:
        """Return those ids of events that the outbox does not know; it keeps published events for three days."""
        ...

    async def find_last_change(self) -> datetime | None:
        """Return when the latest change happened that the database holds, business time; None when it is empty."""
        ...
