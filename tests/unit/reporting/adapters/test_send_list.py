"""Tests of what is read from delivery's list of sends, over real gRPC."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from outreach.delivery.internal.v1 import send_list_pb2 as pb
from outreach.delivery.v1.campaign_pb2 import Campaign
from outreach_client.channel import open_channel
from reporting.adapters.send_list import PAGE_SIZE, DeliverySendList
from reporting.domain.errors import ListNotOffered, PageTokenRefused, SendsUnavailable
from reporting.domain.rounds import Fact, FactKind
from reporting.domain.sends import Send
from tests.fakes.reporting_delivery import FakeDelivery, Refusal, serve_fake_delivery

ORDERED = datetime(2026, 5, 1, 1, 0, tzinfo=UTC)
ACCEPTED = ORDERED + timedelta(minutes=1)
ENDED = ORDERED + timedelta(minutes=5)
MAY = "channels/acme/campaigns/may"

ORDER = Fact(FactKind.ORDERED, ORDERED)
ACCEPTANCE = Fact(FactKind.ACCEPTED, ACCEPTED)
CONFIRMATION = Fact(FactKind.CONFIRMED, ACCEPTED)


def at(time: datetime) -> Timestamp:
    """Return a proto's time."""
    stamp = Timestamp()
    stamp.FromDatetime(time)
    return stamp


def describe(state: Campaign.State.ValueType, **parts: object) -> pb.Send:
    """Return a send that delivery lists."""
    return pb.Send(campaign=MAY, state=state, order_time=at(ORDERED), update_time=at(ENDED), **parts)  # type: ignore[arg-type]  # the names are the fields'


@pytest.fixture
async def delivery() -> AsyncIterator[FakeDelivery]:
    """Serve a stand-in for delivery."""
    async with serve_fake_delivery() as delivery:
        yield delivery


@pytest.fixture
async def sends(delivery: FakeDelivery) -> AsyncIterator[DeliverySendList]:
    """Give the list over a channel to it."""
    async with open_channel(delivery.address, token="t") as channel:
        yield DeliverySendList(channel)


@pytest.mark.parametrize(
    ("send", "facts"),
    [
        (describe(Campaign.SENDING), (ORDER,)),
        (describe(Campaign.SENDING, accept_time=at(ACCEPTED)), (ORDER, ACCEPTANCE)),
        (describe(Campaign.SENDING, accept_time=at(ACCEPTED), accept_time_confirmed=True), (ORDER, CONFIRMATION)),
        (
            describe(Campaign.SUCCEEDED, accept_time=at(ACCEPTED), accept_time_confirmed=True, complete_time=at(ENDED)),
            (ORDER, CONFIRMATION, Fact(FactKind.SENT, ENDED)),
        ),
        (describe(Campaign.PARTIALLY_SUCCEEDED, complete_time=at(ENDED)), (ORDER, Fact(FactKind.SENT, ENDED))),
        (describe(Campaign.FAILED, complete_time=at(ENDED)), (ORDER, Fact(FactKind.ENDED, ENDED))),
        (describe(Campaign.FAILED, failure=Campaign.Failure.GIVEN_UP), (ORDER, Fact(FactKind.GIVEN_UP, ENDED))),
        (describe(Campaign.FAILED, failure=99), (ORDER, Fact(FactKind.ENDED, ENDED))),
        (describe(Campaign.CANCELLED, complete_time=at(ACCEPTED)), (ORDER, Fact(FactKind.ENDED, ACCEPTED))),
        (describe(Campaign.EXPIRED), (ORDER, Fact(FactKind.ENDED, ENDED))),
        (describe(Campaign.UNCERTAIN), (ORDER, Fact(FactKind.UNCERTAIN, ENDED))),
        (describe(77), (ORDER,)),  # type: ignore[arg-type]  # of a newer release
    ],
)
async def test_facts(sends: DeliverySendList, delivery: FakeDelivery, send: pb.Send, facts: tuple[Fact, ...]) -> None:
    """Each state tells the facts that its events would have told."""
    delivery.sends = [send]
    page = await sends.page(since=ORDERED, page_token="")

    assert list(page.sends) == [Send(MAY, facts)]


async def test_unreadable(sends: DeliverySendList, delivery: FakeDelivery) -> None:
    """A send that tells nothing is left out, and the others are read."""
    delivery.sends = [pb.Send(campaign=f"{MAY}-1", state=Campaign.SENDING), describe(Campaign.SENDING)]
    page = await sends.page(since=ORDERED, page_token="")

    assert [send.campaign for send in page.sends] == [MAY]


async def test_request(sends: DeliverySendList, delivery: FakeDelivery) -> None:
    """All arguments are passed on, and so is the token of the next page."""
    delivery.sends = [describe(Campaign.SENDING) for _ in range(PAGE_SIZE + 1)]
    first = await sends.page(since=ORDERED, page_token="", channel="channels/acme")
    second = await sends.page(since=ORDERED, page_token=first.next_page_token, channel="channels/acme")

    assert (len(first.sends), len(second.sends), second.next_page_token) == (PAGE_SIZE, 1, "")
    assert delivery.listed[0] == pb.ListSendsRequest(
        channel="channels/acme", since_time=at(ORDERED), page_size=PAGE_SIZE
    )


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        (Refusal(grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE"), SendsUnavailable),
        (Refusal(grpc.StatusCode.INTERNAL, "INTERNAL"), SendsUnavailable),
        (Refusal(grpc.StatusCode.UNIMPLEMENTED, "UNIMPLEMENTED"), ListNotOffered),
        (Refusal(grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST"), PageTokenRefused),
    ],
)
async def test_failures(
    sends: DeliverySendList, delivery: FakeDelivery, refusal: Refusal, error: type[Exception]
) -> None:
    """Whatever goes wrong is no empty list; a token that is refused is told apart."""
    delivery.list_refusal = refusal

    with pytest.raises(error):
        await sends.page(since=ORDERED, page_token="7")
