"""Tests of the publication slots (V4)."""

from datetime import UTC, datetime, timedelta

import pytest

from reporting.domain import slots

ACCEPTED = datetime(2026, 5, 1, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days", "day"),
    [
        (0.0, None),
        (0.99999, None),
        (1.0, 1),
        (1.99999, 1),
        (2.0, None),
        (3.0, 3),
        (4.0, None),
        (7.5, 7),
        (8.0, None),
        (13.99999, None),
        (14.0, 14),
        (15.0, 14),
        (400.0, 14),
    ],
)
def test_open_slot(days: float, day: int | None) -> None:
    """A slot is open for a day; the last one for ever, since no later one could take its figures."""
    assert slots.find_open(ACCEPTED, ACCEPTED + timedelta(days=days)) == day


def test_next_slots() -> None:
    """Each slot is followed by a later one, the last one by none."""
    by_day = [slots.next_after_day(day) for day in (None, 1, 3, 7, 14)]
    by_time = [slots.next_after_time(ACCEPTED, ACCEPTED + timedelta(days=days)) for days in (0, 1, 5, 13, 14, 99)]

    assert by_day == [1, 3, 7, 14, None]
    assert by_time == [1, 3, 7, 14, None, None]
