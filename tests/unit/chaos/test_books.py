"""The comparison of books finds each way in which LINE's and ours can differ, and nothing else."""

import pytest

from outreach.delivery.v1 import campaign_pb2 as pb
from tests.chaos.books import Acceptance, find_differences
from tests.chaos.orders import Order
from tests.chaos.stage import Account

ORDER = Order(Account("2100000001", "channels/shop", "a", "l"), "channels/shop/campaigns/may", "text")


def ours(state: pb.Campaign.State.ValueType, *, accepted: bool = False, decision: int = 0) -> pb.Campaign:
    """Return the campaign of the one order."""
    campaign = pb.Campaign(name=ORDER.name, state=state)
    if accepted:
        campaign.accept_time.GetCurrentTime()
    if decision:
        campaign.resolution.decision = decision  # type: ignore[assignment]  # a number stands for its name
    return campaign


def line(phase: str = "succeeded", *, text: str = "text", key: str = "k1", error_code: int | None = None) -> Acceptance:
    """Return one acceptance by LINE."""
    return Acceptance("2100000001", text, key, f"request-{key}", phase, error_code, 300, "2026-01-01T00:00:00+00:00")


@pytest.mark.parametrize(
    ("campaign", "accepted"),
    [
        (ours(pb.Campaign.SUCCEEDED, accepted=True), [line()]),
        (ours(pb.Campaign.SUCCEEDED, accepted=True), [line(), line("failed", key="k1", error_code=3)]),
        (ours(pb.Campaign.FAILED, accepted=True), [line("failed", error_code=2)]),
        (ours(pb.Campaign.FAILED), []),
        (ours(pb.Campaign.EXPIRED), []),
        (ours(pb.Campaign.CANCELLED), []),
        (ours(pb.Campaign.UNCERTAIN), []),
        (ours(pb.Campaign.UNCERTAIN), [line()]),
        (ours(pb.Campaign.SUCCEEDED, decision=pb.Campaign.Resolution.SENT), [line()]),
        (
            ours(pb.Campaign.SUCCEEDED, accepted=True, decision=pb.Campaign.Resolution.SEND_AGAIN),
            [line(), line(key="k2")],
        ),
    ],
)
def test_equal_books(campaign: pb.Campaign, accepted: list[Acceptance]) -> None:
    """What went out once, failed once, never went out, or waits for a person is no difference."""
    assert find_differences([ORDER], {ORDER.name: campaign}, accepted) == []


@pytest.mark.parametrize(
    ("campaign", "accepted", "difference"),
    [
        (ours(pb.Campaign.SUCCEEDED, accepted=True), [line(), line(key="k2")], "accepted 2 times under 2 keys"),
        (ours(pb.Campaign.UNCERTAIN), [line(), line()], "accepted 2 times under 1 keys"),
        (ours(pb.Campaign.SUCCEEDED, accepted=True), [], "we know of 1 acceptances, LINE of 0"),
        (ours(pb.Campaign.EXPIRED), [line()], "we know of 0 acceptances, LINE of 1"),
        (ours(pb.Campaign.CANCELLED), [line()], "we know of 0 acceptances, LINE of 1"),
        (ours(pb.Campaign.FAILED), [line("failed", error_code=2)], "we know of 0 acceptances, LINE of 1"),
        (ours(pb.Campaign.FAILED, accepted=True), [line()], "LINE delivered it 1 times"),
        (ours(pb.Campaign.SUCCEEDED, accepted=True), [line("failed", error_code=2)], "LINE delivered it 0 times"),
        (ours(pb.Campaign.SENDING, accepted=True), [line("sending")], "has not ended"),
    ],
)
def test_differences(campaign: pb.Campaign, accepted: list[Acceptance], difference: str) -> None:
    """Sent twice, lost, sent though we say it was not, and an end that is none are each found and named."""
    [found] = find_differences([ORDER], {ORDER.name: campaign}, accepted)

    assert difference in found


def test_what_one_side_alone_has() -> None:
    """An order that we lost, and a send that nobody ordered, are differences."""
    assert find_differences([ORDER], {}, []) == ["channels/shop/campaigns/may is not in our books"]
    assert find_differences([], {}, [line(text="other")]) == ["LINE accepted request-k1, which nobody ordered"]
