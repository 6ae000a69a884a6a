"""Contact lists: HubSpot lists bound to a channel, and whom of them LINE can reach."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto

from audience.domain.retries import pause

CONTACT_OBJECT_TYPE = "0-1"
"""HubSpot's object type of contacts; other lists can't be bound (HS 10, trap 9)."""

PROCESSING_TYPES = frozenset({"MANUAL", "DYNAMIC", "SNAPSHOT"})
"""The kinds of list whose members can be read (HS 5.2; trap 9)."""

MOST_READ_AT_ONCE = 2
"""Lists of one channel that are read at once: one process reads three, and a HubSpot account may hang."""

REFRESH_AFTER = timedelta(hours=12)
"""A list is read again when its contacts are older; policy takes them up to 24 hours (architecture 4)."""

FIRST_PAUSE = timedelta(minutes=2)
"""After a reading that failed; each further one doubles it."""

FAULTS_UNTIL_FAILED = 3
"""So many readings in a row may meet a fault of ours before the list says so."""

_LINE_USER_ID = re.compile(r"U[0-9a-f]{32}")


class ListState(Enum):
    """How a contact list is; the words of `outreach.audience.v1.ContactList.State`."""

    SYNCING = auto()
    READY = auto()
    FAILED = auto()
    GONE = auto()


class SyncFailure(Enum):
    """Why a sync failed; the words of `outreach.audience.v1.ContactList.Failure`."""

    HUBSPOT_CREDENTIALS_REFUSED = auto()
    HUBSPOT_SCOPE_MISSING = auto()
    HUBSPOT_PROPERTY_MISSING = auto()
    HUBSPOT_UNAVAILABLE = auto()
    HUBSPOT_DAILY_LIMIT = auto()
    IMPLAUSIBLY_EMPTY = auto()
    HUBSPOT_LIST_UNSUITABLE = auto()
    HUBSPOT_RATE_LIMITED = auto()
    SERVICE_FAULT = auto()


_LASTING = frozenset({SyncFailure.IMPLAUSIBLY_EMPTY, SyncFailure.HUBSPOT_LIST_UNSUITABLE, SyncFailure.SERVICE_FAULT})
"""What another reading costs HubSpot's budget for, and hardly mends; all else is tried again within an hour."""


class LineIdKind(Enum):
    """What a contact's LINE id property holds."""

    WELL_FORMED = auto()
    MISSING = auto()
    MALFORMED = auto()


@dataclass(frozen=True, slots=True)
class Tally:
    """How a list's contacts divide: every contact is exactly one of these (R12)."""

    recipients: int = 0
    missing: int = 0
    malformed: int = 0
    duplicates: int = 0

    @property
    def contacts(self) -> int:
        """All contacts of the list."""
        return self.recipients + self.missing + self.malformed + self.duplicates


@dataclass(frozen=True, slots=True)
class Member:
    """One contact of a list: HubSpot's record id, and its LINE user id if that is well-formed."""

    record_id: str
    line_id_kind: LineIdKind
    line_user_id: str | None


@dataclass(frozen=True, slots=True)
class ContactList:
    """A bound list; `tally`, `reported_size` and `sync_time` are those of the last complete reading.

    `next_sync_time` is when it is read next, None = as soon as its turn comes; `failure_count` counts the readings that
    failed since the last complete one, or since somebody asked for one.
    """

    name: str
    display_name: str
    hubspot_list_id: str
    state: ListState
    failure: SyncFailure | None
    tally: Tally
    reported_size: int | None
    sync_time: datetime | None
    create_time: datetime
    update_time: datetime
    next_sync_time: datetime | None = None
    failure_count: int = 0

    def succeed(self, *, display_name: str, tally: Tally, reported_size: int | None, now: datetime) -> "ContactList":
        """Note a complete reading."""
        return replace(
            self,
            display_name=display_name,
            state=ListState.READY,
            failure=None,
            tally=tally,
            reported_size=reported_size,
            sync_time=now,
            update_time=now,
            next_sync_time=now + REFRESH_AFTER,
            failure_count=0,
        )

    def fail(self, failure: SyncFailure, *, now: datetime, wait: timedelta | None = None) -> "ContactList":
        """Note a reading that failed; `wait` is what HubSpot asks for. The next one comes after a growing pause."""
        longest = REFRESH_AFTER if failure in _LASTING else timedelta(hours=1)
        return self._put_off(ListState.FAILED, failure, now=now, longest=longest, wait=wait)

    def lose(self, *, now: datetime) -> "ContactList":
        """Note that HubSpot has the list no more; it may be restored within 90 days (HS 10, trap 10)."""
        return self._put_off(ListState.GONE, None, now=now, longest=REFRESH_AFTER, wait=REFRESH_AFTER)

    def trip(self, *, now: datetime) -> "ContactList":
        """Note that a reading met a fault of ours: the list stays as it is for the first few times."""
        if self.failure_count + 1 >= FAULTS_UNTIL_FAILED:
            return self.fail(SyncFailure.SERVICE_FAULT, now=now)
        return self._put_off(self.state, self.failure, now=now, longest=REFRESH_AFTER, wait=None)

    def _put_off(
        self,
        state: ListState,
        failure: SyncFailure | None,
        *,
        now: datetime,
        longest: timedelta,
        wait: timedelta | None,
    ) -> "ContactList":
        count = self.failure_count + 1
        due = now + max(wait or timedelta(), pause(count, first=FIRST_PAUSE, longest=longest))
        changed = (state, failure) != (self.state, self.failure)
        return replace(
            self,
            state=state,
            failure=failure,
            update_time=now if changed else self.update_time,
            next_sync_time=due,
            failure_count=count,
        )


def classify(record_id: str, value: str | None) -> Member:
    """Judge what a contact's LINE id property holds (LP 8.7: `U` and 32 lower-case hex digits)."""
    stripped = (value or "").strip()
    if not stripped:
        return Member(record_id, LineIdKind.MISSING, None)
    if not _LINE_USER_ID.fullmatch(stripped):
        return Member(record_id, LineIdKind.MALFORMED, None)
    return Member(record_id, LineIdKind.WELL_FORMED, stripped)


def tally(members: Iterable[Member]) -> Tally:
    """Count different contacts; a LINE id that several of them share counts once (HS 10, trap 12)."""
    kinds = dict.fromkeys(LineIdKind, 0)
    line_ids = set()
    for member in members:
        kinds[member.line_id_kind] += 1
        if member.line_user_id is not None:
            line_ids.add(member.line_user_id)
    return Tally(
        recipients=len(line_ids),
        missing=kinds[LineIdKind.MISSING],
        malformed=kinds[LineIdKind.MALFORMED],
        duplicates=kinds[LineIdKind.WELL_FORMED] - len(line_ids),
    )


def is_plausible(contacts: int, reported_size: int | None, *, before: int) -> bool:
    """Tell whether a reading can be true: one that is empty against a reported size can't (HS 10, trap 2).

    A size that HubSpot does not tell is not zero: then an empty reading is believed only where the reading `before`
    was empty too, or there was none.
    """
    if contacts > 0:
        return True
    return before == 0 if reported_size is None else reported_size == 0
