"""The send ledger's rows: one request to LINE each, sent exactly once (architecture 5, invariants I1 to I6 and I8).

    READY ─begin→ CALLING ─accept→ ACCEPTED ─end→ DELIVERED | FAILED
      ▲             ├ refuse → REFUSED      only by the answer to the first attempt
      └─────defer───┤
                    ├ doubt  → CALLING      same key, same bytes, later
                    └ give_up → UNCERTAIN   in doubt, and the key is too old

A row is a value; each step returns the next one or raises `LedgerViolation`.
"""

import dataclasses
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Self

from delivery.domain.policy.clearance import BytesAltered, Cleared
from delivery.domain.sending.failures import CODES, FailureReason

KEY_LIFETIME = timedelta(hours=23)
"""How long a retry key is used; LINE keeps it for 24 hours (LP 1.9, I3)."""

MEMORY = timedelta(days=14)
"""How long LINE tells the progress of a narrowcast (LP 4.8)."""

DUPLICATE = 3
"""LINE's error code of a narrowcast that repeats another one (LP 4.8): not a failure (I6)."""

LONGEST_BACKOFF = timedelta(minutes=5)
_NAMESPACE = uuid.UUID("6f2c1f6e-2f2c-5d6b-9d2e-0c5d8d6f5a10")


class LedgerViolation(Exception):  # noqa: N818 - reads as the state that it reports
    """A step that an invariant forbids: a bug, never the caller's fault."""


class RequestState(Enum):
    """How far a request is."""

    READY = "READY"
    CALLING = "CALLING"
    ACCEPTED = "ACCEPTED"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    REFUSED = "REFUSED"
    UNCERTAIN = "UNCERTAIN"


@dataclass(frozen=True, slots=True)
class SendRequest:
    """One row.

    Attributes:
        name: `channels/{channel}/campaigns/{campaign}/requests/{number}`.
        state: How far it is.
        next_time: When something is to be done, business time; None when nothing is.
        generation: Counts the byte strings; each has a key of its own (I2).
        body: The bytes of this generation, once an attempt has begun.
        sha256: Hexadecimal SHA-256 of `body`.
        in_doubt: Whether LINE may have taken it unknown to us (I1).
        first_attempt_time: When this generation was first attempted.
        attempt_count: Attempts of this generation.
        line_request_id: LINE's id of the attempt that it took; None while not known.
        accept_time: When LINE took it.
        complete_time: When it ended.
        failure: Why it was refused or failed.

    """

    name: str
    state: RequestState
    next_time: datetime | None
    generation: int = 1
    body: bytes | None = field(default=None, repr=False)
    sha256: str | None = None
    in_doubt: bool = False
    first_attempt_time: datetime | None = None
    attempt_count: int = 0
    line_request_id: str | None = None
    accept_time: datetime | None = None
    complete_time: datetime | None = None
    failure: FailureReason | None = None

    @property
    def campaign(self) -> str:
        """The campaign's name."""
        return self.name.rpartition("/requests/")[0]

    @property
    def channel(self) -> str:
        """The channel's name."""
        return self.name.partition("/campaigns/")[0]

    @property
    def retry_key(self) -> uuid.UUID:
        """LINE's retry key: a function of name and generation, the same even after a restored database (I2)."""
        return uuid.uuid5(_NAMESPACE, f"{self.name}#{self.generation}")

    @property
    def repeats(self) -> bool:
        """Whether the next attempt is a repetition: in doubt, or accepted under an id that is not known (I4, I6)."""
        return self.in_doubt or (self.state is RequestState.ACCEPTED and self.line_request_id is None)

    def can_use_key(self, at: datetime) -> bool:
        """Tell whether the key may still be used (I3)."""
        return self.first_attempt_time is None or at < self.first_attempt_time + KEY_LIFETIME

    def begin(self, cleared: Cleared, *, at: datetime) -> Self:
        """Write an attempt down; committed before any byte leaves (I1)."""
        if cleared.request != self.name:
            raise LedgerViolation("the bytes belong to another row")
        if not self.can_use_key(at):
            raise LedgerViolation("I3: the key is too old")
        if self.repeats:
            if (cleared.body, cleared.sha256) != (self.body, self.sha256):
                raise BytesAltered
            return dataclasses.replace(self, attempt_count=self.attempt_count + 1)
        if self.state is not RequestState.READY:
            raise LedgerViolation("only a ready row has a first attempt")
        return dataclasses.replace(
            self,
            state=RequestState.CALLING,
            body=cleared.body,
            sha256=cleared.sha256,
            in_doubt=True,
            first_attempt_time=at,
            attempt_count=1,
        )

    def accept(self, line_request_id: str, *, at: datetime) -> Self:
        """Record that LINE took it; a late answer counts too, and what is accepted stays so (I4, I6)."""
        if self.state is RequestState.ACCEPTED and self.line_request_id is None:
            return dataclasses.replace(self, line_request_id=line_request_id, next_time=at)
        if self.state is not RequestState.CALLING:
            return self
        return dataclasses.replace(
            self,
            state=RequestState.ACCEPTED,
            in_doubt=False,
            line_request_id=line_request_id,
            accept_time=at,
            next_time=at,
        )

    def refuse(self, reason: FailureReason, *, at: datetime) -> Self:
        """Record LINE's definite no: final after a first attempt, no answer to a doubt (I4, I5)."""
        if self._is_decided_by_refusal():
            return dataclasses.replace(
                self, state=RequestState.REFUSED, in_doubt=False, failure=reason, next_time=None, complete_time=at
            )
        return self.doubt(at=at)

    def withdraw(self, reason: FailureReason, *, at: datetime) -> Self:
        """End a row that was never attempted: policy refuses it now (I5)."""
        if self.state is not RequestState.READY:
            raise LedgerViolation("I5: only a row without an attempt can be withdrawn")
        return dataclasses.replace(self, state=RequestState.REFUSED, failure=reason, next_time=None, complete_time=at)

    def defer(self, *, until: datetime) -> Self:
        """Record a definite "not now"; a new generation follows, since policy may then clear other bytes (I2, I5)."""
        if self.state is RequestState.READY:
            return dataclasses.replace(self, next_time=until)
        if not self._is_decided_by_refusal():
            return dataclasses.replace(self, next_time=until)
        return dataclasses.replace(
            self,
            state=RequestState.READY,
            generation=self.generation + 1,
            body=None,
            sha256=None,
            in_doubt=False,
            first_attempt_time=None,
            attempt_count=0,
            next_time=until,
        )

    def doubt(self, *, at: datetime) -> Self:
        """Record that nothing is known; the same is tried again later, each time after a longer wait."""
        wait = min(timedelta(seconds=2 ** min(self.attempt_count, 10)), LONGEST_BACKOFF)
        return dataclasses.replace(self, next_time=at + wait)

    def give_up(self, *, at: datetime) -> Self:
        """Leave a doubt to a person, once the key can't clear it any more (I3, I8)."""
        if self.can_use_key(at) or not self.repeats:
            raise LedgerViolation("I8: the key may still decide")
        if self.state is RequestState.ACCEPTED:
            return dataclasses.replace(self, next_time=self.accept_time and self.accept_time + MEMORY)
        return dataclasses.replace(self, state=RequestState.UNCERTAIN, next_time=None, complete_time=at)

    def deliver(self, *, at: datetime) -> Self:
        """Record that LINE has delivered it, `at`."""
        return dataclasses.replace(self._accepted(), state=RequestState.DELIVERED, next_time=None, complete_time=at)

    def fail(self, code: int | None, *, at: datetime) -> Self:
        """Record that LINE failed to deliver; code 3 only means that another id is the one to ask (I6)."""
        row = self._accepted()
        if code == DUPLICATE:
            return dataclasses.replace(row, line_request_id=None, next_time=at)
        reason = CODES.get(code or 0, FailureReason.LINE_INTERNAL)
        return dataclasses.replace(row, state=RequestState.FAILED, failure=reason, next_time=None, complete_time=at)

    def forget(self, *, at: datetime) -> Self:
        """Record that LINE has told no outcome while it remembered (LP 4.8)."""
        row = self._accepted()
        return dataclasses.replace(
            row,
            state=RequestState.FAILED,
            failure=FailureReason.OUTCOME_UNKNOWN,
            next_time=None,
            complete_time=at,
        )

    def wait(self, *, until: datetime) -> Self:
        """Look again later."""
        return dataclasses.replace(self, next_time=until)

    def _is_decided_by_refusal(self) -> bool:
        return self.state is RequestState.CALLING and self.attempt_count == 1

    def _accepted(self) -> Self:
        if self.state is not RequestState.ACCEPTED:
            raise LedgerViolation("I6: only what was accepted has an outcome")
        return self


def open_request(campaign: str, *, number: int, at: datetime) -> SendRequest:
    """Return a new row, due at once."""
    return SendRequest(f"{campaign}/requests/{number}", RequestState.READY, next_time=at)
