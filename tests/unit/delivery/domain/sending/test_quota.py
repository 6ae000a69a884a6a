"""The arithmetic of a month's messages, and the days at which it changes."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.domain.sending.quota import Allowance, Balance, Usage, begin_day, tell_day
from delivery.domain.sending.values import Ending

ACCOUNT = "U-acme"
MOMENT = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
MIDNIGHT = datetime(2026, 4, 30, 15, 0, tzinfo=UTC)
"""When May begins in Japan."""

counts = st.integers(0, 10**9)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the strategy's


def make_usage(read_time: datetime, message_count: int = 0) -> Usage:
    """Make a published usage."""
    return Usage(ACCOUNT, message_count, read_time)


@pytest.mark.parametrize(
    ("read", "asked", "current"),
    [
        (timedelta(0), 24 * HOUR - MOMENT, True),
        (timedelta(0), 24 * HOUR, False),
        (-MOMENT, timedelta(0), False),
        (timedelta(0), -MOMENT, True),
    ],
    ids=["until midnight", "at the next midnight", "of the month before", "of a clock that is ahead"],
)
def test_a_usage_stands_for_its_day_in_japan(read: timedelta, asked: timedelta, current: bool) -> None:  # noqa: FBT001 - drawn by name
    """At midnight in Japan another one is due; so one of an earlier month never counts."""
    assert make_usage(MIDNIGHT + read).is_current(MIDNIGHT + asked) == current


@given(moments, moments)
def test_days_are_told_apart_by_their_beginning(one: datetime, other: datetime) -> None:
    """A moment lies between the beginnings of its own day and the next, wherever its clock stands."""
    start = begin_day(one)

    assert start <= one < start + timedelta(days=1)
    assert (tell_day(other) < tell_day(one)) == (other < start)
    assert tell_day(one.astimezone(timezone(timedelta(hours=-11)))) == tell_day(one)


@given(moments, moments)
def test_what_is_current_is_of_this_month(read: datetime, at: datetime) -> None:
    """What was used in another month says nothing of this one."""
    read, at = min(read, at), max(read, at)
    if make_usage(read).is_current(at):
        assert (tell_day(read).year, tell_day(read).month) == (tell_day(at).year, tell_day(at).month)


@pytest.mark.parametrize(("ended", "covered"), [(None, False), (-MOMENT, True), (timedelta(0), False), (MOMENT, False)])
def test_a_usage_covers_what_had_ended_before_it_was_read(ended: timedelta | None, covered: bool) -> None:  # noqa: FBT001 - drawn by name
    """While a send runs, or if it ended since, its messages are not surely counted."""
    ending = None if ended is None else Ending(MIDNIGHT + ended)

    assert make_usage(MIDNIGHT).covers(ending) == covered


@given(size=counts, used=counts, reserved=counts, more=counts)
def test_whatever_is_taken_is_no_longer_left(size: int, used: int, reserved: int, more: int) -> None:
    """Plan, usage and reservations move the remainder one for one, below zero too."""
    left = Balance(make_usage(MIDNIGHT, used), reserved).count_left(size)

    assert left + used + reserved == size
    assert Balance(make_usage(MIDNIGHT, used), reserved + more).count_left(size) == left - more
    assert Balance(make_usage(MIDNIGHT, used + more), reserved).count_left(size) == left - more
    assert Balance(make_usage(MIDNIGHT, used), reserved).count_left(size + more) == left + more
    assert Allowance(size, used).left == left + reserved
