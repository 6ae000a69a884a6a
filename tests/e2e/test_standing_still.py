"""A replica stands still in the midst of a send, another one sends, the first goes on a day later: it was sent once.

What it had in hand is the row's claim, a key that LINE has forgotten by then, and a token; the token has expired (I3).
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import pytest

from deploy.local.stack import Stack
from kit.store.holding import LEASE
from outreach.delivery.v1 import campaign_pb2 as pb
from tests.chaos import still_delivery
from tests.chaos.books import find_differences, read_line_books
from tests.chaos.orders import Order, await_ends, place, read_campaigns
from tests.chaos.stage import Account, Stage, open_stage
from tests.chaos.vendor import NARROWCAST
from tests.infrastructure.descendants import stands_still
from tests.infrastructure.eventually import eventually

BEYOND_THE_KEY = timedelta(hours=25)
"""LINE remembers a key for 24 hours (LP 1.9)."""

GATE = timedelta(minutes=2)
"""After a 429 the channel's gate lets one call a minute through."""

TRIES = 3
_PROGRAM = Path(still_delivery.__file__)


@pytest.fixture
async def stage(stack: Stack) -> AsyncIterator[Stage]:
    """Give a stage with one replica, and a quick LINE."""
    async with open_stage(stack, replicas=1) as stage:
        stage.vendor.switch(waiting_time=0.1, sending_time=0.1)
        yield stage


async def put_off(stage: Stage, account: Account) -> Order:
    """Place an order that LINE puts off for a minute, and stop the replica that has tried."""
    fault = {"path": NARROWCAST, "answer": "line_rate_limit", "channel": account.line_channel}
    stage.vendor.control("/faults", fault)
    order = await place(stage, account)

    async def waits() -> bool:
        campaign = (await read_campaigns(stage, [account]))[order.name]
        return bool(campaign.waiting.reason == pb.Campaign.Waiting.RATE_LIMITED)

    await eventually(waits, deadline=20.0)
    await stage.stop("delivery")
    return order


async def stand_still_at(stage: Stage, moment: str) -> str:
    """Start a replica that takes the order and stands still at a moment of its own; return its name."""
    name = stage.stack.replicate("delivery", program=[str(_PROGRAM), moment])
    stage.move_clocks(GATE)
    await eventually(lambda: stands_still(stage.stack.process(name).pid), deadline=30.0)
    return name


async def stand_still_in_the_call(stage: Stage, account: Account, *, when: str, seconds: float) -> str:
    """Start a replica that takes the order, and freeze it while LINE holds its call; return its name.

    Args:
        stage: where.
        account: whose order is there.
        when: whether LINE has done what it was asked `after` or `before` it holds the call.
        seconds: how long it holds it.

    """
    fault = {"path": NARROWCAST, "kind": "delay", "seconds": seconds, "when": when, "channel": account.line_channel}
    stage.vendor.control("/faults", fault)
    calls = len(list_answers(stage))
    name = stage.stack.replicate("delivery")
    stage.move_clocks(GATE)
    await eventually(lambda: len(list_answers(stage)) > calls, deadline=30.0)
    stage.freeze(name)
    return name


def list_answers(stage: Stage) -> list[int | None]:
    """Return LINE's answers to narrowcast calls, in the order in which the calls came; None while it holds one."""
    query = urlencode({"path": NARROWCAST})
    return [call["status"] for call in stage.vendor.control(f"/requests?{query}")["requests"]]


@dataclass(frozen=True, slots=True)
class Moment:
    """When a replica stands still: how it is brought there, and what LINE answers to all calls in the end."""

    stand_still: Callable[[Stage, Account], Awaitable[str]]
    answers: list[int]


MOMENTS = {
    "token": Moment(lambda stage, _: stand_still_at(stage, "token"), [429, 202]),
    "written down": Moment(lambda stage, _: stand_still_at(stage, "call"), [429, 202, 401]),
    "call held": Moment(
        partial(stand_still_in_the_call, when="before", seconds=2 * LEASE.total_seconds()), [429, 409, 202]
    ),
    "answer held": Moment(partial(stand_still_in_the_call, when="after", seconds=2), [429, 202, 409]),
}


async def send_over(stage: Stage, moment: Moment) -> None:
    """Let a replica stand still, another one send, and the first go on a day later."""
    stage.vendor.forget_calls()
    (account,) = await stage.add_accounts(1, order_lifetime=timedelta(days=7))
    order = await put_off(stage, account)
    still = await moment.stand_still(stage, account)
    try:
        stage.move_clocks(GATE)
        await stage.start("delivery")
        await await_ends(stage, [order], deadline=60.0)
        await eventually(lambda: None not in list_answers(stage), deadline=60.0)
        stage.move_clocks(BEYOND_THE_KEY)
        stage.thaw(still)
        await eventually(stage.stack.process(still).is_ready, deadline=30.0)
    finally:
        # In good order: what it had in hand is finished.
        stage.stack.dismiss(still)
    ours = await read_campaigns(stage, [account])
    line = read_line_books(stage.vendor, [account])

    assert list_answers(stage) == moment.answers
    assert ours[order.name].state == pb.Campaign.SUCCEEDED
    assert find_differences([order], ours, line) == []
    assert len(line) == 1


@pytest.mark.timeout(180)
@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_replica_that_stood_still_sends_nothing_twice(stage: Stage, moment: str) -> None:
    """Whenever it stood still, LINE's books show exactly one narrowcast."""
    await send_over(stage, MOMENTS[moment])


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("moment", MOMENTS)
async def test_replicas_that_stand_still_again_and_again(stage: Stage, moment: str) -> None:
    """Each of several tries ends with one narrowcast."""
    for _ in range(TRIES):
        await send_over(stage, MOMENTS[moment])
