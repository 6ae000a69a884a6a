"""What ends a row without another call to LINE: its deadline, a cancellation, lasting refusals, a key that is too old.

READY      cancelled → CANCELLED   past its deadline → EXPIRED   credentials refused for an hour → FAILED
CALLING    cancelled, past the caller's own deadline, or a key of 23 hours → UNCERTAIN
ACCEPTED   no outcome for 14 days → UNCERTAIN
"""

from datetime import datetime, timedelta

from delivery.domain.sending.failures import FailureReason, UncertaintyReason
from delivery.domain.sending.row import SendRow
from delivery.domain.sending.values import RowState, WaitReason

MEMORY = timedelta(days=14)
"""How long LINE tells the progress of a narrowcast (LP 4.8)."""

CREDENTIALS_PATIENCE = timedelta(hours=1)
"""How long a row that LINE has not taken waits for credentials that LINE takes (ours)."""


def settle(row: SendRow, *, at: datetime, age: timedelta | None) -> SendRow | None:
    """Return the row as it ends now; None while there is something to call LINE for.

    `age` is that of its key on the database's clock, beside business time (I3).
    """
    match row.state:
        case RowState.READY:
            return _settle_ready(row, at)
        case RowState.CALLING:
            return _settle_doubt(row, at, age)
        case RowState.ACCEPTED:
            return _settle_accepted(row, at, age)
    return row


def _settle_ready(row: SendRow, at: datetime) -> SendRow | None:
    if row.cancel_time is not None:
        return row.cancel(at=at)
    wait = row.wait
    if wait and wait.reason is WaitReason.CREDENTIALS_REFUSED and at >= wait.since + CREDENTIALS_PATIENCE:
        return row.withdraw(FailureReason.LINE_CREDENTIALS_REFUSED, at=at)
    return row.expire(at=at) if at >= row.deadline.last_start else None


def _settle_doubt(row: SendRow, at: datetime, age: timedelta | None) -> SendRow | None:
    if row.cancel_time is not None:
        return row.give_up(UncertaintyReason.CANCELLED, at=at)
    if row.deadline.callers_own and at >= row.deadline.last_start:
        return row.give_up(UncertaintyReason.DEADLINE_PASSED, at=at)
    if row.can_use_key(at, age=age):
        return None
    refused = row.wait is not None and row.wait.reason is WaitReason.CREDENTIALS_REFUSED
    reason = UncertaintyReason.CREDENTIALS_REFUSED if refused else UncertaintyReason.ANSWER_LOST
    return row.give_up(reason, at=at)


def _settle_accepted(row: SendRow, at: datetime, age: timedelta | None) -> SendRow | None:
    """End what LINE has forgotten; an id that is not known can be asked for only while the key lives."""
    acceptance = row.acceptance
    if acceptance is None or at < acceptance.time + MEMORY:
        is_stuck = acceptance is not None and row.repeats and not row.can_use_key(at, age=age)
        return row.look_again(acceptance.time + MEMORY) if is_stuck and acceptance else None
    told = bool(acceptance.delivered_ids)
    reason = UncertaintyReason.ACCEPTED_TWICE if told else UncertaintyReason.OUTCOME_UNKNOWN
    return row.give_up(reason, at=at)
