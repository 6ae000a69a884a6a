"""How a channel's catalog was last read from LINE, and when it is read next."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto

from audience.domain.retries import pause

SYNC_INTERVAL = timedelta(minutes=4)
"""A channel's audiences are read this often, so that facts stay younger than 5 minutes (architecture 4)."""

UNCHECKED_INTERVAL = timedelta(minutes=1)
"""The interval while audiences are left to be asked for one by one: LINE's limit is per minute (LP 1.6)."""

FIRST_PAUSE = timedelta(minutes=1)


class CatalogFailure(Enum):
    """Why a reading failed; the words of `outreach.audience.v1.Channel.AudienceSync.Failure`."""

    LINE_CREDENTIALS_REFUSED = auto()
    LINE_AUDIENCES_FORBIDDEN = auto()
    LINE_RATE_LIMITED = auto()
    LINE_UNAVAILABLE = auto()
    SERVICE_FAULT = auto()


_LONGEST_PAUSES = {
    CatalogFailure.LINE_RATE_LIMITED: timedelta(minutes=15),
    CatalogFailure.LINE_UNAVAILABLE: timedelta(minutes=15),
}
_LONGEST_PAUSE = timedelta(hours=1)
"""For what does not pass by itself."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Readings that fail, of late for this reason: since when, and how many."""

    failure: CatalogFailure
    since: datetime
    count: int


@dataclass(frozen=True, slots=True)
class CatalogSync:
    """The last whole reading, if any, what is wrong since, and when LINE is asked next; None = at once.

    `unreadable_count` audiences did not read as documented, and `unchecked_count` were not listed and not asked for.
    """

    sync_time: datetime | None = None
    unreadable_count: int = 0
    unchecked_count: int = 0
    trouble: Trouble | None = None
    next_time: datetime | None = None

    def is_complete(self, now: datetime, *, fresh: timedelta) -> bool:
        """Tell whether what the catalog lacks is surely not at LINE: it was read whole within `fresh`."""
        return self.sync_time is not None and now - self.sync_time <= fresh and self.unreadable_count == 0

    def succeed(self, now: datetime, *, unreadable_count: int, unchecked_count: int) -> "CatalogSync":
        """Note a reading that came to its end."""
        interval = UNCHECKED_INTERVAL if unchecked_count else SYNC_INTERVAL
        return CatalogSync(now, unreadable_count, unchecked_count, None, now + interval)

    def fail(self, failure: CatalogFailure, now: datetime, *, wait: timedelta | None = None) -> "CatalogSync":
        """Note a reading that failed; `wait` is what the vendor asks for."""
        before = self.trouble
        trouble = Trouble(failure, before.since if before else now, before.count + 1 if before else 1)
        longest = _LONGEST_PAUSES.get(failure, _LONGEST_PAUSE)
        due = now + max(wait or timedelta(), pause(trouble.count, first=FIRST_PAUSE, longest=longest))
        return replace(self, trouble=trouble, next_time=due)
