"""Measures the sandbox and says what came of it, goals beside figures."""

import asyncio
from dataclasses import dataclass

from tests.bench.sandbox.population import Scale, measure_population
from tests.bench.sandbox.rates import AT_ONCE, Rate, measure_rates
from tests.bench.sandbox.stage import Server, open_site, serve

LARGEST_EVALUATION_MS = 150.0
LARGEST_RESIDENT_MIB = 1024.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxPlan:
    """How much is measured."""

    calls: int = 2_000
    rounds: int = 5
    friends: int = 1_000_000
    sends: int = 7


def report_sandbox(plan: SandboxPlan) -> str:
    """Measure, one process after the other, and return lines for a person.

    Raises:
        ProcessFailedError: a process did not start.

    """
    with serve("sandbox", "floor") as servers:
        rates = asyncio.run(_measure_rates(servers, plan))
    with serve("million") as servers:
        scale = asyncio.run(_measure_scale(servers["million"], plan))
    return "\n".join([*_describe_rates(rates, plan), *_describe_scale(scale)])


async def _measure_rates(servers: dict[str, Server], plan: SandboxPlan) -> list[Rate]:
    async with open_site(servers["sandbox"]) as ours, open_site(servers["floor"]) as floor:
        return await measure_rates(ours, floor, calls=plan.calls, rounds=plan.rounds)


async def _measure_scale(server: Server, plan: SandboxPlan) -> Scale:
    async with open_site(server) as site:
        return await measure_population(site, server.pid, friends=plan.friends, sends=plan.sends)


def _describe_rates(rates: list[Rate], plan: SandboxPlan) -> list[str]:
    lines = [f"sandbox: one process on one core, {AT_ONCE} calls at once, {plan.rounds} rounds of {plan.calls:,} calls"]
    lines.append(f"  {'':28}{'ours':>8}{'floor':>8}{'ratio':>7}")
    lines += [
        f"  {rate.name:28}{rate.ours:8.0f}{rate.floor:8.0f}{rate.ours / rate.floor:7.2f}"
        f"  ({_judge(rate.ours >= rate.goal)}: at least {rate.goal:.0f})"
        for rate in rates
    ]
    return lines


def _describe_scale(scale: Scale) -> list[str]:
    evaluated = max(scale.evaluated_ms, scale.first_of_day_ms)
    times = (
        f"{scale.evaluated_ms:.0f} ms, the first of a day {scale.first_of_day_ms:.0f}, slowest {scale.slowest_ms:.0f}"
    )
    in_time, in_size = evaluated <= LARGEST_EVALUATION_MS, scale.resident_mib <= LARGEST_RESIDENT_MIB
    return [
        f"sandbox: {scale.friends:,} friends with attributes and 50 audiences, made in {scale.generated_s:.1f} s",
        f"  a narrowcast to 10 audiences and 5 attributes: {times}  ({_judge(in_time)}: at most 150)",
        f"  memory at its highest: {scale.resident_mib:.0f} MiB  ({_judge(in_size)}: at most 1024)",
    ]


def _judge(reached: bool) -> str:  # noqa: FBT001 - a word for a truth
    return "reached" if reached else "MISSED"
