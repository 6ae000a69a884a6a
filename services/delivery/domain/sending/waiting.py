"""Why an ordered campaign is not on its way yet, as its caller sees it (R11)."""

from dataclasses import dataclass
from datetime import datetime

from delivery.domain.sending.lanes import Lane
from delivery.domain.sending.row import SendRow
from delivery.domain.sending.values import RowState, WaitReason


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is waited for, since when, and when it is looked at again."""

    reason: WaitReason
    since: datetime
    next_attempt_time: datetime


def describe_waiting(row: SendRow, lane: Lane, *, position: int, at: datetime) -> Waiting | None:
    """Return why a row waits; None when it is being worked on, is on its way, or has ended.

    `position` counts the rows of its channel that go before it.
    """
    if row.state not in (RowState.READY, RowState.CALLING) or row.next_time is None:
        return None
    turn = lane.opens(max(at, row.next_time), position=position)
    if row.state is RowState.READY:
        # A turn after the order's end never comes; the row is looked at then for the last time.
        turn = min(turn, max(at, row.deadline.last_start))
    if row.wait is not None:
        # What is due already is due since then, and not ever anew.
        return Waiting(row.wait.reason, row.wait.since, turn if turn > at else row.next_time)
    if turn <= at:
        return None
    rests = lane.rest_until is not None and lane.rest_until > at
    return Waiting(WaitReason.LINE_UNAVAILABLE if rests else WaitReason.RATE_LIMITED, row.order_time, turn)
