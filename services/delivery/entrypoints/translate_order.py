"""How far an ordered campaign is: its end, why it waits, what is uncertain, what was decided."""

from typing import Any

from delivery.domain.campaigns.campaign import Campaign, Resolution, Uncertainty
from delivery.domain.sending.waiting import Waiting
from delivery.entrypoints.times import write_time
from outreach.delivery.v1 import campaign_pb2 as pb


def write_course(campaign: Campaign, waiting: Waiting | None) -> dict[str, Any]:
    """Return the fields of a `Campaign` that tell its course, keyed by name."""
    order = campaign.order
    return {
        "state": pb.Campaign.State.Value(campaign.state.name),
        "order_time": write_time(order.time if order else None),
        "end_time": write_time(order.deadline.time if order else None),
        "accept_time": write_time(campaign.accept_time),
        "complete_time": write_time(campaign.complete_time),
        "cancel_request_time": write_time(campaign.cancel_request_time),
        "waiting": None if waiting is None else _write_waiting(waiting),
        "uncertainty": None if campaign.uncertainty is None else _write_uncertainty(campaign.uncertainty),
        "resolution": None if campaign.resolution is None else _write_resolution(campaign.resolution),
    }


def _write_waiting(waiting: Waiting) -> pb.Campaign.Waiting:
    return pb.Campaign.Waiting(
        reason=pb.Campaign.Waiting.Reason.Value(waiting.reason.name),
        since_time=write_time(waiting.since),
        next_attempt_time=write_time(waiting.next_attempt_time),
    )


def _write_uncertainty(uncertainty: Uncertainty) -> pb.Campaign.Uncertainty:
    return pb.Campaign.Uncertainty(
        reason=pb.Campaign.Uncertainty.Reason.Value(uncertainty.reason.name),
        description=uncertainty.reason.value,
        first_attempt_time=write_time(uncertainty.first_attempt_time),
        last_attempt_time=write_time(uncertainty.last_attempt_time),
        attempt_count=uncertainty.attempt_count,
        line_request_ids=uncertainty.line_request_ids,
        earliest_resend_time=write_time(uncertainty.earliest_resend_time),
    )


def _write_resolution(resolution: Resolution) -> pb.Campaign.Resolution:
    return pb.Campaign.Resolution(
        decision=pb.Campaign.Resolution.Decision.Value(resolution.decision.name),
        resolve_time=write_time(resolution.time),
        resolver=resolution.resolver,
    )
