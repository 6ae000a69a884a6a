"""Takes delivery's facts from NATS into the use cases (architecture 8)."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from kit.events.bodies import decode_body
from kit.events.envelope import Event
from kit.events.errors import PermanentFailure
from kit.events.subjects import Subscription
from outreach.delivery.v1 import delivery_events_pb2 as pb
from outreach.delivery.v1.campaign_pb2 import Campaign
from reporting.application.ports import Transaction
from reporting.application.tracking import track
from reporting.domain.rounds import Fact, FactKind
from reporting.domain.sends import NOBODY_KNOWS
from reporting.entrypoints.names import CAMPAIGN

CAMPAIGNS = Subscription(
    consumer="reporting-campaigns", stream="delivery", subjects=("outreach.delivery.v1.*.campaign.*",)
)

_GIVEN_UP = frozenset(map(Campaign.Failure.Reason.Value, NOBODY_KNOWS))


async def apply_event(tx: Transaction, event: Event) -> None:
    """Apply one fact inside the transaction that notes it as handled; facts of other types concern others.

    Raises:
        PermanentFailure: the fact lacks what it must have.

    """
    reading = _READINGS.get(event.type)
    if reading is not None:
        fact = decode_body(event.body, reading.message)
        await track(tx, _read_name(fact), *reading.read(fact))


def _read_sending(fact: pb.CampaignSending) -> Iterator[Fact]:
    yield Fact(FactKind.ORDERED, _read_time(fact, "send_time"))


def _read_accepted(fact: pb.CampaignAccepted) -> Iterator[Fact]:
    yield Fact(FactKind.ACCEPTED, _read_time(fact, "accept_time"))


def _read_succeeded(fact: pb.CampaignSucceeded) -> Iterator[Fact]:
    yield from _read_confirmation(fact)
    yield Fact(FactKind.SENT, _read_time(fact, "complete_time"))


def _read_failed(fact: pb.CampaignFailed) -> Iterator[Fact]:
    yield from _read_confirmation(fact)
    kind = FactKind.GIVEN_UP if fact.reason in _GIVEN_UP else FactKind.ENDED
    yield Fact(kind, _read_time(fact, "complete_time"))


def _read_end(fact: pb.CampaignCancelled | pb.CampaignExpired) -> Iterator[Fact]:
    yield Fact(FactKind.ENDED, _read_time(fact, "complete_time"))


def _read_uncertain(fact: pb.CampaignUncertain) -> Iterator[Fact]:
    yield from _read_confirmation(fact)
    yield Fact(FactKind.UNCERTAIN, _read_time(fact, "update_time"))


def _read_confirmation(fact: pb.CampaignSucceeded | pb.CampaignFailed | pb.CampaignUncertain) -> Iterator[Fact]:
    """Take an outcome for an acceptance too: its own event may come later (ST 3.4)."""
    if fact.HasField("accept_time"):
        yield Fact(FactKind.CONFIRMED, _read_time(fact, "accept_time"))


@dataclass(frozen=True, slots=True)
class _Reading:
    """What a type of event is made of, and how it is read."""

    message: type[Message]
    read: Callable[[Any], Iterable[Fact]]


_READINGS = {
    reading.message.DESCRIPTOR.full_name: reading
    for reading in (
        _Reading(pb.CampaignSending, _read_sending),
        _Reading(pb.CampaignAccepted, _read_accepted),
        _Reading(pb.CampaignSucceeded, _read_succeeded),
        _Reading(pb.CampaignFailed, _read_failed),
        _Reading(pb.CampaignCancelled, _read_end),
        _Reading(pb.CampaignExpired, _read_end),
        _Reading(pb.CampaignUncertain, _read_uncertain),
    )
}


def _read_name(fact: Any) -> str:
    name: str = fact.campaign
    if not CAMPAIGN.matches(name):
        raise PermanentFailure("MALFORMED_NAME")
    return name


def _read_time(fact: Message, field: str) -> datetime:
    if not fact.HasField(field):
        raise PermanentFailure("TIME_MISSING")
    stamp: Timestamp = getattr(fact, field)
    return stamp.ToDatetime(UTC)
