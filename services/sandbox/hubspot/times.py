"""The two ways HubSpot writes a time."""

from datetime import UTC, datetime


def to_milliseconds(time: datetime) -> int:
    """Return epoch milliseconds, as in `hs_last_record_added_at` (HS 5.2)."""
    return int(time.timestamp() * 1000)


def from_milliseconds(milliseconds: int) -> datetime:
    """Return the UTC time of epoch milliseconds."""
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC)


def to_iso(time: datetime) -> str:
    """Write ISO 8601 with milliseconds and `Z` (HS 5.2)."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
