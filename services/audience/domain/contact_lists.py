"""Contact lists: HubSpot lists bound to a channel, and whom of them LINE can reach."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

CONTACT_OBJECT_TYPE = "0-1"
"""HubSpot's object type of contacts; other lists can't be bound (HS 10, trap 9)."""

PROCESSING_TYPES = frozenset({"MANUAL", "DYNAMIC", "SNAPSHOT"})
"""The kinds of list whose members can be read (HS 5.2; trap 9)."""

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
    """A bound list; `tally`, `reported_size` and `sync_time` are those of the last complete reading."""

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
