"""Times and spans of time in the protos' words."""

from datetime import datetime, timedelta

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp


def write_timestamp(time: datetime) -> Timestamp:
    """Write a point in time."""
    stamp = Timestamp()
    stamp.FromDatetime(time)
    return stamp


def write_optional_timestamp(time: datetime | None) -> Timestamp | None:
    """Write a point in time that may not be known: the field stays absent then."""
    return None if time is None else write_timestamp(time)


def write_duration(span: timedelta) -> Duration:
    """Write a span of time."""
    duration = Duration()
    duration.FromTimedelta(span)
    return duration
