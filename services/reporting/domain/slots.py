"""When figures are published: fixed days after LINE accepted a campaign (architecture 7, V4)."""

from datetime import datetime, timedelta

DAYS = (1, 3, 7, 14)
"""LINE counts for 14 days (LP 7.4)."""

LAST_DAY = DAYS[-1]

OPEN_FOR = timedelta(days=1)
"""A slot that was missed for so long is over; its figures wait for the next one (V4)."""


def slot_time(accept_time: datetime, day: int) -> datetime:
    """Return when the slot of a day opens."""
    return accept_time + timedelta(days=day)


def find_open(accept_time: datetime, now: datetime) -> int | None:
    """Return the day whose slot is open; None between slots. The last one stays open, since none follows."""
    begun = [day for day in DAYS if slot_time(accept_time, day) <= now]
    if not begun:
        return None
    day = begun[-1]
    is_over = now >= slot_time(accept_time, day) + OPEN_FOR
    return None if is_over and day != LAST_DAY else day


def next_after_day(day: int | None) -> int | None:
    """Return the day that follows; the first one after None, None after the last one."""
    return next((later for later in DAYS if day is None or later > day), None)


def next_after_time(accept_time: datetime, now: datetime) -> int | None:
    """Return the first day whose slot has not begun yet; None when all have."""
    return next((day for day in DAYS if slot_time(accept_time, day) > now), None)
