"""A channel's calls go out at LINE's rate, and a channel in trouble rests."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from delivery.domain.sending.lanes import (
    CAPACITIES,
    CAUTION,
    LONGEST_REST,
    NARROWCAST_BURST,
    Endpoint,
    Gate,
    Lane,
    open_lane,
)
from tests.strategies.rows import CHANNEL, START

MINUTE = timedelta(minutes=1)
MOMENT = timedelta(microseconds=1)


def make_lane() -> Lane:
    """Return a lane before its first call."""
    return open_lane(CHANNEL, Endpoint.NARROWCAST, CAPACITIES[Endpoint.NARROWCAST], at=START)


def take(gate: Gate, count: int) -> Gate:
    """Let calls go at once."""
    for _ in range(count):
        taken = gate.take(START)
        assert taken is not None
        gate = taken
    return gate


def test_60_calls_go_at_once_and_then_one_a_minute() -> None:
    """The 61st waits for a minute, to the moment (LP 1.6)."""
    gate = take(make_lane().gate, 60)

    assert gate.take(START + MINUTE - MOMENT) is None
    assert gate.take(START + MINUTE) is not None
    assert gate.opens(START) == START + MINUTE


def test_a_429_empties_the_gate() -> None:
    """LINE's bucket is shared with others: from then on one call a minute goes."""
    gate = make_lane().gate.shut(START)

    assert [gate.opens(START, position=position) - START for position in (0, 1, 29)] == [
        MINUTE,
        2 * MINUTE,
        30 * MINUTE,
    ]
    assert gate.take(START + MINUTE - MOMENT) is None


def test_no_burst_is_tried_for_a_day_after_a_429() -> None:
    """However long the channel has been idle since, one call goes a minute: LINE's bucket is smaller than ours."""
    refused = make_lane().gate.shut(START)
    hours_later = START + CAUTION - MINUTE
    first = refused.take(hours_later)

    assert first is not None
    assert first.take(hours_later) is None
    assert first.opens(hours_later) == hours_later + MINUTE
    assert refused.opens(START + CAUTION, position=59) == START + CAUTION


def test_a_call_counts_from_its_end() -> None:
    """LINE may have counted a slow call as late as it answered, so the next minute begins there."""
    begun = make_lane().gate.shut(START).take(START + MINUTE)
    assert begun is not None
    ended = START + MINUTE + timedelta(seconds=15)

    assert begun.settle(ended).opens(ended) == ended + MINUTE


def test_a_call_that_ends_late_takes_nothing_from_a_full_burst() -> None:
    """Only a gate that is nearly full is moved by the end of a call."""
    gate = take(make_lane().gate, 60)

    assert gate.settle(START + timedelta(seconds=15)) == gate


def test_a_place_in_the_queue_is_a_time() -> None:
    """With a full gate the first 60 go at once, and the 300th after four hours."""
    gate = make_lane().gate

    assert gate.opens(START, position=59) == START
    assert gate.opens(START, position=299) == START + 240 * MINUTE


@given(st.lists(st.tuples(st.integers(0, 600), st.booleans()), max_size=200))
def test_no_hour_has_more_calls_than_the_bucket_and_its_gain(steps: list[tuple[int, bool]]) -> None:
    """However calls and pauses fall, an hour has at most 60 + 60, and after a 429 at most 60."""
    gate, now = make_lane().gate, START
    calls = []
    for seconds, _ in steps:
        now += timedelta(seconds=seconds)
        taken = gate.take(now)
        if taken is not None:
            gate = taken
            calls.append(now)

    assert all(sum(begin <= call < begin + 60 * MINUTE for call in calls) <= 120 for begin in calls)


@given(st.integers(0, 100), st.integers(0, 10_000))
def test_a_gate_opens_when_it_says(position: int, seconds: int) -> None:
    """The time that is foretold for a place is the time at which that many calls have gone and one more may."""
    gate = take(make_lane().gate, 60)
    now = START + timedelta(seconds=seconds)
    opens = gate.opens(now, position=position)

    assert opens >= now
    for _ in range(position + 1):
        taken = gate.take(opens)
        if taken is None:
            break
        gate = taken
    else:
        return
    assert position >= NARROWCAST_BURST


def test_a_channel_in_trouble_rests_ever_longer_and_is_well_after_one_answer() -> None:
    """1, 2, 4 … seconds, at most 5 minutes; one useful answer ends it."""
    lane, rests = make_lane(), []
    for _ in range(12):
        lane = lane.strain(START)
        rests.append(lane.opens(START) - START)

    assert rests[:3] == [timedelta(seconds=seconds) for seconds in (1, 2, 4)]
    assert rests[-1] == LONGEST_REST
    assert lane.in_trouble
    assert not lane.recover().in_trouble
    assert lane.recover().opens(START) == START
