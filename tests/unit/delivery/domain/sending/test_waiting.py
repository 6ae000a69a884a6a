"""Why an ordered campaign is not on its way, as its caller sees it."""

from datetime import timedelta

import pytest

from delivery.domain.sending.lanes import CAPACITIES, Endpoint, Lane, open_lane
from delivery.domain.sending.values import WaitReason
from delivery.domain.sending.waiting import Waiting, describe_waiting
from tests.strategies.rows import CHANNEL, START, begin, make_row

MINUTE = timedelta(minutes=1)
OPEN = open_lane(CHANNEL, Endpoint.NARROWCAST, CAPACITIES[Endpoint.NARROWCAST], at=START)


def test_what_is_due_at_once_waits_for_nothing() -> None:
    """A row that the next worker takes, one under way and one that LINE has taken are not waiting."""
    calling = begin(make_row())

    assert describe_waiting(make_row(), OPEN, position=0, at=START) is None
    assert describe_waiting(calling, OPEN, position=0, at=START) is None
    assert describe_waiting(calling.accept("line-1", at=START), OPEN, position=0, at=START) is None


@pytest.mark.parametrize(
    ("lane", "reason", "wait"),
    [(OPEN.shut(START), WaitReason.RATE_LIMITED, 3 * MINUTE), (OPEN.strain(START), WaitReason.LINE_UNAVAILABLE, None)],
)
def test_a_closed_way_is_told_with_the_time_of_its_turn(lane: Lane, reason: WaitReason, wait: timedelta | None) -> None:
    """The third in the queue goes three minutes after a 429; a channel that rests goes when it has rested."""
    turn = START + (wait or timedelta(seconds=1))

    assert describe_waiting(make_row(), lane, position=2, at=START) == Waiting(reason, START, turn)


def test_what_a_row_has_met_itself_is_told_first() -> None:
    """A row that waits for messages of the month says so, since when, and when it is looked at again."""
    row = make_row().postpone(WaitReason.QUOTA_HELD, at=START).postpone(WaitReason.QUOTA_HELD, at=START + 2 * MINUTE)

    assert describe_waiting(row, OPEN, position=0, at=START + 3 * MINUTE) == Waiting(
        WaitReason.QUOTA_HELD, START, START + 6 * MINUTE
    )


def test_what_is_due_stays_due_since_then() -> None:
    """The time of the next look does not move on while nobody has looked yet."""
    row = make_row().postpone(WaitReason.QUOTA_HELD, at=START)

    assert describe_waiting(row, OPEN, position=0, at=START + 3 * MINUTE) == Waiting(
        WaitReason.QUOTA_HELD, START, START + 2 * MINUTE
    )
