"""LINE takes one key twice (LP 1.9): both ids are asked for, and what may have reached people twice is told."""

from datetime import timedelta

import pytest

from delivery.application.line_port import Phase
from delivery.domain.campaigns.campaign import Campaign, CampaignState
from delivery.domain.campaigns.events import CampaignSucceeded, CampaignUncertain
from delivery.domain.sending.failures import NarrowcastFailure, UncertaintyReason
from delivery.domain.sending.settling import MEMORY
from delivery.domain.sending.values import KEY_LIFETIME
from tests.unit.delivery.application.handling import Delivery

HOUR = timedelta(hours=1)
FIRST, SECOND = "line-request-2", "line-request-1"
"""The first attempt is answered last: LINE gives ids in the order in which it takes attempts."""


async def race(delivery: Delivery, *, then: str = "") -> str:
    """Let two attempts be taken under one key, the first of which is answered last; return the campaign.

    `then` is what has become of the second one by the time at which the first one is answered.
    """

    async def overtake() -> None:
        delivery.store.ledger.expire()
        delivery.advance(timedelta(minutes=1))
        assert await delivery.dispatch()
        if then:
            delivery.line.move(SECOND, Phase[then], failure=_failure_of(then))
            await delivery.follow()

    delivery.line.races = True
    delivery.line.during_next_send(overtake)
    name = await delivery.order()
    await delivery.dispatch()
    delivery.line.races = False
    assert len({attempt.retry_key for attempt in delivery.line.attempts}) == 1
    return name


def _failure_of(phase: str) -> NarrowcastFailure | None:
    return NarrowcastFailure.LINE_INTERNAL if phase == "FAILED" else None


async def end(delivery: Delivery, line_id: str, phase: Phase, failure: NarrowcastFailure | None = None) -> None:
    """Let LINE tell how an id ended."""
    delivery.line.move(line_id, phase, failure=failure)
    delivery.advance(HOUR)
    await delivery.follow()


def uncertainty_of(campaign: Campaign) -> UncertaintyReason | None:
    """Return what is not known of a campaign."""
    return campaign.uncertainty.reason if campaign.uncertainty else None


@pytest.mark.parametrize(("counts", "denied"), [(FIRST, SECOND), (SECOND, FIRST)])
@pytest.mark.parametrize("denied_first", [True, False])
async def test_the_id_that_is_not_denied_counts(
    delivery: Delivery,
    counts: str,
    denied: str,
    denied_first: bool,  # noqa: FBT001 - drawn by name
) -> None:
    """Code 3 takes one away: events and statistics go by the other, and nobody is alarmed (I6)."""
    name = await race(delivery)
    steps = [(denied, Phase.FAILED, NarrowcastFailure.DUPLICATE), (counts, Phase.SUCCEEDED, None)]
    for step in steps if denied_first else reversed(steps):
        await end(delivery, *step)
    await delivery.use_cases.observing.observe(name)
    told = delivery.store.outbox.events[-1]

    assert (await delivery.get(name)).state is CampaignState.SUCCEEDED
    assert isinstance(told, CampaignSucceeded)
    assert told.acceptance.line_request_ids == (counts,)
    assert delivery.line.insight_calls == [counts]
    assert delivery.alarms.accepted_twice == []


@pytest.mark.parametrize("ever_new", [True, False])
async def test_code_3_without_end_is_asked_ever_less_often(
    delivery: Delivery,
    ever_new: bool,  # noqa: FBT001 - drawn by name
) -> None:
    """Whether LINE names ever new ids and denies each, or the same one for ever: calls become rare, and end."""
    delivery.line.races = ever_new
    name = await delivery.order()
    calls = {}
    for seconds in range(1, 15 * 60 + 1):
        while await delivery.dispatch() or await delivery.follow():
            for line_id in delivery.line.narrowcasts:
                delivery.line.move(line_id, Phase.FAILED, failure=NarrowcastFailure.DUPLICATE)
        delivery.advance(timedelta(seconds=1))
        calls[seconds] = len(delivery.line.attempts)
    delivery.advance(KEY_LIFETIME)
    await delivery.dispatch()
    last = len(delivery.line.attempts)
    delivery.advance(MEMORY)
    while await delivery.dispatch() or await delivery.follow():
        pass
    campaign = await delivery.get(name)

    assert calls[15] <= 4
    assert calls[15 * 60] <= 10
    assert len(delivery.line.attempts) == last
    assert (campaign.state, uncertainty_of(campaign)) == (CampaignState.UNCERTAIN, UncertaintyReason.OUTCOME_UNKNOWN)


async def test_two_deliveries_raise_the_alarm(delivery: Delivery) -> None:
    """People may have got it twice: a person decides, with both ids before them."""
    name = await race(delivery)
    await end(delivery, SECOND, Phase.SUCCEEDED)
    between = await delivery.get(name)
    await end(delivery, FIRST, Phase.SUCCEEDED)
    campaign = await delivery.get(name)
    told = delivery.store.outbox.events[-1]

    assert between.state is CampaignState.SENDING
    assert (campaign.state, uncertainty_of(campaign)) == (CampaignState.UNCERTAIN, UncertaintyReason.ACCEPTED_TWICE)
    assert isinstance(told, CampaignUncertain)
    assert set(told.acceptance.line_request_ids) == {FIRST, SECOND}
    assert delivery.alarms.accepted_twice == [f"{name}/requests/1"]


@pytest.mark.parametrize(
    ("delivered", "reason"), [(True, UncertaintyReason.ACCEPTED_TWICE), (False, UncertaintyReason.OUTCOME_UNKNOWN)]
)
async def test_an_id_that_stays_unknown_raises_the_alarm(
    delivery: Delivery,
    delivered: bool,  # noqa: FBT001 - drawn by name
    reason: UncertaintyReason,
) -> None:
    """After 14 days LINE tells nothing any more, and it may have been delivered under that id too (LP 4.8)."""
    name = await race(delivery)
    delivery.line.forget(FIRST)
    if delivered:
        await end(delivery, SECOND, Phase.SUCCEEDED)
    delivery.advance(MEMORY)
    await delivery.follow()
    campaign = await delivery.get(name)

    assert (campaign.state, uncertainty_of(campaign)) == (CampaignState.UNCERTAIN, reason)
    assert delivery.alarms.accepted_twice == [f"{name}/requests/1"]


async def test_an_acceptance_that_comes_after_the_delivery_is_asked_about(delivery: Delivery) -> None:
    """The campaign stays as it was told while nothing else is known, and for good when LINE denies the late id."""
    name = await race(delivery, then="SUCCEEDED")
    between = await delivery.get(name)
    await end(delivery, FIRST, Phase.FAILED, NarrowcastFailure.DUPLICATE)

    assert between.state is CampaignState.SUCCEEDED
    assert await delivery.get(name) == between
    assert delivery.list_facts() == ["created", "sending", "accepted", "succeeded"]
    assert not await delivery.follow()


async def test_a_second_delivery_that_shows_late_raises_the_alarm(delivery: Delivery) -> None:
    """A campaign that was told as delivered is uncertain when it was delivered once more."""
    name = await race(delivery, then="SUCCEEDED")
    await end(delivery, FIRST, Phase.SUCCEEDED)

    assert (await delivery.get(name)).state is CampaignState.UNCERTAIN
    assert delivery.list_facts()[-2:] == ["succeeded", "uncertain"]
    assert delivery.alarms.accepted_twice == [f"{name}/requests/1"]


async def test_a_delivery_that_shows_after_a_failure_counts(delivery: Delivery) -> None:
    """What failed under one id and was delivered under the other was delivered."""
    name = await race(delivery, then="FAILED")
    between = await delivery.get(name)
    await end(delivery, FIRST, Phase.SUCCEEDED)
    campaign = await delivery.get(name)

    assert between.state is CampaignState.FAILED
    assert (campaign.state, campaign.failure) == (CampaignState.SUCCEEDED, None)
    assert delivery.list_facts()[-2:] == ["failed", "succeeded"]
