"""When work that failed is tried again: after a pause that doubles with each failure, up to an end."""

from datetime import timedelta


def pause(failure_count: int, *, first: timedelta, longest: timedelta) -> timedelta:
    """Return how long to wait after the failure of that number, from 1: `first`, twice that, and so on to `longest`."""
    doublings: int = 2 ** min(failure_count - 1, 32)
    return min(first * doublings, longest)
