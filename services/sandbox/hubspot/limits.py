"""Counters behind the 429s of HubSpot: rolling windows and the account's day (HS 4.1)."""

from collections import deque
from datetime import date, datetime, timedelta, timezone


class RollingWindow:
    """Requests of the last `seconds`, counted one by one: no more than `limit` fit into any such span."""

    __slots__ = ("_times",)

    def __init__(self) -> None:
        self._times: deque[datetime] = deque()

    def take(self, now: datetime, *, limit: int, seconds: float) -> bool:
        """Count one request; False, without counting it, when the window is full."""
        if self.remaining(now, limit=limit, seconds=seconds) == 0:
            return False
        self._times.append(now)
        return True

    def remaining(self, now: datetime, *, limit: int, seconds: float) -> int:
        """Return how many requests still fit at `now`. A clock set back empties the window."""
        oldest_counted = now - timedelta(seconds=seconds)
        while self._times and not oldest_counted < self._times[0] <= now:
            self._times.popleft()
        return max(0, limit - len(self._times))


class DayCount:
    """Requests since the account's last midnight."""

    __slots__ = ("_count", "_day")

    def __init__(self) -> None:
        self._day: date | None = None
        self._count = 0

    def take(self, now: datetime, *, limit: int, utc_offset_hours: int) -> bool:
        """Count one request; False, without counting it, when the day is used up."""
        if self.remaining(now, limit=limit, utc_offset_hours=utc_offset_hours) == 0:
            return False
        self._count += 1
        return True

    def remaining(self, now: datetime, *, limit: int, utc_offset_hours: int) -> int:
        """Return how many requests are left of the day that holds `now`."""
        today = now.astimezone(timezone(timedelta(hours=utc_offset_hours))).date()
        if today != self._day:
            self._day, self._count = today, 0
        return max(0, limit - self._count)
