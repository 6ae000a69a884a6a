"""A row of the ledger as columns of `send_requests`, in the shape that the last release can read too.

It can read them and must not work on them: it makes retry keys of names, so that a call in doubt under one of ours
would go out again under another key. What is to be done is in a column that it does not know.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from delivery.domain.sending.acceptance import Acceptance
from delivery.domain.sending.failures import FailureReason, UncertaintyReason
from delivery.domain.sending.row import SendRow
from delivery.domain.sending.values import (
    Attempt,
    Deadline,
    Ending,
    Reservation,
    RowState,
    Wait,
    WaitReason,
)

LIFETIME_BEFORE = timedelta(hours=24)
"""How long orders of the last release last, which knows no ends; counted from the first look at them."""


def to_columns(row: SendRow) -> dict[str, Any]:
    """Return a row's columns, keyed by name."""
    return {
        "name": row.name,
        "state": row.state.name,
        "due_time": row.next_time,
        "next_time": None,
        "generation": row.generation,
        "in_doubt": row.in_doubt,
        "key_seed": row.key_seed,
        "order_time": row.order_time,
        "end_time": row.deadline.time,
        "end_is_callers": row.deadline.callers_own,
        "cancel_time": row.cancel_time,
        **_write_attempt(row.attempt),
        **_write_acceptance(row.acceptance),
        **_write_wait(row.wait),
        **_write_reservation(row.reservation),
        **_write_ending(row.ending),
    }


def from_row(row: Row[Any]) -> SendRow:
    """Read a row back."""
    return SendRow(
        name=row.name,
        key_seed=row.key_seed or row.name,
        state=RowState[row.state],
        order_time=_read_order_time(row),
        deadline=_read_deadline(row),
        next_time=row.due_time or row.next_time,
        generation=row.generation,
        attempt=_read_attempt(row),
        acceptance=read_acceptance(row),
        wait=None if row.wait_reason is None else Wait(WaitReason[row.wait_reason], row.wait_since, row.wait_count),
        cancel_time=row.cancel_time,
        reservation=_read_reservation(row),
        ending=_read_ending(row),
    )


def _write_attempt(attempt: Attempt | None) -> dict[str, Any]:
    return {
        "body": attempt.body if attempt else None,
        "sha256": attempt.sha256 if attempt else None,
        "first_attempt_time": attempt.first_time if attempt else None,
        "last_attempt_time": attempt.last_time if attempt else None,
        "attempt_count": attempt.count if attempt else 0,
    }


def _write_acceptance(acceptance: Acceptance | None) -> dict[str, Any]:
    if acceptance is None:
        return {"line_request_id": None, "accept_time": None}
    return {
        "accept_time": acceptance.time,
        "accept_confirmed": acceptance.confirmed,
        # The last release reads one id, whatever has become of it.
        "line_request_id": next(iter((*acceptance.open_ids, *acceptance.delivered_ids)), None),
        "further_ids": list(acceptance.open_ids[1:]),
        "delivered_ids": list(acceptance.delivered_ids),
        "denied_ids": list(acceptance.denied_ids),
        "accept_failure": acceptance.failure.name if acceptance.failure else None,
        "told_end_time": acceptance.end_time,
    }


def _write_wait(wait: Wait | None) -> dict[str, Any]:
    return {
        "wait_reason": wait.reason.name if wait else None,
        "wait_since": wait.since if wait else None,
        "wait_count": wait.count if wait else None,
    }


def _write_reservation(reservation: Reservation | None) -> dict[str, Any]:
    return {
        "reserved_account": reservation.account if reservation else None,
        "reserved_count": reservation.message_count if reservation else None,
    }


def _write_ending(ending: Ending | None) -> dict[str, Any]:
    reason = ending.reason if ending else None
    return {
        "complete_time": ending.time if ending else None,
        "failure": reason.name if isinstance(reason, FailureReason) else None,
        "uncertainty": reason.name if isinstance(reason, UncertaintyReason) else None,
    }


def _read_deadline(row: Row[Any]) -> Deadline:
    end: datetime = row.end_time or _read_order_time(row) + LIFETIME_BEFORE
    return Deadline(end, callers_own=row.end_is_callers)


def _read_order_time(row: Row[Any]) -> datetime:
    time: datetime = row.order_time or row.next_time or row.first_attempt_time or row.complete_time
    return time


def _read_attempt(row: Row[Any]) -> Attempt | None:
    if row.body is None:
        return None
    last_time = row.last_attempt_time or row.first_attempt_time
    return Attempt(row.body, row.sha256, row.first_attempt_time, last_time, row.attempt_count)


def read_acceptance(row: Row[Any]) -> Acceptance | None:
    """Read what LINE took from a row that holds its columns; an outer join's nulls are nothing."""
    if row.accept_time is None:
        return None
    is_open = row.line_request_id is not None and row.line_request_id not in row.delivered_ids
    first = (row.line_request_id,) if is_open else ()
    return Acceptance(
        time=row.accept_time,
        confirmed=row.accept_confirmed,
        open_ids=(*first, *row.further_ids),
        delivered_ids=tuple(row.delivered_ids),
        denied_ids=tuple(row.denied_ids),
        failure=None if row.accept_failure is None else FailureReason[row.accept_failure],
        end_time=row.told_end_time,
    )


def _read_reservation(row: Row[Any]) -> Reservation | None:
    return None if row.reserved_account is None else Reservation(row.reserved_account, row.reserved_count)


def _read_ending(row: Row[Any]) -> Ending | None:
    if row.complete_time is None:
        return None
    if row.uncertainty is not None:
        return Ending(row.complete_time, UncertaintyReason[row.uncertainty])
    return Ending(row.complete_time, None if row.failure is None else FailureReason[row.failure])
