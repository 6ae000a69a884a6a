"""Campaigns: one send each, whose state follows from its rows in the ledger (architecture 5)."""

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Self

from delivery.domain.campaigns.draft import NewCampaign
from delivery.domain.errors import CampaignNotDraft
from delivery.domain.policy.case import Subject
from delivery.domain.policy.findings import Finding
from delivery.domain.sending.failures import Failure, explain
from delivery.domain.sending.ledger import RequestState, SendRequest
from kit.errors import EtagMismatch


class CampaignState(Enum):
    """How far a campaign is; named like `Campaign.State`, of which the others are not reached yet."""

    DRAFT = "DRAFT"
    SENDING = "SENDING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    UNCERTAIN = "UNCERTAIN"

    @property
    def is_final(self) -> bool:
        """Whether nothing changes without a person."""
        return self not in (CampaignState.DRAFT, CampaignState.SENDING)


_FROM_REQUEST = {
    RequestState.READY: CampaignState.SENDING,
    RequestState.CALLING: CampaignState.SENDING,
    RequestState.ACCEPTED: CampaignState.SENDING,
    RequestState.DELIVERED: CampaignState.SUCCEEDED,
    RequestState.FAILED: CampaignState.FAILED,
    RequestState.REFUSED: CampaignState.FAILED,
    RequestState.UNCERTAIN: CampaignState.UNCERTAIN,
}


@dataclass(frozen=True, slots=True)
class Campaign:
    """One send.

    Attributes:
        draft: What is sent and to whom.
        state: How far it is.
        revision: Counts the changes of `draft`.
        version: Counts all changes.
        create_time, update_time: Business time.
        acknowledgements: Tokens of the findings that the sender accepted.
        accept_time: When LINE took it.
        complete_time: When it reached its final state.
        failure: Why it failed.

    """

    draft: NewCampaign
    state: CampaignState
    revision: int
    version: int
    create_time: datetime
    update_time: datetime
    acknowledgements: frozenset[str] = frozenset()
    accept_time: datetime | None = None
    complete_time: datetime | None = None
    failure: Failure | None = None

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

    def require_sendable(self, etag: str) -> None:
        """Raise `EtagMismatch` or `CampaignNotDraft` unless it is the draft that the caller knows; empty: any."""
        if etag and etag != self.etag:
            raise EtagMismatch(self.name)
        if self.state is not CampaignState.DRAFT:
            raise CampaignNotDraft(self.name, self.state.name)

    def start(self, acknowledgements: frozenset[str], *, at: datetime) -> Self:
        """Return the campaign as it is on its way."""
        self.require_sendable("")
        return self._change(at, state=CampaignState.SENDING, acknowledgements=acknowledgements)

    def follow(self, request: SendRequest, *, at: datetime, findings: tuple[Finding, ...] = ()) -> Self:
        """Return the campaign as its row now makes it; the same when nothing that shows has changed."""
        state = _FROM_REQUEST[request.state]
        if (state, request.accept_time) == (self.state, self.accept_time):
            return self
        failure = None if request.failure is None else explain(request.failure, self.draft.targeting, findings)
        return self._change(
            at,
            state=state,
            accept_time=request.accept_time,
            complete_time=request.complete_time if state.is_final else None,
            failure=failure,
        )

    def _change(self, at: datetime, **parts: object) -> Self:
        changed = {"update_time": at, "version": self.version + 1, **parts}
        return dataclasses.replace(self, **changed)  # type: ignore[arg-type]  # the names are the fields'


def open_campaign(draft: NewCampaign, *, at: datetime) -> Campaign:
    """Return a new draft."""
    return Campaign(draft, CampaignState.DRAFT, revision=1, version=1, create_time=at, update_time=at)


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
