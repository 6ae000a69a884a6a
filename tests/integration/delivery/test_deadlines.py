"""Orders that come at once are weighed by each other's turns (R11)."""

import asyncio
from datetime import datetime, timedelta

from delivery.application.campaigns.ordering import SendOrder
from delivery.domain.policy.clearance import PolicyRefused
from delivery.domain.sending.lanes import Endpoint
from tests.integration.delivery.handling import CHANNEL, Delivery, make_once


async def try_order(delivery: Delivery, name: str, not_after: datetime) -> str:
    """Order a send; return the codes for which that was refused, empty when it was not."""
    try:
        await delivery.use_cases.ordering.order(SendOrder(name, "", frozenset(), not_after), make_once())
    except PolicyRefused as refused:
        return refused.metadata["codes"]
    return ""


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
