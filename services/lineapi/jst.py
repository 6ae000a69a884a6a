"""LINE's calendar: every `yyyyMMdd` date parameter is a day in Japan (LP 0.3, trap 26)."""

from datetime import date


def format_day(day: date) -> str:
    """Write a day as LINE's date parameters want it, `yyyyMMdd`."""
    return day.strftime("%Y%m%d")
