"""Ends of orders, where transactions wait for each other (R11)."""

import asyncio
from datetime import datetime, timedelta

import pytest

from delivery.application.campaigns.ordering import SendOrder
from delivery.domain.campaigns.campaign import CampaignState
from delivery.domain.policy.clearance import PolicyRefused
from delivery.domain.sending.lanes import Endpoint
from delivery.domain.sending.quota import Allowance
from tests.infrastructure.eventually import eventually
from tests.integration.delivery.handling import CHANNEL, Delivery, make_once


async def try_order(delivery: Delivery, name: str, not_after: datetime) -> str:
    """Order a send; return the codes for which that was refused, empty when it was not."""
    try:
        await delivery.use_cases.ordering.order(SendOrder(name, "", frozenset(), not_after), make_once())
    except PolicyRefused as refused:
        return refused.metadata["codes"]
    return ""


async def is_waiting(delivery: Delivery) -> bool:
    """Tell whether a transaction waits for another one."""
    return bool(await delivery.connection.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"))


async def test_of_two_orders_at_once_the_second_one_has_the_later_turn(delivery: Delivery) -> None:
    """Alone each would come up before its end; the one that is stored second would not, and is refused."""
    now = delivery.clock.now()
    async with delivery.uow() as tx:
        lane = await tx.lanes.hold(CHANNEL, Endpoint.NARROWCAST, at=now)
        await tx.lanes.save(lane.shut(now), at=now)
    names = [await delivery.create() for _ in range(2)]
    not_after = now + timedelta(minutes=2)
    outcomes = await asyncio.gather(*(try_order(delivery, name, not_after) for name in names))

    assert sorted(outcomes) == ["", "DEADLINE_UNREACHABLE"]
    assert await delivery.connection.fetchval("SELECT count(*) FROM send_requests") == 1


@pytest.mark.parametrize("held", ["account", "lane"])
async def test_an_end_that_passes_while_a_call_waits_for_others_is_kept(delivery: Delivery, held: str) -> None:
    """The clocks are looked at last, after the wait for whoever else holds the account or the channel's lane."""
    delivery.line.quota = Allowance(size=10_000, used=0)
    name, end = await delivery.create(), delivery.clock.now() + timedelta(hours=1)
    await delivery.use_cases.ordering.order(SendOrder(name, "", frozenset(), end), make_once())
    claim = await delivery.use_cases.dispatching.claim()
    assert claim is not None
    async with delivery.uow() as tx:
        if held == "account":
            await tx.quota.hold("U-acme", apart_from="")
        else:
            await tx.lanes.hold(CHANNEL, Endpoint.NARROWCAST, at=delivery.clock.now())
        working = asyncio.create_task(delivery.use_cases.dispatching.work(claim))
        await eventually(lambda: is_waiting(delivery))
        delivery.clock.set(end)
    await working

    assert (await delivery.get(name)).state is CampaignState.EXPIRED
    assert delivery.line.attempts == []
