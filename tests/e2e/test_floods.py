"""Floods: many orders of one account, one account that is sick, a replica that goes while calls are under way."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from deploy.local.stack import Stack
from outreach.delivery.v1 import campaign_pb2 as pb
from outreach_client.errors import RemoteError
from tests.bench.fairness import LARGEST_CALLS, LARGEST_RATIO, measure_waits
from tests.chaos.books import find_differences, read_line_books
from tests.chaos.draining import drain
from tests.chaos.orders import Order, await_acceptances, await_ends, place, place_many
from tests.chaos.stage import Account, Stage, open_stage
from tests.chaos.vendor import EVERY_CALL, NARROWCAST, TOKENS
from tests.infrastructure.eventually import eventually

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
async def stage(stack: Stack) -> AsyncIterator[Stage]:
    """Give a stage with two replicas of delivery and a quick LINE."""
    async with open_stage(stack, replicas=2) as stage:
        stage.vendor.switch(waiting_time=0.1, sending_time=0.1)
        yield stage


@pytest.mark.timeout(240)
async def test_one_account_that_hangs_holds_up_no_other(stage: Stage) -> None:
    """Its orders, its tokens, whatever else is asked of it and 130 validations hang; the others' orders go out."""
    sick, *healthy = await stage.add_accounts(5)
    stage.vendor.hang(path=NARROWCAST, line_channel=sick.line_channel)
    burden = await place_many(stage, [sick], each=8)
    for path in (EVERY_CALL, TOKENS):
        stage.vendor.hang(path=path, line_channel=sick.line_channel)
    checks = [asyncio.create_task(check(stage, burden[0])) for _ in range(130)]
    orders = await asyncio.wait_for(place_many(stage, healthy, each=3), timeout=30)
    await await_acceptances(stage, orders, deadline=15)
    stage.vendor.heal()
    codes = set(await asyncio.gather(*checks))
    ours = await await_ends(stage, [*burden, *orders], deadline=120)
    line = read_line_books(stage.vendor, [sick, *healthy])

    assert codes <= {"UNAVAILABLE", "DEADLINE_EXCEEDED", ""}
    assert find_differences([*burden, *orders], ours, line) == []


async def check(stage: Stage, order: Order) -> str:
    """Ask what policy says of a campaign; return the code of the error, empty when there is an answer."""
    try:
        await stage.next_campaigns().CheckCampaign(pb.CheckCampaignRequest(name=order.name), timeout=30)
    except RemoteError as error:
        return error.code.name
    return ""


@dataclass(frozen=True, slots=True)
class Flood:
    """What has become of many orders of one account, and what it took.

    `accepted` are the names of those that LINE took, in its order; `in_order` the same in the order of their ordering.
    """

    accepted: list[str]
    in_order: list[str]
    expired_count: int
    refused_count: int
    call_count: int


async def flood(
    stage: Stage, *, capacity: int, count: int, step: timedelta, most: int, lifetime: timedelta = 24 * HOUR
) -> Flood:
    """Order much of one account at once, of which LINE's bucket holds so many calls, and let time go on by steps."""
    stage.vendor.switch(hourly_bucket_capacity=capacity)
    [account] = await stage.add_accounts(1, order_lifetime=lifetime)
    stage.vendor.forget_calls()
    orders = await place_all(stage, account, count)
    await drain(stage, account, awaited=len(orders), step=step, most=most)
    ours = await await_ends(stage, orders, deadline=120)
    books = read_line_books(stage.vendor, [account])
    names = {order.text: order.name for order in orders}
    accepted = [names[acceptance.text] for acceptance in books]
    assert find_differences(orders, ours, books) == []
    return Flood(
        accepted,
        sorted(accepted, key=lambda name: ours[name].order_time.ToNanoseconds()),
        expired_count=sum(campaign.state == pb.Campaign.EXPIRED for campaign in ours.values()),
        refused_count=count - len(orders),
        call_count=stage.vendor.count_calls(path=NARROWCAST, line_channel=account.line_channel),
    )


async def place_all(stage: Stage, account: Account, count: int) -> list[Order]:
    """Order many campaigns of one account, some at once; leave out those that policy refuses, as for a late turn."""
    slots = asyncio.Semaphore(16)

    async def place_one() -> Order | None:
        async with slots:
            try:
                return await place(stage, account)
            except RemoteError as error:
                if error.reason != "POLICY_REFUSED":
                    raise
                return None

    placed = await asyncio.gather(*(place_one() for _ in range(count)))
    return [order for order in placed if order is not None]


@pytest.mark.timeout(240)
@pytest.mark.parametrize(("capacity", "count"), [(60, 63), (1, 8)])
async def test_orders_of_one_account_go_out_in_order_and_at_lines_pace(stage: Stage, capacity: int, count: int) -> None:
    """However much LINE's bucket holds, each order costs one call, and one of all is refused for its rate at most."""
    outcome = await flood(stage, capacity=capacity, count=count, step=MINUTE, most=2 * count)

    assert outcome.accepted == outcome.in_order
    assert len(outcome.accepted) == count
    assert outcome.call_count <= count + 1


@pytest.mark.timeout(120)
async def test_orders_that_do_not_come_up_expire(stage: Stage) -> None:
    """What LINE's rate holds up beyond its end is never asked of LINE, and its caller knows."""
    outcome = await flood(stage, capacity=1, count=4, step=2 * HOUR, most=1, lifetime=HOUR)

    assert outcome.accepted == outcome.in_order
    assert (len(outcome.accepted), outcome.expired_count) == (1, 3)
    assert outcome.call_count <= 2


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("capacity", "step", "most", "lifetime"),
    [
        pytest.param(60, HOUR, 24, 24 * HOUR, id="by hours"),
        pytest.param(1, MINUTE, 400, 24 * HOUR, id="bucket of one"),
        pytest.param(1, HOUR, 25, 24 * HOUR, id="bucket of one by hours"),
        pytest.param(60, MINUTE, 70, HOUR, id="an hour to live"),
    ],
)
async def test_300_orders_of_one_account(
    stage: Stage,
    record_property: Callable[[str, object], None],
    capacity: int,
    step: timedelta,
    most: int,
    lifetime: timedelta,
) -> None:
    """All are accepted in order, expire as their ends say, or are refused at once; 1.1 calls go for each, no more."""
    outcome = await flood(stage, capacity=capacity, count=300, step=step, most=most, lifetime=lifetime)
    accepted_count = len(outcome.accepted)
    record_property("accepted, calls", f"{accepted_count}, {outcome.call_count}")

    assert outcome.accepted == outcome.in_order
    assert accepted_count + outcome.expired_count + outcome.refused_count == 300
    assert outcome.call_count <= LARGEST_CALLS * accepted_count


@pytest.mark.timeout(180)
async def test_a_replica_that_ends_leaves_its_calls_to_the_others(stage: Stage) -> None:
    """At SIGTERM calls under way are given up, taken over at once under their keys, and not after a lease (I2)."""
    accounts = await stage.add_accounts(4)
    stage.kill("delivery-2")
    stage.vendor.slow_down(60, path=NARROWCAST, times=len(accounts))
    stage.vendor.forget_calls()
    orders = await place_many(stage, accounts, each=1)
    await eventually(lambda: stage.vendor.count_calls() == len(accounts), deadline=30)
    await stage.start("delivery-2")
    await stage.stop("delivery")
    await await_acceptances(stage, orders, deadline=6)
    ours = await await_ends(stage, orders, deadline=60)

    assert find_differences(orders, ours, read_line_books(stage.vendor, accounts)) == []


@pytest.mark.long
@pytest.mark.timeout(1800)
async def test_a_sick_account_delays_the_others_by_half_at_most(stage: Stage) -> None:
    """The 95th percentile from order to acceptance of healthy accounts, beside each illness and alone."""
    waits = await measure_waits(stage, rounds=3)
    alone = waits.pop("alone")

    assert {name: found.p95 / alone.p95 for name, found in waits.items() if found.p95 > LARGEST_RATIO * alone.p95} == {}
