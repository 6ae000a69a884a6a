"""One HubSpot list: its definition, its members, and the signals that tell that members moved (HS 5)."""

from array import array
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox.hubspot.lists.members import Members
from sandbox.hubspot.settings import HubSpotSettings
from sandbox.hubspot.times import to_milliseconds

CONTACTS = "0-1"
COMPANIES = "0-2"
DYNAMIC = "DYNAMIC"
PROCESSING_TYPES = ("MANUAL", "DYNAMIC", "SNAPSHOT")

_SIZES_KEPT = 1_000  # how many past sizes a lagging size may choose from


@dataclass(frozen=True, slots=True)
class Change:
    """Records that join and leave a list together."""

    add: tuple[int, ...] = ()
    remove: tuple[int, ...] = ()


@dataclass(slots=True)
class ListRecord:
    """The state behind the list object of HS 5.2.

    `version` and `updated_at` move with the definition only, never with the members (HS 5.5).
    """

    list_id: int
    name: str
    object_type_id: str
    processing_type: str
    created_at: datetime
    updated_at: datetime
    version: int = 1
    filter_branch: dict[str, Any] | None = None
    filters_updated_at: datetime | None = None
    deleted_at: datetime | None = None
    last_added_at: datetime | None = None
    last_removed_at: datetime | None = None
    pages_read: int = 0
    is_paused: bool = False
    conversion: dict[str, Any] | None = None
    edits: list[datetime] = field(default_factory=list)
    members: Members = field(default_factory=Members)
    _waiting: deque[tuple[datetime, Change]] = field(default_factory=deque)
    _sizes: deque[tuple[datetime, int]] = field(default_factory=lambda: deque(maxlen=_SIZES_KEPT))

    def change(self, change: Change, now: datetime, settings: HubSpotSettings) -> None:
        """Move members now, or later where the list is DYNAMIC and evaluation is set to lag."""
        delay = settings.evaluation_delay_seconds if self.processing_type == DYNAMIC else 0.0
        if delay > 0:
            self._waiting.append((now + timedelta(seconds=delay), change))
        else:
            self.fill(change, now)

    def settle(self, now: datetime) -> None:
        """Apply the waiting changes that are due at `now`."""
        while self._waiting and self._waiting[0][0] <= now:
            due, change = self._waiting.popleft()
            self.fill(change, due)

    def processing_status(self, settings: HubSpotSettings) -> str:
        """COMPLETE unless changes wait for evaluation, or the list was paused."""
        if self.is_paused:
            return "PAUSED"
        return settings.evaluating_status if self._waiting else "COMPLETE"

    def reported_size(self, now: datetime, settings: HubSpotSettings) -> int:
        """Return the size HubSpot shows: that of `size_lag_seconds` ago."""
        seen_until = now - timedelta(seconds=settings.size_lag_seconds)
        return next((size for at, size in reversed(self._sizes) if at <= seen_until), 0)

    def edit(self, now: datetime) -> None:
        """Note that the definition changed."""
        self.version += 1
        self.updated_at = now
        self.edits.append(now)

    def past_sizes(self) -> list[tuple[datetime, int]]:
        """Return the sizes after each of the last changes."""
        return list(self._sizes)

    def start_with(self, record_ids: "array[int]", at: datetime) -> None:
        """Give a list without members its first ones, ascending; millions of them at once."""
        self.members.start_with(record_ids, joined_ms=to_milliseconds(at))
        self.last_added_at = at
        self._sizes.append((at, len(self.members)))

    def fill(self, change: Change, at: datetime) -> None:
        """Move members at once, whatever the evaluation lag."""
        if self.members.remove(change.remove):
            self.last_removed_at = at
        if self.members.add(change.add, joined_ms=to_milliseconds(at)):
            self.last_added_at = at
        self._sizes.append((at, len(self.members)))


def matches_words(name: str, query: str) -> bool:
    """Whether a list name holds every word of a search query, whatever the case (HS 5.1)."""
    folded = name.casefold()
    return all(word in folded for word in query.casefold().split())
