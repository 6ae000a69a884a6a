"""The send ledger's rows: one call to LINE each, made exactly once (architecture 5, invariants I1 to I6 and I8).

    READY ─begin→ CALLING ─accept→ ACCEPTED ─tell→ DELIVERED | FAILED | UNCERTAIN
      ▲             ├ refuse → REFUSED      only by the answer to the first attempt
      ├──put_off────┤                       only by the answer to the first attempt
      │             └ doubt → CALLING       same key, same bytes, later
      └ settle → EXPIRED | CANCELLED | FAILED; from CALLING → UNCERTAIN, which only a person leaves (resolve)

A row is a value; each step returns the next one or raises `LedgerViolation`. CALLING means in doubt: an attempt was
written down, and LINE may have taken it.
"""

import dataclasses
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from delivery.domain.policy.clearance import BytesAltered, Cleared
from delivery.domain.sending.acceptance import Acceptance
from delivery.domain.sending.failures import FailureReason, UncertaintyReason
from delivery.domain.sending.values import (
    KEY_LIFETIME,
    Attempt,
    Deadline,
    Ending,
    Reservation,
    RowState,
    Wait,
    WaitReason,
    make_retry_key,
    wait_again,
)


class LedgerViolation(Exception):  # noqa: N818 - reads as the state that it reports
    """A step that an invariant forbids: a bug, never the caller's fault."""


@dataclass(frozen=True, slots=True)
class SendRow:
    """One row.

    Attributes:
        name: `channels/{channel}/campaigns/{campaign}/requests/{number}`, whose last part is LINE's request.
        key_seed: What its retry keys are made of.
        state: How far it is.
        order_time: When it was ordered; older rows of a channel go first.
        deadline: When the order ends.
        next_time: When something is to be done, business time; None when nothing is.
        generation: Counts the byte strings; each has a key of its own (I2).
        attempt: The calls of this generation, once one has begun.
        acceptance: What LINE took.
        wait: What it waits for, once it has looked in vain.
        cancel_time: When its cancellation was asked for.
        reservation: The messages that it may take.
        ending: When and why it ended.

    """

    name: str
    key_seed: str
    state: RowState
    order_time: datetime
    deadline: Deadline
    next_time: datetime | None
    generation: int = 1
    attempt: Attempt | None = None
    acceptance: Acceptance | None = None
    wait: Wait | None = None
    cancel_time: datetime | None = None
    reservation: Reservation | None = None
    ending: Ending | None = None

    @property
    def campaign(self) -> str:
        """The campaign's name."""
        return self.name.rsplit("/", 2)[0]

    @property
    def channel(self) -> str:
        """The channel's name."""
        return self.name.partition("/campaigns/")[0]

    @property
    def number(self) -> int:
        """Its place among the campaign's rows, from 1."""
        return int(self.name.rpartition("/")[2])

    @property
    def retry_key(self) -> uuid.UUID:
        """LINE's retry key of the present bytes."""
        return make_retry_key(self.key_seed, self.generation)

    @property
    def in_doubt(self) -> bool:
        """Whether LINE may have taken it unknown to us (I1)."""
        return self.state is RowState.CALLING

    @property
    def repeats(self) -> bool:
        """Whether the next call is a repetition: in doubt, or accepted under an id that is not known (I4, I6)."""
        return self.in_doubt or (
            self.state is RowState.ACCEPTED and self.acceptance is not None and not self.acceptance.open_ids
        )

    def can_use_key(self, at: datetime, *, age: timedelta | None) -> bool:
        """Tell whether the key may still be used: by business time, and by its `age` on the database's clock (I3)."""
        if self.attempt is None:
            return True
        return at < self.attempt.first_time + KEY_LIFETIME and (age is None or age < KEY_LIFETIME)

    def begin(self, cleared: Cleared, *, at: datetime, age: timedelta | None = None) -> Self:
        """Write an attempt down; committed before any byte leaves (I1)."""
        if cleared.row != self.name:
            raise LedgerViolation("the bytes belong to another row")
        if not self.can_use_key(at, age=age):
            raise LedgerViolation("I3: the key is too old")
        if self.repeats:
            attempt = self.require_attempt()
            if (cleared.body, cleared.sha256) != (attempt.body, attempt.sha256):
                raise BytesAltered
            return dataclasses.replace(self, attempt=attempt.again(at=at))
        if self.state is not RowState.READY:
            raise LedgerViolation("only a ready row has a first attempt")
        attempt = Attempt(cleared.body, cleared.sha256, first_time=at, last_time=at)
        return dataclasses.replace(self, state=RowState.CALLING, attempt=attempt)

    def accept(self, line_request_id: str, *, at: datetime) -> Self:
        """Record that LINE took it, late answers too; what is accepted stays so (I6).

        An id that comes after LINE has told how another one ended is asked for as well: it may have been delivered
        too. What a person has decided, or has to decide, stays so.
        """
        acceptance = (self.acceptance or Acceptance(at)).with_id(line_request_id)
        is_news = acceptance != self.acceptance
        is_told = self.state in (RowState.DELIVERED, RowState.FAILED) and self.ending == acceptance.told
        if self.state in (RowState.READY, RowState.CALLING) or (
            is_news and (self.state is RowState.ACCEPTED or is_told)
        ):
            return dataclasses.replace(
                self, state=RowState.ACCEPTED, acceptance=acceptance, ending=None, wait=None, next_time=at
            )
        if self.state is RowState.ACCEPTED and self.repeats:
            return self.doubt(at=at)
        return dataclasses.replace(self, acceptance=acceptance)

    def refuse(self, reason: FailureReason, *, at: datetime) -> Self:
        """Record LINE's definite no, which ends a first attempt, or a cancelled one, but never a doubt (I4, I5)."""
        if not self._is_decided_by_refusal():
            return self.doubt(at=at)
        return (
            self._end(RowState.REFUSED, at, reason) if self.cancel_time is None else self._end(RowState.CANCELLED, at)
        )

    def withdraw(self, reason: FailureReason, *, at: datetime) -> Self:
        """End a row that LINE has not taken: policy refuses it now (I5)."""
        if self.state is not RowState.READY:
            raise LedgerViolation("I5: only a row that LINE has not taken can be withdrawn")
        return dataclasses.replace(self._end(RowState.REFUSED, at, reason), reservation=None)

    def put_off(self, reason: WaitReason, *, at: datetime, until: datetime | None = None) -> Self:
        """Record LINE's definite "not now" to the call just made; look again after a pause, or at `until`.

        After a first attempt a new generation follows, since policy may then clear other bytes (I2, I5), or the row
        ends where its caller has cancelled it. A row in doubt stays so, with its key (I4).
        """
        row = self._take_back() if self._is_decided_by_refusal() else self
        if row.state is RowState.READY and row.cancel_time is not None:
            return row.cancel(at=at)
        return row.postpone(reason, at=at, until=until)

    def doubt(self, *, at: datetime) -> Self:
        """Record that nothing is known; the same is tried again later, each time after a longer wait."""
        return self.postpone(WaitReason.ANSWER_LOST, at=at)

    def postpone(self, reason: WaitReason, *, at: datetime, until: datetime | None = None) -> Self:
        """Look again after the reason's pause, or at `until`; what was ended meanwhile stays so."""
        if not self.state.is_open:
            return self
        wait = wait_again(self.wait, reason, at=at)
        later = until or at + wait.pause
        if self.state is RowState.READY:
            later = min(later, self.deadline.last_start)
        return dataclasses.replace(self, wait=wait, next_time=later)

    def reserve(self, reservation: Reservation) -> Self:
        """Hold messages for it; never fewer than before."""
        if self.reservation is not None and self.reservation.message_count >= reservation.message_count:
            return self
        return dataclasses.replace(self, reservation=reservation)

    def cancel(self, *, at: datetime) -> Self:
        """End a row that waits for its first attempt, or note the wish while LINE is called; the answer decides."""
        if self.state is RowState.READY:
            row = self._end(RowState.CANCELLED, at)
            return dataclasses.replace(row, reservation=None, cancel_time=self.cancel_time or at)
        if self.state is RowState.CALLING:
            return dataclasses.replace(self, cancel_time=self.cancel_time or at, next_time=at)
        raise LedgerViolation("only what LINE has not accepted can be cancelled")

    def expire(self, *, at: datetime) -> Self:
        """End a row whose order has ended before LINE took it (I5)."""
        if self.state is not RowState.READY:
            raise LedgerViolation("I5: only a row that LINE has not taken can expire")
        return dataclasses.replace(self._end(RowState.EXPIRED, at), reservation=None)

    def give_up(self, reason: UncertaintyReason, *, at: datetime) -> Self:
        """Leave a row to a person: it can't be known any more what became of it (I8)."""
        if self.state not in (RowState.CALLING, RowState.ACCEPTED):
            raise LedgerViolation("I8: nothing is uncertain")
        return self._end(RowState.UNCERTAIN, at, reason)

    def forget(self, *, at: datetime) -> Self:
        """Leave a row to a person whose history a restored database has lost.

        Of one that is uncertain already a decision may be lost; what LINE has accepted stays so, and is asked for.
        """
        if self.state not in (RowState.READY, RowState.CALLING, RowState.UNCERTAIN):
            raise LedgerViolation("nothing can have been forgotten that would be sent again")
        return self._end(RowState.UNCERTAIN, at, UncertaintyReason.LEDGER_RESTORED)

    def confirm(self, accept_time: datetime) -> Self:
        """Record when LINE took it, by LINE's own clock."""
        return dataclasses.replace(self, acceptance=self._require_open().confirm(accept_time))

    def deliver(self, line_request_id: str, *, at: datetime) -> Self:
        """Record that LINE has delivered what it took under an id."""
        return self._conclude(self._require_open().delivered(line_request_id, at=at), at)

    def deny(self, line_request_id: str, *, at: datetime) -> Self:
        """Record that LINE calls an id a repetition of another one, which is the one to ask (code 3, I6)."""
        return self._conclude(self._require_open().denied(line_request_id), at)

    def fail(self, line_request_id: str, reason: FailureReason, *, at: datetime) -> Self:
        """Record that LINE failed to deliver what it took under an id."""
        return self._conclude(self._require_open().failed(line_request_id, reason, at=at), at)

    def look_again(self, until: datetime) -> Self:
        """Look again later at what LINE has taken."""
        return dataclasses.replace(self, next_time=until)

    def close(self, state: RowState, *, at: datetime, reason: FailureReason | None = None) -> Self:
        """End an uncertain row as a person has decided: DELIVERED, FAILED or SUPERSEDED (I8)."""
        if self.state is not RowState.UNCERTAIN:
            raise LedgerViolation("I8: only an uncertain row is decided by a person")
        return self._end(state, at, reason)

    def require_attempt(self) -> Attempt:
        """Return the calls that were made; a repetition without any is a bug."""
        if self.attempt is None:
            raise LedgerViolation("nothing was attempted")
        return self.attempt

    def _conclude(self, acceptance: Acceptance, at: datetime) -> Self:
        """Return the row as what is known of its ids makes it."""
        told = acceptance.told
        if acceptance.open_ids:
            row = self.look_again(at)
        elif len(acceptance.delivered_ids) > 1:
            row = self.give_up(UncertaintyReason.ACCEPTED_TWICE, at=at)
        elif told is not None:
            row = self._end(RowState.DELIVERED if acceptance.delivered_ids else RowState.FAILED, told.time, told.reason)
        else:
            row = self._ask_again(acceptance, at)
        return dataclasses.replace(row, acceptance=acceptance)

    def _ask_again(self, denied: Acceptance, at: datetime) -> Self:
        # Asked under the same key; a LINE that names ever new ids is asked ever less often.
        wait = Wait(WaitReason.ANSWER_LOST, since=at, count=len(denied.denied_ids))
        return dataclasses.replace(self, wait=wait, next_time=at + wait.pause)

    def _take_back(self) -> Self:
        return dataclasses.replace(self, state=RowState.READY, generation=self.generation + 1, attempt=None)

    def _is_decided_by_refusal(self) -> bool:
        return self.state is RowState.CALLING and self.require_attempt().count == 1

    def _require_open(self) -> Acceptance:
        if self.state is not RowState.ACCEPTED or self.acceptance is None:
            raise LedgerViolation("I6: only what was accepted has an outcome")
        return self.acceptance

    def _end(self, state: RowState, at: datetime, reason: FailureReason | UncertaintyReason | None = None) -> Self:
        return dataclasses.replace(self, state=state, ending=Ending(at, reason), wait=None, next_time=None)


def open_row(
    campaign: str,
    *,
    uid: uuid.UUID,
    number: int,
    deadline: Deadline,
    at: datetime,
    reservation: Reservation | None = None,
) -> SendRow:
    """Return a new row, due at once; `uid` is the campaign's own (I2)."""
    return SendRow(
        name=f"{campaign}/requests/{number}",
        key_seed=f"{uid}/{number}",
        state=RowState.READY,
        order_time=at,
        deadline=deadline,
        next_time=at,
        reservation=reservation,
    )
