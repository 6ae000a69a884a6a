"""What delivery asks of LINE: to send what policy has cleared, to follow it, to check messages, to count.

The values say what a decision needs and no more: whom a narrowcast reached is never among them, save in
`RequestFigures`, which go to reporting alone (architecture 7).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol, TypeAlias
from uuid import UUID

from delivery.domain.content.inspection import MessageViolation
from delivery.domain.policy.clearance import Cleared
from delivery.domain.sending.failures import NarrowcastFailure
from delivery.domain.sending.quota import Allowance
from kit.errors import ServiceError, Unavailable


class LineUnavailable(Unavailable):
    """LINE gave no useful answer, or lets us call it again only later; nothing is known."""

    def __init__(self, *, retry_after: timedelta | None = None) -> None:
        super().__init__("line", retry_after=retry_after)


class LineCredentialsRefused(ServiceError):  # noqa: N818 - named like the reason that callers see
    """LINE does not take the channel's credentials, or does not allow its account what was asked (LP 1.5, 2.4)."""

    def __init__(self, channel: str) -> None:
        super().__init__(
            f"LINE refuses the credentials of {channel}; correct them on the channel.", metadata={"channel": channel}
        )


class RefusalKind(Enum):
    """Why LINE surely did not and, as things are, will not take a request (LP 4.9); named like `Failure.Reason`."""

    REQUEST_REFUSED = "REQUEST_REFUSED"
    REACH_BELOW_MINIMUM = "REACH_BELOW_MINIMUM"


@dataclass(frozen=True, slots=True)
class Accepted:
    """LINE took the request; it is not delivered yet (LP trap 1).

    Attributes:
        line_request_id: LINE's id of the attempt that it took; progress and statistics go by it.
        already: Whether an earlier attempt under the key was the one (LP 1.9, 409).

    """

    line_request_id: str
    already: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """LINE did nothing, for certain, and repeating the same is of no use.

    Attributes:
        kind: Why.
        evidence: Operation, status, LINE's request id, and what it refuses, for the ledger; nothing of the message.

    """

    kind: RefusalKind
    evidence: str


@dataclass(frozen=True, slots=True)
class RateLimited:
    """LINE did nothing, for certain: the endpoint's rate is used up (LP 1.6)."""

    evidence: str


@dataclass(frozen=True, slots=True)
class QuotaHeld:
    """LINE did nothing, for certain: the month's messages are used up, or held by a send under way (LP 1.7)."""

    evidence: str


@dataclass(frozen=True, slots=True)
class CredentialsRefused:
    """LINE did nothing, for certain: it does not take the token, which is forgotten, or the account may not send."""

    evidence: str


@dataclass(frozen=True, slots=True)
class Unreached:
    """LINE did nothing, for certain: no connection to it was made."""

    evidence: str


@dataclass(frozen=True, slots=True)
class InDoubt:
    """LINE may have taken the request: only the same bytes under the same key may follow (LP 1.9, I4)."""

    evidence: str


NotNow: TypeAlias = RateLimited | QuotaHeld | CredentialsRefused | Unreached
SendOutcome: TypeAlias = Accepted | Refused | NotNow | InDoubt


class Phase(Enum):
    """How far an accepted narrowcast is (LP 4.8); `OTHER` is one that LINE has added since."""

    WAITING = "waiting"
    SENDING = "sending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ProgressReport:
    """What LINE says of an accepted narrowcast, without the people in it (T-D).

    Attributes:
        phase: How far it is.
        accept_time: When LINE took it, aware UTC.
        complete_time: When it ended; in the two final phases only.
        failure: What has become of it instead; in `FAILED` only.
        evidence: The same for the ledger's log, which nobody but an operator reads.

    """

    phase: Phase
    accept_time: datetime
    complete_time: datetime | None = None
    failure: NarrowcastFailure | None = None
    evidence: str = ""


class LineCall(Protocol):
    """One call that may be made, with a token that was issued before it and that it does not replace (I3)."""

    async def send_narrowcast(self, cleared: Cleared, *, retry_key: UUID) -> SendOutcome:
        """Make one attempt to send exactly the cleared bytes; the ledger has committed them and the key (I1, I2).

        Never raises for what LINE answers; ends within `LONGEST_CALL`.
        """
        ...


class LineMessages(Protocol):
    """LINE's sending side, for one channel at a time, `channels/{channel}`.

    Every method raises `LineUnavailable`, `LineCredentialsRefused`, `Unavailable` when no token can be had, and
    `NotFound` when there is no such channel.
    """

    async def open_call(self, channel: str) -> LineCall:
        """Get a token for one call.

        A worker that stood still between its last look at the key and the call meets a token that has expired.
        """
        ...

    async def get_progress(self, channel: str, request_id: str) -> ProgressReport | None:
        """Return how far an accepted narrowcast is; None when LINE knows it no more, 14 days after it (LP 4.8)."""
        ...

    async def validate(self, channel: str, messages: bytes) -> tuple[MessageViolation, ...]:
        """Return what LINE has against messages, a JSON array as it is stored; none = LINE would take them (LP 4.1)."""
        ...

    async def get_quota(self, channel: str) -> Allowance | None:
        """Return the month's messages of the channel's account; None where its plan has no limit (LP 6.1).

        A plan that does not read as limited or unlimited is not known: `LineUnavailable`.
        """
        ...


@dataclass(frozen=True, slots=True, repr=False)
class BubbleFigures:
    """What LINE counts for one bubble; `sequence` is from 1. The `unique_…` count people, the others times."""

    sequence: int
    impression: int | None
    media_played: int | None
    unique_media_played: int | None
    unique_media_played_100_percent: int | None


@dataclass(frozen=True, slots=True, repr=False)
class LinkFigures:
    """What LINE counts for one URL; `unique_click_of_request` are people who opened it anywhere in the request."""

    sequence: int
    url: str
    click: int | None
    unique_click: int | None
    unique_click_of_request: int | None


@dataclass(frozen=True, slots=True, repr=False)
class RequestFigures:
    """LINE's raw figures of one request (LP 7.2): None is LINE's null, which is not zero (LP 7.4).

    Neither these nor their parts show in `repr()`: raw figures stay out of logs (architecture 8).
    """

    delivered: int | None
    unique_impression: int | None
    unique_click: int | None
    unique_media_played: int | None
    unique_media_played_100_percent: int | None
    bubbles: tuple[BubbleFigures, ...]
    links: tuple[LinkFigures, ...]


class LineInsight(Protocol):
    """LINE's statistics."""

    async def get_message_event(self, channel: str, request_id: str) -> RequestFigures:
        """Return the figures of a request; spends one of 60 calls an hour (LP 1.6). Raises as `LineMessages` does."""
        ...
