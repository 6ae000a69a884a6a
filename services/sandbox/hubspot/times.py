"""The clock the stand-in reads, and the two ways HubSpot writes a time."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where the stand-in takes the time from; settable from outside."""

    def now(self) -> datetime:
        """Return the present time, aware, in UTC."""
        ...


def to_milliseconds(time: datetime) -> int:
    """Return epoch milliseconds, as in `hs_last_record_added_at` (HS 5.2)."""
    return int(time.timestamp() * 1000)


def from_milliseconds(milliseconds: int) -> datetime:
    """Return the UTC time of epoch milliseconds."""
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC)


def to_iso(time: datetime) -> str:
    """Write ISO 8601 with milliseconds and `Z` (HS 5.2)."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
