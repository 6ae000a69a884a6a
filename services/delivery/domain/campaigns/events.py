"""Facts that the delivery service publishes (`delivery_events.proto`)."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from delivery.domain.campaigns.campaign import Campaign, CampaignState
from delivery.domain.sending.failures import FailureReason, UncertaintyReason
from delivery.domain.sending.row import SendRow


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


def tell_changes(before: Campaign, after: Campaign, row: SendRow) -> tuple[CampaignEvent, ...]:
    """Return the facts that lie between two values of a campaign on its way, in the order they happened."""
    told = Told(after.accept_time, row.acceptance.ids if row.acceptance else ())
    facts: list[CampaignEvent] = []
    if before.accept_time is None and after.accept_time is not None:
        facts.append(CampaignAccepted(after.name, after.accept_time, told.line_request_ids))
    if after.state is not before.state:
        facts += _tell_end(after, told)
    return tuple(facts)


def _tell_end(campaign: Campaign, told: Told) -> tuple[CampaignEvent, ...]:
    time = campaign.complete_time or campaign.update_time
    match campaign.state:
        case CampaignState.SUCCEEDED:
            return (CampaignSucceeded(campaign.name, time, told),)
        case CampaignState.FAILED if campaign.failure is not None:
            return (CampaignFailed(campaign.name, time, campaign.failure.reason, told),)
        case CampaignState.EXPIRED:
            return (CampaignExpired(campaign.name, time),)
        case CampaignState.CANCELLED:
            return (CampaignCancelled(campaign.name, time),)
        case CampaignState.UNCERTAIN if campaign.uncertainty is not None:
            return (CampaignUncertain(campaign.name, campaign.update_time, campaign.uncertainty.reason, told),)
    return ()
