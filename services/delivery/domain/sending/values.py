"""What rows of the send ledger are made of: deadlines, attempts, waits, endings (architecture 5)."""

import dataclasses
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Self

from delivery.domain.sending.failures import FailureReason, UncertaintyReason

KEY_LIFETIME = timedelta(hours=23)
"""How long a retry key is used; LINE keeps it for 24 hours (LP 1.9, I3)."""

TOKEN_LIFETIME = timedelta(minutes=15)
"""How long a token lives that an attempt may hold (LP 2); with it an attempt that stood still can't outlive its key."""

LONGEST_CALL = timedelta(seconds=20)
"""A call to LINE ends within this; what begins later than this before an order's end could come after it (R11)."""

_NAMESPACE = uuid.UUID("6f2c1f6e-2f2c-5d6b-9d2e-0c5d8d6f5a10")


class RowState(Enum):
    """How far a row is."""

    READY = "READY"
    CALLING = "CALLING"
    ACCEPTED = "ACCEPTED"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    REFUSED = "REFUSED"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"
    UNCERTAIN = "UNCERTAIN"
    SUPERSEDED = "SUPERSEDED"

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done about it, without a person."""
        return self in (RowState.READY, RowState.CALLING, RowState.ACCEPTED)


class WaitReason(Enum):
    """What a row waits for; named like `Campaign.Waiting.Reason`."""

    RATE_LIMITED = "RATE_LIMITED"
    QUOTA_HELD = "QUOTA_HELD"
    FACTS_UNKNOWN = "FACTS_UNKNOWN"
    CREDENTIALS_REFUSED = "CREDENTIALS_REFUSED"
    LINE_UNAVAILABLE = "LINE_UNAVAILABLE"
    ANSWER_LOST = "ANSWER_LOST"


_PAUSES = {
    WaitReason.RATE_LIMITED: (timedelta(minutes=1), timedelta(minutes=1)),
    WaitReason.QUOTA_HELD: (timedelta(minutes=2), timedelta(minutes=30)),
    WaitReason.FACTS_UNKNOWN: (timedelta(seconds=5), timedelta(minutes=2)),
    WaitReason.CREDENTIALS_REFUSED: (timedelta(seconds=5), timedelta(minutes=10)),
    WaitReason.LINE_UNAVAILABLE: (timedelta(seconds=5), timedelta(minutes=5)),
    WaitReason.ANSWER_LOST: (timedelta(seconds=2), timedelta(minutes=5)),
}
"""First and longest pause of each wait; in between they double. LINE tells none of them (LP 1.3), so they are ours."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """When an order ends, and whether its caller said so: then repetition of a call in doubt ends too (R11)."""

    time: datetime
    callers_own: bool = False

    @classmethod
    def choose(cls, not_after: datetime | None, *, at: datetime, lifetime: timedelta) -> Self:
        """Return the end of an order made at `at`: the caller's own, else one lifetime later."""
        return cls(at + lifetime) if not_after is None else cls(not_after, callers_own=True)

    @property
    def last_start(self) -> datetime:
        """The moment from which on no first call may begin, so that it has ended by the deadline."""
        return self.time - LONGEST_CALL


@dataclass(frozen=True, slots=True)
class Wait:
    """Since when a row waits for one thing, and how often it has looked in vain."""

    reason: WaitReason
    since: datetime
    count: int = 1

    @property
    def pause(self) -> timedelta:
        """How long to wait until the next look."""
        first, longest = _PAUSES[self.reason]
        doubled: timedelta = first * 2 ** min(self.count - 1, 16)
        return min(doubled, longest)


def wait_again(earlier: Wait | None, reason: WaitReason, *, at: datetime) -> Wait:
    """Return the wait that follows `earlier`: one look more for the same thing, or the first for another one."""
    if earlier is None or earlier.reason is not reason:
        return Wait(reason, since=at)
    return dataclasses.replace(earlier, count=earlier.count + 1)


@dataclass(frozen=True, slots=True)
class Attempt:
    """The calls under one key: their bytes, when the first and the last began, and how many there were (I1, I2)."""

    body: bytes = field(repr=False)  # message texts stay out of logs (N6)
    sha256: str
    first_time: datetime
    last_time: datetime
    count: int = 1

    def again(self, *, at: datetime) -> Self:
        """Return the calls with one more."""
        return dataclasses.replace(self, last_time=at, count=self.count + 1)


@dataclass(frozen=True, slots=True)
class Reservation:
    """Messages of the month that a row may take, at most, from an Official Account (R14)."""

    account: str
    message_count: int


@dataclass(frozen=True, slots=True)
class Ending:
    """When a row ended, and why; without a reason where it ended well or by its deadline or its caller."""

    time: datetime
    reason: FailureReason | UncertaintyReason | None = None


def make_retry_key(seed: str, generation: int) -> uuid.UUID:
    """Return LINE's retry key of a byte string: the same even after the database was restored (I2).

    `seed` holds a random uid of the campaign, so that a name that is used again never meets its predecessor's key.
    """
    return uuid.uuid5(_NAMESPACE, f"{seed}#{generation}")
