"""What a person decides about an uncertain send, what follows from it, and what they have to know (invariant I8)."""

from dataclasses import dataclass
from datetime import datetime

from delivery.domain.campaigns.campaign import Campaign, CampaignState, Decision, Order, Resolution, Uncertainty
from delivery.domain.errors import AttemptMayStillRun, CampaignNotUncertain, DeadlinePassed
from delivery.domain.sending.failures import FailureReason
from delivery.domain.sending.row import SendRow, open_row
from delivery.domain.sending.values import RowState


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """A decision as it is kept for ever: about which row, by whom, and with what known when it was made."""

    campaign: str
    row: str
    resolution: Resolution
    uncertainty: Uncertainty


@dataclass(frozen=True, slots=True)
class Decided:
    """What a decision comes to.

    Attributes:
        campaign, row: As it leaves them.
        record: What is kept of it.
        successor: The row that sends it again; None unless that was decided.

    """

    campaign: Campaign
    row: SendRow
    record: DecisionRecord
    successor: SendRow | None = None


def require_decidable(campaign: Campaign, decision: Decision, *, at: datetime) -> Uncertainty:
    """Return what is uncertain about a campaign, if that decision can be made about it now.

    Raises:
        CampaignNotUncertain: nobody has to decide.
        DeadlinePassed: it would be sent again after its caller's own end.
        AttemptMayStillRun: it would be sent again while the last attempt may still reach LINE (I3).

    """
    if campaign.state is not CampaignState.UNCERTAIN or campaign.uncertainty is None:
        raise CampaignNotUncertain(campaign.name, campaign.state.name)
    if decision is Decision.SEND_AGAIN:
        _require_time_to_send(campaign, campaign.uncertainty, at)
    return campaign.uncertainty


def decide(
    campaign: Campaign,
    row: SendRow | None,
    resolution: Resolution,
    *,
    acknowledgements: frozenset[str] = frozenset(),
) -> Decided:
    """Return what a decision makes of a campaign and its newest row; raises as `require_decidable` does.

    `acknowledgements` are of findings that are accepted now; those of the order stay valid.
    """
    uncertainty = require_decidable(campaign, resolution.decision, at=resolution.time)
    if row is None:
        raise CampaignNotUncertain(campaign.name, campaign.state.name)
    record = DecisionRecord(campaign.name, row.name, resolution, uncertainty)
    match resolution.decision:
        case Decision.SENT:
            closed = row.close(RowState.DELIVERED, at=resolution.time)
        case Decision.NOT_SENT_GIVE_UP:
            closed = row.close(RowState.FAILED, at=resolution.time, reason=FailureReason.GIVEN_UP)
        case Decision.SEND_AGAIN:
            order = _require_order(campaign).again(at=resolution.time)
            restarted = campaign.restart(order, resolution, acknowledgements)
            superseded = row.close(RowState.SUPERSEDED, at=resolution.time)
            return Decided(restarted, superseded, record, _succeed(row, campaign, order))
    return Decided(campaign.decide(resolution, closed), closed, record)


def warn(decision: Decision, uncertainty: Uncertainty) -> tuple[str, ...]:
    """Return what a decision may bring about, one sentence each, for the person who makes it."""
    accepted = bool(uncertainty.line_request_ids)
    match decision:
        case Decision.SEND_AGAIN if accepted:
            first = "LINE has accepted it before and may have delivered it: people may get it twice."
        case Decision.SEND_AGAIN:
            first = "LINE may have taken it before: people may get it twice."
        case Decision.NOT_SENT_GIVE_UP if accepted:
            return ("LINE has accepted it and may have delivered it all the same; its report goes on counting.",)
        case Decision.NOT_SENT_GIVE_UP:
            return ("If LINE has taken it all the same, people have got it, and no report tells of them.",)
        case Decision.SENT if not accepted:
            return ("LINE's id of it is not known, so its report has no figures.",)
        case Decision.SENT if len(uncertainty.line_request_ids) > 1:
            return ("LINE has accepted it more than once: people may have got it twice.",)
        case Decision.SENT:
            return ()
    return first, "From now on its state tells of the new send alone; of the one before nothing more is known."


def _require_time_to_send(campaign: Campaign, uncertainty: Uncertainty, at: datetime) -> None:
    deadline = _require_order(campaign).deadline
    if deadline.callers_own and at >= deadline.last_start:
        raise DeadlinePassed(campaign.name)
    earliest = uncertainty.earliest_resend_time
    if earliest is not None and at < earliest:
        raise AttemptMayStillRun(campaign.name, until=earliest, now=at)


def _succeed(row: SendRow, campaign: Campaign, order: Order) -> SendRow:
    """Return the row that sends again; it holds of the month what the first one held, which may have been taken too."""
    return open_row(
        campaign.name,
        uid=campaign.uid,
        number=row.number + 1,
        deadline=order.deadline,
        at=order.time,
        reservation=row.reservation,
    )


def _require_order(campaign: Campaign) -> Order:
    if campaign.order is None:
        raise LookupError(f"the order of {campaign.name}")
    return campaign.order
