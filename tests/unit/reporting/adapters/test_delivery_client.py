"""Tests of the client of delivery's raw figures, against a real server."""

from collections.abc import AsyncIterator
from datetime import timedelta

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from outreach.delivery.internal.v1 import send_observation_pb2 as pb
from outreach_client.channel import open_channel
from reporting.adapters.delivery_client import DeliverySends
from reporting.domain.errors import NothingToObserve, ObservationPostponed
from reporting.domain.observations import BubbleObservation, LinkObservation, Totals
from tests.fakes.reporting_delivery import FakeDelivery, Refusal, serve_fake_delivery

MAY = "channels/acme/campaigns/may"


@pytest.fixture
async def delivery() -> AsyncIterator[FakeDelivery]:
    """Serve a stand-in for delivery."""
    async with serve_fake_delivery() as delivery:
        yield delivery


@pytest.fixture
async def sends(delivery: FakeDelivery) -> AsyncIterator[DeliverySends]:
    """Give a client of it."""
    async with open_channel(delivery.address, token="t") as channel:
        yield DeliverySends(channel)


async def test_figures(delivery: FakeDelivery, sends: DeliverySends) -> None:
    """An absent figure is LINE's null, a zero is a zero."""
    request = pb.RequestObservation(
        request="r1",
        delivered=0,
        unique_click=30,
        unique_media_played=22,
        bubbles=[pb.RequestObservation.Bubble(sequence=1, impression=5, unique_media_played_100_percent=21)],
        links=[pb.RequestObservation.Link(sequence=2, url="https://shop.example/a", click=0)],
    )
    delivery.answers[MAY] = pb.ObserveSendResponse(
        observations=[request], observe_time=Timestamp(seconds=1_800_000_000)
    )
    observation = await sends.observe(MAY)

    assert [(told.request, told.totals) for told in observation.requests] == [
        (
            "r1",
            Totals(
                delivered=0,
                unique_click=30,
                unique_media_played=22,
                bubbles=(BubbleObservation(1, impression=5, unique_media_completed=21),),
                links=(LinkObservation(2, "https://shop.example/a", click=0),),
            ),
        )
    ]


@pytest.mark.parametrize(
    "answer",
    [
        pb.ObserveSendResponse(observe_time=Timestamp(seconds=1_800_000_000)),
        pb.ObserveSendResponse(observations=[pb.RequestObservation(request="r1")]),
    ],
)
async def test_incomplete(delivery: FakeDelivery, sends: DeliverySends, answer: pb.ObserveSendResponse) -> None:
    """An answer without requests, or without its time, is no observation of nothing."""
    delivery.answers[MAY] = answer

    with pytest.raises(ObservationPostponed, match="OBSERVATION_INCOMPLETE"):
        await sends.observe(MAY)


async def test_not_found_by_others(sends: DeliverySends, delivery: FakeDelivery) -> None:
    """A NOT_FOUND that is not delivery's own says nothing about the campaign."""
    delivery.refusal = Refusal(grpc.StatusCode.NOT_FOUND, "NOT_FOUND", domain="")

    with pytest.raises(ObservationPostponed):
        await sends.observe(MAY)


@pytest.mark.parametrize(
    ("refusal", "wait"),
    [
        (
            Refusal(grpc.StatusCode.RESOURCE_EXHAUSTED, "INSIGHT_BUDGET_EXHAUSTED", timedelta(minutes=40)),
            timedelta(minutes=40),
        ),
        (Refusal(grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE"), None),
        (Refusal(grpc.StatusCode.INTERNAL, "INTERNAL"), None),
    ],
)
async def test_postponed(
    delivery: FakeDelivery, sends: DeliverySends, refusal: Refusal, wait: timedelta | None
) -> None:
    """A budget that is used up and a peer in trouble mean: another time, after what was said."""
    delivery.refusal = refusal
    with pytest.raises(ObservationPostponed) as postponed:
        await sends.observe(MAY)

    assert (postponed.value.reason, postponed.value.wait) == (refusal.reason, wait)


@pytest.mark.parametrize(
    "refusal",
    [
        Refusal(grpc.StatusCode.NOT_FOUND, "NOT_FOUND"),
        Refusal(grpc.StatusCode.FAILED_PRECONDITION, "CAMPAIGN_NOT_ACCEPTED"),
    ],
)
async def test_nothing(delivery: FakeDelivery, sends: DeliverySends, refusal: Refusal) -> None:
    """A campaign that delivery does not know, or knows as not accepted, has nothing to observe."""
    delivery.refusal = refusal

    with pytest.raises(NothingToObserve):
        await sends.observe(MAY)
