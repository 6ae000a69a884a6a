"""Says what sick accounts cost healthy ones and what an order costs, goals beside figures."""

import asyncio
from collections.abc import Mapping

from deploy.local.stack import Stack, run_stack
from tests.bench.fairness import LARGEST_CALLS, LARGEST_RATIO, Cost, Waits, measure_cost, measure_waits
from tests.chaos.stage import open_stage

_REPLICAS = 2
_ORDERS = 70
_CAPACITIES = (60, 1)


def report_fairness(*, rounds: int) -> str:
    """Measure on a stack of its own, and return lines for a person.

    Raises:
        ProcessFailedError: a process did not start.

    """
    with run_stack() as stack:
        waits = asyncio.run(_measure_waits(stack, rounds))
        costs = asyncio.run(_measure_costs(stack))
    return "\n".join([*_describe_waits(waits, rounds), *_describe_costs(costs)])


async def _measure_waits(stack: Stack, rounds: int) -> Mapping[str, Waits]:
    async with open_stage(stack, replicas=_REPLICAS) as stage:
        return await measure_waits(stage, rounds=rounds)


async def _measure_costs(stack: Stack) -> Mapping[int, Cost]:
    async with open_stage(stack, replicas=_REPLICAS) as stage:
        return {capacity: await measure_cost(stage, capacity=capacity, orders=_ORDERS) for capacity in _CAPACITIES}


def _describe_waits(waits: Mapping[str, Waits], rounds: int) -> list[str]:
    alone = waits["alone"]
    lines = [f"fairness: from order to acceptance of healthy accounts, {_REPLICAS} replicas, median of {rounds} rounds"]
    lines.append(f"  {'beside a sick account':28}{'p50 s':>8}{'p95 s':>8}{'ratio':>7}")
    for name, found in waits.items():
        ratio = found.p95 / alone.p95
        verdict = "" if name == "alone" else f"  ({_judge(ratio <= LARGEST_RATIO)}: at most {LARGEST_RATIO})"
        lines.append(f"  {name:28}{found.p50:8.2f}{found.p95:8.2f}{ratio:7.2f}{verdict}")
    return lines


def _describe_costs(costs: Mapping[int, Cost]) -> list[str]:
    lines = [f"calls per order: {_ORDERS} orders of one account at once, business time moved on by minutes"]
    for capacity, cost in costs.items():
        reached = cost.accepted == cost.orders and cost.per_order <= LARGEST_CALLS
        lines.append(
            f"  LINE's bucket holds {capacity:2}: {cost.accepted} accepted, {cost.per_order:.2f} narrowcast calls each"
            f"  ({_judge(reached)}: all, at most {LARGEST_CALLS})"
        )
    return lines


def _judge(reached: bool) -> str:  # noqa: FBT001 - a word for a truth
    return "reached" if reached else "MISSED"
