"""A watcher is told of each change once, and of the end last."""

import asyncio
from datetime import timedelta

from delivery.application.campaigns.campaigns import Campaigns
from delivery.application.line_port import Phase, QuotaHeld
from delivery.domain.campaigns.campaign import CampaignState
from delivery.domain.sending.values import WaitReason
from tests.fakes.ids import FakeIds
from tests.fakes.store import FakeUnitOfWork
from tests.unit.delivery.application.handling import Delivery


async def test_changes_and_waits_are_told_once(delivery: Delivery) -> None:
    """Why it waits is told when it changes, and not whenever time goes on; the stream ends with the campaign."""
    campaigns = Campaigns(
        uow=FakeUnitOfWork(delivery.store),
        facts=delivery.facts,
        clock=delivery.clock,
        ids=FakeIds(),
        watch_interval=timedelta(0),
    )
    delivery.line.answer_next(QuotaHeld("429"))
    watched = campaigns.watch(await delivery.order())
    ordered = await anext(watched)
    await delivery.dispatch()
    held = await anext(watched)
    next_one = asyncio.ensure_future(anext(watched))
    for _ in range(20):
        delivery.advance(timedelta(seconds=1))
        await asyncio.sleep(0)
    quiet = not next_one.done()
    delivery.advance(timedelta(minutes=2))
    await delivery.dispatch()
    accepted = await next_one
    delivery.line.move("line-request-1", Phase.SUCCEEDED)
    await delivery.follow()
    rest = [sight async for sight in watched]

    assert (ordered.waiting, accepted.waiting) == (None, None)
    assert held.waiting is not None
    assert held.waiting.reason is WaitReason.QUOTA_HELD
    assert quiet
    assert accepted.campaign.accept_time is not None
    assert [sight.campaign.state for sight in rest][-1] is CampaignState.SUCCEEDED
