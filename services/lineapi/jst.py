"""LINE's calendar: every `yyyyMMdd` date parameter is a day in Japan (LP 0.3, trap 26)."""

from datetime import date, datetime, timedelta, timezone

JST = timezone(timedelta(hours=9), "JST")


def find_jst_day(instant: datetime) -> date:
    """Tell the Japanese day of an aware instant; a UTC evening is already the next one."""
    if instant.tzinfo is None:
        raise ValueError("a naive time has no day in Japan")
    return instant.astimezone(JST).date()


def format_day(day: date) -> str:
    """Write a day as LINE's date parameters want it, `yyyyMMdd`."""
    return day.strftime("%Y%m%d")
