"""Campaigns: one send each, whose state follows from its newest row in the ledger (architecture 5)."""

import dataclasses
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Self

from delivery.domain.campaigns.draft import NewCampaign
from delivery.domain.errors import CampaignNotDraft
from delivery.domain.policy.case import Subject
from delivery.domain.policy.findings import Finding
from delivery.domain.sending.failures import Failure, FailureReason, UncertaintyReason, explain
from delivery.domain.sending.row import SendRow
from delivery.domain.sending.values import TOKEN_LIFETIME, Deadline, RowState
from kit.errors import EtagMismatch


class CampaignState(Enum):
    """How far a campaign is; named like `Campaign.State`, of which the others are not reached yet."""

    DRAFT = "DRAFT"
    SENDING = "SENDING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    UNCERTAIN = "UNCERTAIN"

    @property
    def is_final(self) -> bool:
        """Whether nothing changes without a person."""
        return self not in (CampaignState.DRAFT, CampaignState.SENDING)


_FROM_ROW = {
    RowState.READY: CampaignState.SENDING,
    RowState.CALLING: CampaignState.SENDING,
    RowState.ACCEPTED: CampaignState.SENDING,
    RowState.DELIVERED: CampaignState.SUCCEEDED,
    RowState.FAILED: CampaignState.FAILED,
    RowState.REFUSED: CampaignState.FAILED,
    RowState.EXPIRED: CampaignState.EXPIRED,
    RowState.CANCELLED: CampaignState.CANCELLED,
    RowState.UNCERTAIN: CampaignState.UNCERTAIN,
}


_ENDED_BY_LINE = (CampaignState.SUCCEEDED, CampaignState.FAILED)


@dataclass(frozen=True, slots=True)
class Order:
    """The order of a send: when it was made, when it ends, and the channel's order lifetime as it was then."""

    time: datetime
    deadline: Deadline
    lifetime: timedelta

    def again(self, *, at: datetime) -> Self:
        """Return the order made anew: its end is one lifetime ahead, and never after the caller's own (R11)."""
        end = at + self.lifetime
        kept = self.deadline.callers_own and self.deadline.time <= end
        return dataclasses.replace(self, time=at, deadline=self.deadline if kept else Deadline(end))


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """What is known of a send whose outcome is not (I8).

    Attributes:
        reason: What is missing.
        first_attempt_time, last_attempt_time: Of the calls under the last key; None when none is known.
        attempt_count: How many there were.
        line_request_ids: LINE's ids of what it is known to have accepted.
        since: When it became uncertain.

    """

    reason: UncertaintyReason
    first_attempt_time: datetime | None = None
    last_attempt_time: datetime | None = None
    attempt_count: int = 0
    line_request_ids: tuple[str, ...] = ()
    since: datetime | None = None

    @property
    def earliest_resend_time(self) -> datetime | None:
        """From when no attempt can reach LINE any more: its token has expired (I3); None when there was none.

        A restored ledger may have forgotten attempts, up to the moment when that was noticed.
        """
        last = self.since if self.reason is UncertaintyReason.LEDGER_RESTORED else self.last_attempt_time
        return None if last is None else last + TOKEN_LIFETIME


class Decision(Enum):
    """What a person decides about an uncertain send; named like `Campaign.Resolution.Decision`."""

    SENT = "SENT"
    NOT_SENT_GIVE_UP = "NOT_SENT_GIVE_UP"
    SEND_AGAIN = "SEND_AGAIN"


@dataclass(frozen=True, slots=True)
class Resolution:
    """A person's decision; `resolver` is the `sub` of their token."""

    decision: Decision
    time: datetime
    resolver: str


@dataclass(frozen=True, slots=True)
class Campaign:
    """One send.

    Attributes:
        draft: What is sent and to whom.
        uid: Random, its own for ever: its retry keys are made of it (I2).
        state: How far it is.
        revision: Counts the changes of `draft`.
        version: Counts all changes.
        create_time, update_time: Business time.
        acknowledgements: Tokens of the findings that the sender accepted.
        order: The order of its send, once there is one.
        accept_time: When LINE took it.
        complete_time: When it reached its final state.
        cancel_request_time: When its cancellation was asked for while LINE was called.
        failure: Why it failed.
        uncertainty: What is known while it is uncertain.
        resolution: The last decision of a person.

    """

    draft: NewCampaign
    uid: uuid.UUID
    state: CampaignState
    revision: int
    version: int
    create_time: datetime
    update_time: datetime
    acknowledgements: frozenset[str] = frozenset()
    order: Order | None = None
    accept_time: datetime | None = None
    complete_time: datetime | None = None
    cancel_request_time: datetime | None = None
    failure: Failure | None = None
    uncertainty: Uncertainty | None = None
    resolution: Resolution | None = None

    @property
    def name(self) -> str:
        """`channels/{channel}/campaigns/{campaign}`."""
        return self.draft.name

    @property
    def channel(self) -> str:
        """`channels/{channel}`."""
        return self.name.partition("/campaigns/")[0]

    @property
    def etag(self) -> str:
        """Changes with every change (AIP-154)."""
        return f"v{self.version}"

    def require_etag(self, etag: str) -> None:
        """Raise `EtagMismatch` unless it is as the caller knows it; empty: however it is."""
        if etag and etag != self.etag:
            raise EtagMismatch(self.name)

    def require_sendable(self, etag: str) -> None:
        """Raise `EtagMismatch` or `CampaignNotDraft` unless it is the draft that the caller knows; empty: any."""
        self.require_etag(etag)
        if self.state is not CampaignState.DRAFT:
            raise CampaignNotDraft(self.name, self.state.name)

    def start(self, order: Order, acknowledgements: frozenset[str]) -> Self:
        """Return the campaign as it is on its way."""
        self.require_sendable("")
        return self._change(order.time, state=CampaignState.SENDING, order=order, acknowledgements=acknowledgements)

    def restart(self, order: Order, resolution: Resolution, acknowledgements: frozenset[str] = frozenset()) -> Self:
        """Return the campaign on its way again, as a person has decided; what was acknowledged before stays so."""
        return self._change(
            order.time,
            state=CampaignState.SENDING,
            order=order,
            resolution=resolution,
            acknowledgements=self.acknowledgements | acknowledgements,
            accept_time=None,
            complete_time=None,
            cancel_request_time=None,
            uncertainty=None,
        )

    def decide(self, resolution: Resolution, row: SendRow) -> Self:
        """Return the campaign as a person's decision, which its row bears, ends it."""
        return dataclasses.replace(self, resolution=resolution).follow(row, at=resolution.time)

    def follow(self, row: SendRow, *, at: datetime, findings: tuple[Finding, ...] = ()) -> Self:
        """Return the campaign as its newest row now makes it; the same when nothing that shows has changed.

        One that has ended stays so while its row is asked about another id, under which LINE may have taken it too.
        """
        state = _FROM_ROW.get(row.state)
        if state is None or (self.state in _ENDED_BY_LINE and row.state is RowState.ACCEPTED):
            return self
        shown: dict[str, object] = {
            "state": state,
            "accept_time": row.acceptance.time if row.acceptance else None,
            "complete_time": row.ending.time if row.ending else None,
            "cancel_request_time": row.cancel_time,
            "failure": self._explain(row, findings),
            "uncertainty": _describe_uncertainty(row),
        }
        if all(getattr(self, name) == value for name, value in shown.items()):
            return self
        return self._change(at, **shown)

    def _explain(self, row: SendRow, findings: tuple[Finding, ...]) -> Failure | None:
        reason = row.ending.reason if row.ending else None
        if not isinstance(reason, FailureReason):
            return None
        if self.failure is not None and not findings:
            return self.failure
        return explain(reason, self.draft.targeting, findings, recipient_limit=self.draft.recipient_limit)

    def _change(self, at: datetime, **parts: object) -> Self:
        changed = {"update_time": at, "version": self.version + 1, **parts}
        return dataclasses.replace(self, **changed)  # type: ignore[arg-type]  # the names are the fields'


def open_campaign(draft: NewCampaign, *, uid: uuid.UUID, at: datetime) -> Campaign:
    """Return a new draft."""
    return Campaign(draft, uid, CampaignState.DRAFT, revision=1, version=1, create_time=at, update_time=at)


def describe_subject(campaign: Campaign) -> Subject:
    """Return what policy judges, before LINE was asked about the messages."""
    draft = campaign.draft
    return Subject(
        campaign=campaign.name,
        revision=campaign.revision,
        targeting=draft.targeting,
        content=draft.content,
        recipient_limit=draft.recipient_limit,
        notification_disabled=draft.notification_disabled,
    )


def _describe_uncertainty(row: SendRow) -> Uncertainty | None:
    if row.ending is None or not isinstance(row.ending.reason, UncertaintyReason):
        return None
    return Uncertainty(
        reason=row.ending.reason,
        first_attempt_time=row.attempt.first_time if row.attempt else None,
        last_attempt_time=row.attempt.last_time if row.attempt else None,
        attempt_count=row.attempt.count if row.attempt else 0,
        line_request_ids=row.acceptance.ids if row.acceptance else (),
        since=row.ending.time,
    )
