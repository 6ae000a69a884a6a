"""Tests of how a campaign is followed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from reporting.domain.campaigns import Campaign, ReportState

ACCEPTED = datetime(2026, 5, 1, 1, 0, tzinfo=UTC)
LATER = ACCEPTED + timedelta(minutes=5)
DAY = timedelta(days=1)
NAME = "channels/acme/campaigns/may"

Step = Callable[[Campaign], Campaign]


def accept(time: datetime) -> Step:
    """Return the step of hearing that LINE accepted the campaign."""
    return lambda campaign: campaign.hear_accepted(time)


def fail(time: datetime) -> Step:
    """Return the step of hearing that the campaign was not delivered."""
    return lambda campaign: campaign.hear_failed(time)


def follow(*steps: tuple[datetime, Step]) -> Campaign:
    """Take steps one after another; the time of the first one is when the campaign is first heard of."""
    campaign = Campaign(NAME, steps[0][0])
    for _, step in steps:
        campaign = step(campaign)
    return campaign


@pytest.mark.parametrize(
    "steps",
    [
        [(ACCEPTED, accept(ACCEPTED)), (ACCEPTED, accept(ACCEPTED)), (LATER, accept(LATER))],
        [(ACCEPTED, accept(ACCEPTED)), (LATER, fail(LATER))],
        [(ACCEPTED, accept(ACCEPTED)), (LATER, fail(LATER)), (LATER, fail(LATER)), (LATER, accept(LATER))],
    ],
)
def test_any_order(steps: list[tuple[datetime, Step]]) -> None:
    """What was heard leads to the same campaign in any order and with repeats."""
    ends = {follow(*order, order[0]) for order in permutations(steps)}

    assert len(ends) == 1


def test_accepted() -> None:
    """An accepted campaign is pending, and due after a day."""
    campaign = follow((ACCEPTED, accept(ACCEPTED)))

    assert campaign.state is ReportState.PENDING
    assert campaign.next_publish_time == campaign.attempt_time == ACCEPTED + DAY
    assert campaign.channel == "channels/acme"


def test_failed() -> None:
    """A campaign that was not delivered has nothing to count."""
    campaign = follow((ACCEPTED, accept(ACCEPTED)), (LATER, fail(LATER)))

    assert campaign.state is ReportState.NOT_DELIVERED
    assert (campaign.next_publish_time, campaign.attempt_time) == (None, None)
    assert campaign.accept_time == ACCEPTED


def test_published() -> None:
    """Each publication names the next one, and the fourth is final."""
    campaign = follow((ACCEPTED, accept(ACCEPTED)))
    seen = []
    for day in (1, 3, 7, 14):
        campaign = campaign.publish(day).hear_accepted(ACCEPTED)
        seen.append((campaign.state, campaign.next_publish_time))

    assert seen == [
        (ReportState.COUNTING, ACCEPTED + 3 * DAY),
        (ReportState.COUNTING, ACCEPTED + 7 * DAY),
        (ReportState.COUNTING, ACCEPTED + 14 * DAY),
        (ReportState.FINAL, None),
    ]


def test_skipped() -> None:
    """A missed slot is left for the next one; after the last one nothing is asked for any more."""
    campaign = follow((ACCEPTED, accept(ACCEPTED)))

    assert campaign.skip(ACCEPTED + 2 * DAY).attempt_time == ACCEPTED + 3 * DAY
    assert campaign.skip(ACCEPTED + 20 * DAY).attempt_time is None
    assert Campaign(NAME, ACCEPTED).skip(ACCEPTED + DAY).attempt_time is None


def test_postponed() -> None:
    """An attempt comes again after what was asked for, or after pauses that double up to 5 minutes."""
    now = ACCEPTED + DAY
    campaign = follow((ACCEPTED, accept(ACCEPTED)))
    pauses = []
    for _ in range(10):
        campaign = campaign.postpone(now, wait=None)
        pauses.append(((campaign.attempt_time or now) - now).total_seconds())

    assert pauses == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert campaign.postpone(now, wait=timedelta(hours=1)).attempt_time == now + timedelta(hours=1)
    assert campaign.next_publish_time == ACCEPTED + DAY
