"""LINE's days are Japanese days."""

from datetime import UTC, date, datetime

import pytest

from lineapi.jst import find_jst_day, format_day


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 3, 31, 14, 59, 59, tzinfo=UTC), date(2026, 3, 31)),
        (datetime(2026, 3, 31, 15, 0, tzinfo=UTC), date(2026, 4, 1)),
        (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), date(2027, 1, 1)),
    ],
)
def test_day(instant: datetime, day: date) -> None:
    """A UTC evening from 15:00 is the next Japanese day."""
    assert find_jst_day(instant) == day


def test_naive_time_is_refused() -> None:
    """A time without a zone has no Japanese day."""
    with pytest.raises(ValueError, match="naive"):
        find_jst_day(datetime(2026, 1, 1))  # noqa: DTZ001  # the case under test


def test_format() -> None:
    """Dates are written without separators, padded."""
    assert format_day(date(2026, 1, 9)) == "20260109"
