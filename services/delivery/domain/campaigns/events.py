"""Facts that the delivery service publishes (`delivery_events.proto`)."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from delivery.domain.campaigns.campaign import Campaign, CampaignState
from delivery.domain.sending.failures import FailureReason
from delivery.domain.sending.ledger import SendRequest


@dataclass(frozen=True, slots=True)
class CampaignCreated:
    """A draft exists."""

    campaign: str
    time: datetime


@dataclass(frozen=True, slots=True)
class CampaignSending:
    """A campaign was cleared by policy and is being sent."""

    campaign: str
    time: datetime
    revision: int


@dataclass(frozen=True, slots=True)
class CampaignAccepted:
    """LINE took a campaign."""

    campaign: str
    time: datetime
    line_request_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CampaignSucceeded:
    """LINE delivered a campaign, at `time`."""

    campaign: str
    time: datetime
    accept_time: datetime


@dataclass(frozen=True, slots=True)
class CampaignFailed:
    """A campaign was not delivered."""

    campaign: str
    time: datetime
    reason: FailureReason


@dataclass(frozen=True, slots=True)
class CampaignUncertain:
    """It can't be known whether a campaign was sent."""

    campaign: str
    time: datetime


CampaignEvent: TypeAlias = (
    CampaignCreated | CampaignSending | CampaignAccepted | CampaignSucceeded | CampaignFailed | CampaignUncertain
)


def tell_changes(before: Campaign, after: Campaign, request: SendRequest) -> tuple[CampaignEvent, ...]:
    """Return the facts that lie between two values of a campaign on its way, in the order they happened."""
    facts: list[CampaignEvent] = []
    if before.accept_time is None and after.accept_time is not None:
        ids = (request.line_request_id,) if request.line_request_id else ()
        facts.append(CampaignAccepted(after.name, after.accept_time, ids))
    if after.state is not before.state:
        time = after.complete_time or after.update_time
        if after.state is CampaignState.SUCCEEDED and after.accept_time is not None:
            facts.append(CampaignSucceeded(after.name, time, after.accept_time))
        elif after.state is CampaignState.FAILED and after.failure is not None:
            facts.append(CampaignFailed(after.name, time, after.failure.reason))
        elif after.state is CampaignState.UNCERTAIN:
            facts.append(CampaignUncertain(after.name, after.update_time))
    return tuple(facts)
