"""LINE's limit for single audiences."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from audience.domain.lookups import Lookups, full

NOW = datetime(2026, 4, 1, tzinfo=UTC)
LINES_LIMIT = 60


@given(st.lists(st.tuples(st.integers(0, 90), st.integers(0, 40), st.integers(0, 20)), max_size=40))
def test_no_minute_sees_more_than_the_limit(asks: list[tuple[int, int, int]]) -> None:
    """However it is asked for, at most 60 are taken within any minute."""
    lookups, now, taken = full(NOW), NOW, []
    for seconds, wanted, keep in asks:
        now += timedelta(seconds=seconds)
        lookups, granted = lookups.refill(now).take(wanted, keep=keep)
        taken.append((now, granted))

    for moment, _ in taken:
        within = sum(granted for time, granted in taken if moment <= time < moment + timedelta(minutes=1))
        assert within <= LINES_LIMIT


def test_what_is_kept() -> None:
    """Who keeps some leaves them to others."""
    left, taken = full(NOW).take(100, keep=8)
    _, more = left.take(100)

    assert (taken, more) == (12, 8)


def test_drained() -> None:
    """After LINE has refused, nothing is taken for a minute, then it comes back."""
    drained = full(NOW).drain()
    counts = [drained.refill(NOW + timedelta(seconds=seconds)).take(100)[1] for seconds in (0, 30, 60, 63, 600)]

    assert counts == [0, 0, 0, 2, 20]


def test_clock_that_goes_back() -> None:
    """A clock that is set back takes nothing away."""
    assert Lookups(5.0, NOW).refill(NOW - timedelta(hours=1)).take(100)[1] == 5
