"""The counters behind 429 never let more through than their limit."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sandbox.hubspot.limits import DayCount, RollingWindow

START = datetime(2026, 11, 24, tzinfo=UTC)


@given(st.lists(st.floats(0, 4), max_size=80), st.integers(1, 5))
def test_rolling_window(gaps: list[float], limit: int) -> None:
    """Any ten seconds hold at most `limit` requests that were let through."""
    window, now, taken = RollingWindow(), START, list[datetime]()
    for gap in gaps:
        now += timedelta(seconds=gap)
        if window.take(now, limit=limit, seconds=10):
            taken.append(now)

    for time in taken:
        assert sum(time - timedelta(seconds=10) < other <= time for other in taken) <= limit


def test_clock_set_back() -> None:
    """A clock that is set back opens the window again instead of closing it for long."""
    window = RollingWindow()
    window.take(START, limit=1, seconds=10)

    assert window.take(START - timedelta(days=1), limit=1, seconds=10)


def test_day_turns_in_the_accounts_zone() -> None:
    """The count starts anew at midnight of the account, not of UTC."""
    day = DayCount()
    noon_in_japan = START + timedelta(hours=3)
    assert day.take(noon_in_japan, limit=1, utc_offset_hours=9)

    assert not day.take(noon_in_japan + timedelta(hours=11, minutes=59), limit=1, utc_offset_hours=9)
    assert day.take(noon_in_japan + timedelta(hours=12), limit=1, utc_offset_hours=9)
