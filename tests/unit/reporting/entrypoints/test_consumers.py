"""Tests of how delivery's facts are taken in."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from kit.events.bodies import encode_body
from kit.events.envelope import Event
from kit.events.errors import PermanentFailure
from outreach.delivery.v1 import delivery_events_pb2 as pb
from outreach.delivery.v1.campaign_pb2 import Campaign
from reporting.domain.campaigns import ReportState
from reporting.entrypoints.consumers import apply_event
from tests.fakes.events import make_event
from tests.fakes.reporting_store import FakeTransaction

ACCEPTED = datetime(2026, 5, 1, 1, 0, tzinfo=UTC)
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
    ("fact", "state"),
    [
        (pb.CampaignAccepted(campaign=MAY, accept_time=at(ACCEPTED)), ReportState.PENDING),
        (pb.CampaignSucceeded(campaign=MAY, accept_time=at(ACCEPTED)), ReportState.PENDING),
        (pb.CampaignFailed(campaign=MAY, complete_time=at(ACCEPTED)), ReportState.NOT_DELIVERED),
    ],
)
async def test_facts(fact: Any, state: ReportState) -> None:
    """Each fact that matters leads to a followed campaign."""
    tx = FakeTransaction()
    await apply_event(tx, carry(fact))

    assert tx.campaigns.stored[MAY].state is state


@pytest.mark.parametrize(
    "fact",
    [
        pb.CampaignCreated(campaign=MAY),
        pb.CampaignSending(campaign=MAY),
        pb.CampaignUncertain(campaign=MAY),
        pb.CampaignFailed(campaign=MAY, reason=Campaign.Failure.OUTCOME_UNKNOWN, complete_time=at(ACCEPTED)),
    ],
)
async def test_facts_of_no_concern(fact: Any) -> None:
    """A draft, a send under way and an uncertain one are not reported on."""
    tx = FakeTransaction()
    await apply_event(tx, carry(fact))

    assert tx.campaigns.stored == {}


@pytest.mark.parametrize(
    ("fact", "reason"),
    [
        (pb.CampaignAccepted(campaign="acme", accept_time=at(ACCEPTED)), "MALFORMED_NAME"),
        (pb.CampaignAccepted(campaign=MAY), "TIME_MISSING"),
        (pb.CampaignFailed(campaign=MAY), "TIME_MISSING"),
    ],
)
async def test_unusable_facts(fact: Any, reason: str) -> None:
    """A fact without what it must have will not get better by repeating."""
    with pytest.raises(PermanentFailure, match=reason):
        await apply_event(FakeTransaction(), carry(fact))
