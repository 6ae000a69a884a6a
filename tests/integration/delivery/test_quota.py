"""The month's messages, with orders and workers side by side on one database (R14)."""

import asyncio
from datetime import timedelta

import pytest

from delivery.application.campaigns.ordering import SendOrder
from delivery.application.line_port import Phase, QuotaHeld
from delivery.domain.campaigns.campaign import CampaignState
from delivery.domain.policy.clearance import PolicyRefused
from delivery.domain.policy.facts import ChannelFacts
from delivery.domain.sending.quota import Allowance
from delivery.domain.sending.values import WaitReason
from tests.integration.delivery.handling import CHANNEL, Delivery, make_once

BEE = "channels/bee"
NEEDED = 5500
"""What a send to the 5,000 people of the audience 101 may take: `limit.max`."""
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def share_account(delivery: Delivery) -> None:
    """Let another channel belong to the same Official Account."""
    delivery.facts.put(ChannelFacts(BEE, 3000, "jp", DAY, "U-acme"))


async def try_order(delivery: Delivery, name: str) -> str:
    """Order a send; return the codes for which that was refused, empty when it was not."""
    try:
        await delivery.use_cases.ordering.order(SendOrder(name, "", frozenset()), make_once())
    except PolicyRefused as refused:
        return refused.metadata["codes"]
    return ""


@pytest.mark.parametrize("channels", [(CHANNEL, CHANNEL), (CHANNEL, BEE)], ids=["one channel", "two channels"])
async def test_two_orders_at_once_do_not_both_take_the_last_messages(
    delivery: Delivery, channels: tuple[str, str]
) -> None:
    """Both were found to fit before; the transaction that comes second sees what the first one has reserved."""
    share_account(delivery)
    delivery.line.quota = Allowance(size=2 * NEEDED - 1, used=0)
    names = [await delivery.create(name=f"{channel}/campaigns/n{n}") for n, channel in enumerate(channels)]
    outcomes = await asyncio.gather(*(try_order(delivery, name) for name in names))

    assert sorted(outcomes) == ["", "QUOTA_INSUFFICIENT"]
    assert await delivery.connection.fetchval("SELECT sum(reserved_count) FROM send_requests") == NEEDED


async def test_orders_and_workers_side_by_side_promise_no_more_than_there_is(delivery: Delivery) -> None:
    """However they meet, none deadlocks, and as many go out as the month holds."""
    share_account(delivery)
    delivery.line.quota = Allowance(size=6 * NEEDED, used=0)
    names = [await delivery.create(name=f"{(CHANNEL, BEE)[n % 2]}/campaigns/n{n}") for n in range(12)]

    async def work() -> None:
        for _ in range(20):
            await delivery.dispatch()

    workers = [asyncio.create_task(work()) for _ in range(4)]
    outcomes = await asyncio.gather(*(try_order(delivery, name) for name in names))
    await asyncio.gather(*workers)
    while await delivery.dispatch():
        pass

    assert sorted(outcomes) == [""] * 6 + ["QUOTA_INSUFFICIENT"] * 6
    assert len(delivery.line.narrowcasts) == 6
    assert await delivery.connection.fetchval("SELECT sum(reserved_count) FROM send_requests") == 6 * NEEDED


async def test_workers_side_by_side_take_turns_where_not_all_fit(delivery: Delivery) -> None:
    """The plan shrinks after the orders: the older one of each account goes, the other one waits."""
    share_account(delivery)
    delivery.line.quota = Allowance(size=2 * NEEDED, used=0)
    names = [await delivery.create(name=f"{channel}/campaigns/may") for channel in (CHANNEL, BEE)]
    for name in names:
        await delivery.order(name)
        delivery.clock.advance(timedelta(seconds=1))
    delivery.line.quota = Allowance(size=2 * NEEDED - 1, used=0)
    await asyncio.gather(*(delivery.dispatch() for _ in range(6)))
    waiting = (await delivery.sight(names[1])).waiting

    assert [sent.cleared.channel for sent in delivery.line.narrowcasts.values()] == [CHANNEL]
    assert waiting is not None
    assert waiting.reason is WaitReason.QUOTA_HELD


async def test_what_does_not_fit_any_more_waits_and_expires(delivery: Delivery) -> None:
    """`recipient_limit` 1,000 and 200 messages left: waits from the order on, and is gone a day later."""
    delivery.line.quota = Allowance(size=1000, used=0)
    name = await delivery.create(recipient_limit=1000)
    await delivery.order(name)
    delivery.line.quota = Allowance(size=1000, used=800)
    delivery.line.answer_next(QuotaHeld("429"))
    await delivery.dispatch()
    waiting = (await delivery.sight(name)).waiting
    delivery.clock.advance(DAY)
    delivery.line.quota = Allowance(size=1000, used=0)
    await delivery.dispatch()
    delivery.clock.advance(35 * DAY)

    assert waiting is not None
    assert waiting.reason is WaitReason.QUOTA_HELD
    assert waiting.next_attempt_time == waiting.since + 2 * MINUTE
    assert not await delivery.dispatch()
    assert (await delivery.get(name)).state is CampaignState.EXPIRED
    assert delivery.line.attempts == []


async def test_a_refused_call_is_followed_by_looks(delivery: Delivery) -> None:
    """LINE refuses though its count has room: a later look with room calls again, under another key."""
    delivery.line.quota = Allowance(size=NEEDED, used=0)
    delivery.line.answer_next(QuotaHeld("429"))
    name = await delivery.send()
    delivery.line.quota = Allowance(size=NEEDED, used=1)
    delivery.clock.advance(2 * MINUTE)
    delivery.facts.refresh(at=delivery.clock.now())
    await delivery.dispatch()
    called = len(delivery.line.attempts)
    delivery.line.quota = Allowance(size=NEEDED, used=0)
    delivery.clock.advance(4 * MINUTE)
    delivery.facts.refresh(at=delivery.clock.now())
    await delivery.dispatch()

    assert called == 1
    assert len({attempt.retry_key for attempt in delivery.line.attempts}) == 2
    assert (await delivery.get(name)).accept_time is not None


async def test_a_reservation_lasts_until_a_usage_covers_it(delivery: Delivery) -> None:
    """On the day of the send its bound is held; the next day's usage, read after its end, stands for it."""
    delivery.line.quota = Allowance(size=NEEDED + 1000, used=0)
    await delivery.send()
    delivery.line.move("line-request-1", Phase.SUCCEEDED)
    await delivery.follow()
    name = await delivery.create(recipient_limit=1001)
    same_day = await try_order(delivery, name)
    delivery.line.quota = Allowance(size=NEEDED + 1000, used=5000)
    delivery.clock.advance(DAY)

    assert same_day == "QUOTA_INSUFFICIENT"
    assert await try_order(delivery, name) == ""
