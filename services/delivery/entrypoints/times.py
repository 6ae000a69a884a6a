"""Moments between proto and domain."""

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from kit.errors import Violations


def write_time(time: datetime | None) -> Timestamp | None:
    """Write a moment; nothing where there is none, since an unknown time is an absent field (AIP-142)."""
    if time is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(time)
    return stamp


def read_time(stamp: Timestamp) -> datetime:
    """Read a moment, aware UTC; raises `ValueError` for one that no calendar has."""
    return stamp.ToDatetime(UTC)


def read_moment(bad: Violations, stamp: Timestamp, field: str) -> datetime | None:
    """Read a field of a request, aware UTC; one that no calendar has is noted."""
    try:
        return read_time(stamp)
    except ValueError:
        bad.add(field, "must be a moment of the years 1 to 9999", "MALFORMED_TIME")
        return None
