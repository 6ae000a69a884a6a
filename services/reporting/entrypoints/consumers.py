"""Takes delivery's facts from NATS into the use cases (architecture 8)."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from kit.events.bodies import decode_body
from kit.events.envelope import Event
from kit.events.errors import PermanentFailure
from outreach.delivery.v1 import delivery_events_pb2 as pb
from outreach.delivery.v1.campaign_pb2 import Campaign
from reporting.application.ports import Transaction
from reporting.application.tracking import track_accepted, track_failed
from reporting.entrypoints.names import CAMPAIGN

STREAM = "delivery"
CONSUMER = "reporting-campaigns"
SUBJECTS = ("outreach.delivery.v1.*.campaign.*",)


async def apply_event(tx: Transaction, event: Event) -> None:
    """Apply one fact inside the transaction that notes it as handled; facts of other types concern others.

    Raises:
        PermanentFailure: the fact lacks what it must have.

    """
    apply = _APPLY.get(event.type)
    if apply is not None:
        await apply(tx, event)


async def _apply_accepted(tx: Transaction, event: Event) -> None:
    fact = decode_body(event.body, pb.CampaignAccepted)
    await track_accepted(tx, _read_name(fact.campaign), _read_time(fact.accept_time, told=fact.HasField("accept_time")))


async def _apply_succeeded(tx: Transaction, event: Event) -> None:
    """Take a success for an acceptance too: its own event may come later (ST 3.4)."""
    fact = decode_body(event.body, pb.CampaignSucceeded)
    await track_accepted(tx, _read_name(fact.campaign), _read_time(fact.accept_time, told=fact.HasField("accept_time")))


async def _apply_failed(tx: Transaction, event: Event) -> None:
    fact = decode_body(event.body, pb.CampaignFailed)
    # LINE accepted it and told no outcome: people may well have got it, so its figures are asked for as usual.
    if fact.reason != Campaign.Failure.OUTCOME_UNKNOWN:
        await track_failed(
            tx, _read_name(fact.campaign), _read_time(fact.complete_time, told=fact.HasField("complete_time"))
        )


_APPLY: dict[str, Callable[[Transaction, Event], Awaitable[None]]] = {
    pb.CampaignAccepted.DESCRIPTOR.full_name: _apply_accepted,
    pb.CampaignSucceeded.DESCRIPTOR.full_name: _apply_succeeded,
    pb.CampaignFailed.DESCRIPTOR.full_name: _apply_failed,
}


def _read_name(name: str) -> str:
    if not CAMPAIGN.matches(name):
        raise PermanentFailure("MALFORMED_NAME")
    return name


def _read_time(stamp: Timestamp, *, told: bool) -> datetime:
    if not told:
        raise PermanentFailure("TIME_MISSING")
    return stamp.ToDatetime(UTC)
