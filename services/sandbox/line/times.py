"""Days and months as LINE counts them: all dates are Japanese (LP 0.3, trap 26)."""

from datetime import UTC, date, datetime, timedelta, timezone

JST = timezone(timedelta(hours=9), "JST")


def read_japanese_day(instant: datetime) -> int:
    """Return the ordinal of the JST calendar day of an instant."""
    return instant.astimezone(JST).toordinal()


def read_japanese_month(instant: datetime) -> str:
    """Return the JST month as `yyyymm`."""
    return instant.astimezone(JST).strftime("%Y%m")


def read_month(instant: datetime, utc_offset_hours: float) -> str:
    """Return the month as `yyyymm` in a zone."""
    return instant.astimezone(timezone(timedelta(hours=utc_offset_hours))).strftime("%Y%m")


def parse_day(text: str) -> int | None:
    """Return the ordinal of a `yyyyMMdd` date, None when it is none."""
    if len(text) != 8 or not text.isascii() or not text.isdigit():  # noqa: PLR2004 - yyyyMMdd
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:])).toordinal()
    except ValueError:
        return None


def format_milliseconds(instant: datetime) -> str:
    """Return ISO 8601 UTC with milliseconds, as progress shows times (LP 4.8)."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03}Z"
