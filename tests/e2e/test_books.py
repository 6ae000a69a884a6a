"""Whatever happens to the processes, LINE's books equal ours: every order went out once, and nothing else did."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from deploy.local.stack import Stack
from tests.chaos.books import find_differences, read_line_books
from tests.chaos.orders import await_ends, place_many
from tests.chaos.stage import Stage, open_stage
from tests.chaos.vendor import NARROWCAST
from tests.infrastructure.eventually import eventually

ACCOUNTS = 6
CAMPAIGNS_EACH = 3


@pytest.fixture
async def stage(stack: Stack) -> AsyncIterator[Stage]:
    """Give a stage with two replicas of delivery and a quick LINE."""
    async with open_stage(stack, replicas=2) as stage:
        stage.vendor.switch(waiting_time=0.1, sending_time=0.1)
        yield stage


@pytest.mark.timeout(120)
async def test_a_replica_killed_in_the_midst_of_many_orders(stage: Stage) -> None:
    """A replica is killed while 18 orders are on their way, and started again: each is delivered exactly once."""
    accounts = await stage.add_accounts(ACCOUNTS)
    stage.vendor.slow_down(0.3, path=NARROWCAST, times=ACCOUNTS)
    stage.vendor.forget_calls()
    placing = asyncio.create_task(place_many(stage, accounts, each=CAMPAIGNS_EACH))
    await eventually(lambda: stage.vendor.count_calls() >= ACCOUNTS // 2, deadline=30.0)
    stage.kill("delivery-2")
    await stage.start("delivery-2")
    orders = await placing
    ours = await await_ends(stage, orders, deadline=60.0)
    line = read_line_books(stage.vendor, accounts)

    assert find_differences(orders, ours, line) == []
    assert len(line) == ACCOUNTS * CAMPAIGNS_EACH
