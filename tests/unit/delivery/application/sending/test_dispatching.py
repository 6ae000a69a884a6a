"""What a worker does with a row: waits where nothing is known, ends what has an end, calls once."""

from datetime import timedelta

import pytest

from delivery.application.line_port import (
    CredentialsRefused,
    InDoubt,
    LineCredentialsRefused,
    LineUnavailable,
    NotNow,
    QuotaHeld,
    RateLimited,
    Unreached,
)
from delivery.domain.campaigns.campaign import CampaignState
from delivery.domain.policy.facts import ChannelFacts
from delivery.domain.sending.failures import FailureReason, UncertaintyReason
from delivery.domain.sending.lanes import Endpoint
from delivery.domain.sending.settling import CREDENTIALS_PATIENCE
from delivery.domain.sending.values import KEY_LIFETIME, LONGEST_CALL, WaitReason
from kit.errors import ServiceError, Unavailable
from tests.strategies.policy import make_audience
from tests.unit.delivery.application.handling import CHANNEL, Delivery

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


async def wait_reason(delivery: Delivery, name: str) -> WaitReason | None:
    """Return why a campaign waits."""
    waiting = (await delivery.sight(name)).waiting
    return waiting.reason if waiting else None


async def test_an_order_ends_when_its_lifetime_does(delivery: Delivery) -> None:
    """What LINE does not take for a day is EXPIRED, and nothing goes out weeks later."""
    delivery.line.answer_next(*[QuotaHeld("429")] * 100)
    name = await delivery.order()
    for _ in range(100):
        delivery.advance(timedelta(minutes=30))
        await delivery.dispatch()
    attempts = len(delivery.line.attempts)
    delivery.advance(timedelta(days=35))

    assert not await delivery.dispatch()
    assert (await delivery.get(name)).state is CampaignState.EXPIRED
    assert delivery.list_facts() == ["created", "sending", "expired"]
    assert 40 < attempts < 100
    assert delivery.line.narrowcasts == {}


async def test_the_lifetime_is_the_channels_at_the_time_of_the_order(delivery: Delivery) -> None:
    """It is frozen with the order, whatever becomes of the channel's own."""
    delivery.facts.put(ChannelFacts(CHANNEL, 3000, "jp", 2 * HOUR, "U-acme"))
    name = await delivery.order()
    delivery.facts.put(ChannelFacts(CHANNEL, 3000, "jp", 7 * 24 * HOUR, "U-acme"))
    campaign = await delivery.get(name)

    assert campaign.order is not None
    assert campaign.order.deadline.time == campaign.order.time + 2 * HOUR


async def test_a_callers_own_end_comes_before_the_channels(delivery: Delivery) -> None:
    """A row is not begun so late that it could end after `not_after`."""
    end = delivery.clock.now() + HOUR
    name = await delivery.order(not_after=end)
    delivery.advance(HOUR - LONGEST_CALL)
    await delivery.dispatch()

    assert (await delivery.get(name)).state is CampaignState.EXPIRED
    assert delivery.line.attempts == []


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (RateLimited("429"), WaitReason.RATE_LIMITED),
        (QuotaHeld("429"), WaitReason.QUOTA_HELD),
        (CredentialsRefused("401"), WaitReason.CREDENTIALS_REFUSED),
        (Unreached("no connection"), WaitReason.LINE_UNAVAILABLE),
        (InDoubt("no answer"), WaitReason.ANSWER_LOST),
    ],
)
async def test_a_campaign_says_why_it_waits(delivery: Delivery, outcome: NotNow | InDoubt, reason: WaitReason) -> None:
    """Reason, since when, and when it is looked at again; then it goes out, once."""
    delivery.line.answer_next(outcome)
    name = await delivery.order()
    await delivery.dispatch()
    waiting = (await delivery.sight(name)).waiting
    assert waiting is not None
    since = delivery.clock.now()
    delivery.advance(waiting.next_attempt_time - delivery.clock.now() - timedelta(microseconds=1))
    too_early = await delivery.dispatch()
    delivery.advance(timedelta(microseconds=1))
    await delivery.dispatch()

    assert (waiting.reason, waiting.since) == (reason, since)
    assert not too_early
    assert len(delivery.line.narrowcasts) == 1
    assert (await delivery.sight(name)).waiting is None


@pytest.mark.parametrize("error", [Unavailable("audience"), LineUnavailable()])
async def test_facts_that_cannot_be_had_postpone(delivery: Delivery, error: ServiceError) -> None:
    """Without facts nothing is sent, and nothing fails."""
    name = await delivery.order()
    delivery.facts.fail_next(error)
    await delivery.dispatch()
    reason = await wait_reason(delivery, name)
    delivery.advance(timedelta(seconds=5))
    await delivery.dispatch()

    assert reason is WaitReason.FACTS_UNKNOWN
    assert len(delivery.line.narrowcasts) == 1


async def test_what_is_not_known_postpones_and_never_refuses(delivery: Delivery) -> None:
    """Whether members are still being added may be unknown for a while, as after a 429 of LINE's."""
    name = await delivery.order()
    delivery.facts.put(make_audience(jobs_unfinished=None))
    await delivery.dispatch()
    reason = await wait_reason(delivery, name)
    delivery.facts.put(make_audience())
    delivery.advance(timedelta(seconds=5))
    await delivery.dispatch()

    assert reason is WaitReason.FACTS_UNKNOWN
    assert len(delivery.line.narrowcasts) == 1


async def test_old_facts_postpone(delivery: Delivery) -> None:
    """Facts of audiences are at most five minutes old at dispatch (architecture 4)."""
    name = await delivery.order()
    delivery.clock.advance(5 * MINUTE + timedelta(seconds=1))
    await delivery.dispatch()

    assert await wait_reason(delivery, name) is WaitReason.FACTS_UNKNOWN


async def test_refused_credentials_fail_what_was_never_in_doubt_after_an_hour(delivery: Delivery) -> None:
    """Tokens are asked for ever less often, and not for ever."""
    name = await delivery.order()
    delivery.line.refuse_tokens(*[LineCredentialsRefused(CHANNEL)] * 1000)
    looks = 0
    while (await delivery.get(name)).state is CampaignState.SENDING:
        looks += await delivery.dispatch()
        delivery.advance(timedelta(seconds=5))
    campaign = await delivery.get(name)

    assert campaign.failure is not None
    assert campaign.failure.reason is FailureReason.LINE_CREDENTIALS_REFUSED
    assert campaign.complete_time is not None
    assert campaign.order is not None
    assert campaign.complete_time - campaign.order.time >= CREDENTIALS_PATIENCE
    assert looks < 20


async def test_refused_credentials_leave_a_doubt_to_a_person_after_23_hours(delivery: Delivery) -> None:
    """While the key lives the credentials may be mended."""
    delivery.line.lose_next_answer(accepted=True)
    name = await delivery.order()
    await delivery.dispatch()
    delivery.line.refuse_tokens(*[LineCredentialsRefused(CHANNEL)] * 1000)
    while (await delivery.get(name)).state is CampaignState.SENDING:
        delivery.advance(5 * MINUTE)
        await delivery.dispatch()
    campaign = await delivery.get(name)

    assert campaign.uncertainty is not None
    assert campaign.uncertainty.reason is UncertaintyReason.CREDENTIALS_REFUSED
    assert delivery.clock.now() - campaign.create_time >= KEY_LIFETIME
    assert len(delivery.line.attempts) == 1


async def test_a_token_that_was_not_to_be_had_decides_nothing(delivery: Delivery) -> None:
    """A repetition without a token leaves the first attempt in doubt, under its key (I4)."""
    delivery.line.lose_next_answer(accepted=True)
    await delivery.order()
    await delivery.dispatch()
    delivery.line.refuse_tokens(LineUnavailable())
    for _ in range(3):
        delivery.advance(MINUTE)
        await delivery.dispatch()

    assert len({attempt.retry_key for attempt in delivery.line.attempts}) == 1
    assert len(delivery.line.narrowcasts) == 1


async def test_a_key_is_too_old_by_the_machines_clock_too(delivery: Delivery) -> None:
    """A business clock that stands still makes no key younger (I3)."""
    delivery.line.lose_next_answer(accepted=True)
    name = await delivery.order()
    await delivery.dispatch()
    delivery.machine_clock.advance(KEY_LIFETIME)
    delivery.clock.advance(MINUTE)
    await delivery.dispatch()

    assert (await delivery.get(name)).state is CampaignState.UNCERTAIN
    assert len(delivery.line.attempts) == 1


async def test_a_key_that_grew_old_while_a_token_was_waited_for_is_not_used(delivery: Delivery) -> None:
    """The last look at the key comes after the token, in the transaction that writes the attempt down (I3)."""
    delivery.line.lose_next_answer(accepted=True)
    name = await delivery.order()
    await delivery.dispatch()
    delivery.advance(KEY_LIFETIME - MINUTE)
    delivery.line.on_token = lambda: delivery.advance(MINUTE)
    await delivery.dispatch()

    assert (await delivery.get(name)).state is CampaignState.UNCERTAIN
    assert len(delivery.line.attempts) == 1


async def test_a_channel_in_trouble_rests_as_a_whole(delivery: Delivery) -> None:
    """One lost answer makes all its orders wait a moment, each longer than the last."""
    delivery.line.answer_next(InDoubt("500"))
    await delivery.order(f"{CHANNEL}/campaigns/first")
    await delivery.order(f"{CHANNEL}/campaigns/second")
    await delivery.dispatch()
    at_once = await delivery.dispatch()
    waiting = (await delivery.sight(f"{CHANNEL}/campaigns/second")).waiting
    delivery.advance(timedelta(seconds=1))

    assert not at_once
    assert waiting is not None
    assert waiting.reason is WaitReason.LINE_UNAVAILABLE
    assert await delivery.dispatch()


async def test_a_429_lets_one_order_a_minute_go_the_oldest_first(delivery: Delivery) -> None:
    """LINE's bucket is shared with others; no later order overtakes an earlier one."""
    names = [await delivery.order(f"{CHANNEL}/campaigns/c{number}") for number in range(3)]
    delivery.line.answer_next(RateLimited("429"))
    await delivery.dispatch()
    waits = [(await delivery.sight(name)).waiting for name in names]
    start = delivery.clock.now()
    for _ in range(5 * 60):
        delivery.advance(timedelta(seconds=1))
        while await delivery.dispatch():
            pass
    times = [(await delivery.get(name)).accept_time for name in names]

    assert times == [start + MINUTE, start + 2 * MINUTE, start + 3 * MINUTE]
    assert [wait.next_attempt_time if wait else None for wait in waits] == times
    assert len(delivery.line.attempts) == 4


async def test_progress_that_cannot_be_had_makes_the_channel_rest(delivery: Delivery) -> None:
    """The follow-up has a lane of its own, so that sends are not held up by it."""
    await delivery.order()
    await delivery.dispatch()
    delivery.line.fail_next(LineUnavailable())
    await delivery.follow()

    assert delivery.store.lanes.look(CHANNEL, Endpoint.PROGRESS, at=delivery.clock.now()).in_trouble
    assert not delivery.store.lanes.look(CHANNEL, Endpoint.NARROWCAST, at=delivery.clock.now()).in_trouble


async def test_the_time_of_acceptance_is_lines_own(delivery: Delivery) -> None:
    """An answer that was lost for 20 hours does not shift what is counted from the acceptance."""
    delivery.line.lose_next_answer(accepted=True)
    name = await delivery.order()
    accepted_at = delivery.clock.now()
    await delivery.dispatch()
    delivery.advance(20 * HOUR)
    await delivery.dispatch()
    learned = (await delivery.get(name)).accept_time
    await delivery.follow()

    assert learned == accepted_at + 20 * HOUR
    assert (await delivery.get(name)).accept_time == accepted_at
