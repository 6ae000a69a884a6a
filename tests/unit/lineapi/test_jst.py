"""LINE's dates are days in Japan."""

from datetime import date

from lineapi.jst import format_day


def test_format() -> None:
    """Dates are written without separators, padded."""
    assert format_day(date(2026, 1, 9)) == "20260109"
