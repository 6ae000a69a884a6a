"""Facts that the delivery service publishes (`delivery_events.proto`)."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from delivery.domain.campaigns.campaign import Campaign, CampaignState
from delivery.domain.sending.failures import FailureReason, UncertaintyReason
from delivery.domain.sending.ledger import SendRequest


@dataclass(frozen=True, slots=True)
class Told:
    """What LINE has told of the requests that it took: when it took the first, None while it has not, and its ids."""

    accept_time: datetime | None = None
    line_request_ids: tuple[str, ...] = ()


NOTHING_TOLD = Told()


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
    acceptance: Told


@dataclass(frozen=True, slots=True)
class CampaignFailed:
    """A campaign was not delivered."""

    campaign: str
    time: datetime
    reason: FailureReason
    acceptance: Told = NOTHING_TOLD


@dataclass(frozen=True, slots=True)
class CampaignExpired:
    """An order ended before LINE took it."""

    campaign: str
    time: datetime


@dataclass(frozen=True, slots=True)
class CampaignCancelled:
    """An order was cancelled before LINE took it."""

    campaign: str
    time: datetime


@dataclass(frozen=True, slots=True)
class CampaignUncertain:
    """It can't be known whether, or how often, a campaign was sent."""

    campaign: str
    time: datetime
    reason: UncertaintyReason
    acceptance: Told = NOTHING_TOLD


CampaignEvent: TypeAlias = (
    CampaignCreated
    | CampaignSending
    | CampaignAccepted
    | CampaignSucceeded
    | CampaignFailed
    | CampaignExpired
    | CampaignCancelled
    | CampaignUncertain
)


def tell_changes(before: Campaign, after: Campaign, request: SendRequest) -> tuple[CampaignEvent, ...]:
    """Return the facts that lie between two values of a campaign on its way, in the order they happened."""
    facts: list[CampaignEvent] = []
    ids = (request.line_request_id,) if request.line_request_id else ()
    if before.accept_time is None and after.accept_time is not None:
        facts.append(CampaignAccepted(after.name, after.accept_time, ids))
    if after.state is not before.state:
        time = after.complete_time or after.update_time
        told = Told(after.accept_time, ids)
        if after.state is CampaignState.SUCCEEDED:
            facts.append(CampaignSucceeded(after.name, time, told))
        elif after.state is CampaignState.FAILED and after.failure is not None:
            facts.append(CampaignFailed(after.name, time, after.failure.reason, told))
        elif after.state is CampaignState.UNCERTAIN:
            facts.append(CampaignUncertain(after.name, after.update_time, UncertaintyReason.ANSWER_LOST, told))
    return tuple(facts)
