"""Tests of how delivery's facts are taken in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from kit.events.bodies import encode_body
from kit.events.envelope import Event
from kit.events.errors import PermanentFailure
from outreach.delivery.v1 import delivery_events_pb2 as pb
from outreach.delivery.v1.campaign_pb2 import Campaign
from reporting.domain.rounds import Fact, FactKind
from reporting.entrypoints.consumers import apply_event
from tests.fakes.events import make_event
from tests.fakes.reporting_store import FakeTransaction

ORDERED = datetime(2026, 5, 1, 1, 0, tzinfo=UTC)
ACCEPTED = ORDERED + timedelta(minutes=1)
ENDED = ORDERED + timedelta(minutes=5)
Failure = Campaign.Failure
MAY = "channels/acme/campaigns/may"


def carry(fact: Any) -> Event:
    """Return an event that carries a fact."""
    return replace(make_event(body=encode_body(fact)), type=fact.DESCRIPTOR.full_name)


def at(time: datetime) -> Timestamp:
    """Return a proto's time."""
    stamp = Timestamp()
    stamp.FromDatetime(time)
    return stamp


@pytest.mark.parametrize(
    ("fact", "heard"),
    [
        (pb.CampaignSending(campaign=MAY, send_time=at(ORDERED)), {Fact(FactKind.ORDERED, ORDERED)}),
        (pb.CampaignAccepted(campaign=MAY, accept_time=at(ACCEPTED)), {Fact(FactKind.ACCEPTED, ACCEPTED)}),
        (
            pb.CampaignSucceeded(campaign=MAY, accept_time=at(ACCEPTED), complete_time=at(ENDED)),
            {Fact(FactKind.CONFIRMED, ACCEPTED), Fact(FactKind.SENT, ENDED)},
        ),
        (pb.CampaignSucceeded(campaign=MAY, complete_time=at(ENDED)), {Fact(FactKind.SENT, ENDED)}),
        (
            pb.CampaignFailed(campaign=MAY, reason=Failure.LINE_INTERNAL, complete_time=at(ENDED)),
            {Fact(FactKind.ENDED, ENDED)},
        ),
        (
            pb.CampaignFailed(campaign=MAY, reason=Failure.GIVEN_UP, accept_time=at(ACCEPTED), complete_time=at(ENDED)),
            {Fact(FactKind.CONFIRMED, ACCEPTED), Fact(FactKind.GIVEN_UP, ENDED)},
        ),
        (
            pb.CampaignFailed(campaign=MAY, reason=Failure.OUTCOME_UNKNOWN, complete_time=at(ENDED)),
            {Fact(FactKind.GIVEN_UP, ENDED)},
        ),
        (pb.CampaignCancelled(campaign=MAY, complete_time=at(ENDED)), {Fact(FactKind.ENDED, ENDED)}),
        (pb.CampaignExpired(campaign=MAY, complete_time=at(ENDED)), {Fact(FactKind.ENDED, ENDED)}),
        (
            pb.CampaignUncertain(campaign=MAY, update_time=at(ENDED), accept_time=at(ACCEPTED)),
            {Fact(FactKind.CONFIRMED, ACCEPTED), Fact(FactKind.UNCERTAIN, ENDED)},
        ),
        (pb.CampaignUncertain(campaign=MAY, update_time=at(ENDED)), {Fact(FactKind.UNCERTAIN, ENDED)}),
    ],
)
async def test_facts(fact: Any, heard: set[Fact]) -> None:
    """Each fact that matters is heard, with LINE's own time of acceptance where it tells that."""
    tx = FakeTransaction()
    await apply_event(tx, carry(fact))

    assert tx.campaigns.stored[MAY].heard.facts == heard


async def test_drafts_are_of_no_concern() -> None:
    """A draft is not reported on."""
    tx = FakeTransaction()
    await apply_event(tx, carry(pb.CampaignCreated(campaign=MAY, create_time=at(ORDERED))))

    assert tx.campaigns.stored == {}


async def test_unknown_types_are_of_no_concern() -> None:
    """An event of a type that this version does not know is passed over, whatever its body."""
    tx = FakeTransaction()
    await apply_event(tx, replace(make_event(body=b"?"), type="outreach.delivery.v1.CampaignPraised"))

    assert tx.campaigns.stored == {}


@pytest.mark.parametrize(
    ("fact", "reason"),
    [
        (pb.CampaignAccepted(campaign="acme", accept_time=at(ACCEPTED)), "MALFORMED_NAME"),
        (pb.CampaignSending(campaign=MAY), "TIME_MISSING"),
        (pb.CampaignAccepted(campaign=MAY), "TIME_MISSING"),
        (pb.CampaignSucceeded(campaign=MAY, accept_time=at(ACCEPTED)), "TIME_MISSING"),
        (pb.CampaignFailed(campaign=MAY), "TIME_MISSING"),
        (pb.CampaignCancelled(campaign=MAY), "TIME_MISSING"),
        (pb.CampaignExpired(campaign=MAY), "TIME_MISSING"),
        (pb.CampaignUncertain(campaign=MAY, accept_time=at(ACCEPTED)), "TIME_MISSING"),
    ],
)
async def test_unusable_facts(fact: Any, reason: str) -> None:
    """A fact without what it must have will not get better by repeating, and leaves nothing behind."""
    tx = FakeTransaction()
    with pytest.raises(PermanentFailure, match=reason):
        await apply_event(tx, carry(fact))

    assert tx.campaigns.stored == {}
