"""Moments between proto and domain."""

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp


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
