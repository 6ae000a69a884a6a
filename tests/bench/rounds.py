"""The measurement: a closed loop of callers, in rounds that alternate between the contestants (architecture 12)."""

import asyncio
import os
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

import grpc

from tests.bench.read_calls import ReadCall

AT_ONCE = 32
_WARM_UP_CALLS = 500
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Contestant:
    """A server that answers the call: its name in the result, its channel, and its process id."""

    name: str
    channel: grpc.aio.Channel
    pid: int


@dataclass(frozen=True, slots=True)
class Figures:
    """One round, or the median of several: calls per second, latencies in ms, and CPU-seconds per 1,000 calls."""

    rate: float
    p50_ms: float
    p99_ms: float
    cpu_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much is measured: rows to choose from, calls per round and contestant, rounds."""

    rows: int
    calls: int
    rounds: int


async def measure(call: ReadCall, contestants: list[Contestant], plan: Plan, *, token: str) -> Mapping[str, Figures]:
    """Measure the contestants in turns; return the medians, keyed by name.

    All of them get the same requests in the same order, for rows that are chosen evenly at random.
    """
    numbers = random.Random(plan.rows)  # noqa: S311 - a repeatable choice of rows
    for contestant in contestants:
        await _run(call, contestant, _choose(call, numbers, plan.rows, _WARM_UP_CALLS), token)
    results: dict[str, list[Figures]] = {contestant.name: [] for contestant in contestants}
    for _ in range(plan.rounds):
        requests = _choose(call, numbers, plan.rows, plan.calls)
        for contestant in contestants:
            results[contestant.name].append(await _run(call, contestant, requests, token))
    return {name: _middle(rounds) for name, rounds in results.items()}


def _choose(call: ReadCall, numbers: random.Random, rows: int, count: int) -> list[bytes]:
    return [call.make_request(numbers.randint(1, rows)).SerializeToString() for _ in range(count)]


async def _run(call: ReadCall, contestant: Contestant, requests: list[bytes], token: str) -> Figures:
    """Make all calls, `AT_ONCE` at a time, each as soon as one has ended; bytes both ways, to spare the caller."""
    method: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = contestant.channel.unary_unary(call.method)
    metadata = (("authorization", f"Bearer {token}"),)
    waiting = iter(requests)
    latencies: list[float] = []

    async def work() -> None:
        for request in waiting:
            began = time.perf_counter()
            if not await method(request, metadata=metadata, timeout=10):
                raise RuntimeError(f"{contestant.name} answered with nothing")
            latencies.append(time.perf_counter() - began)

    cpu, began = _cpu_seconds(contestant.pid), time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(work())
    elapsed, cpu = time.perf_counter() - began, _cpu_seconds(contestant.pid) - cpu
    percentiles = quantiles(latencies, n=100)
    count = len(requests)
    return Figures(count / elapsed, percentiles[49] * 1000, percentiles[98] * 1000, cpu / count * 1000)


def _cpu_seconds(pid: int) -> float:
    """Return the processor time of a process so far: user and system, fields 14 and 15 of proc(5)'s stat."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def _middle(rounds: list[Figures]) -> Figures:
    return Figures(
        median(r.rate for r in rounds),
        median(r.p50_ms for r in rounds),
        median(r.p99_ms for r in rounds),
        median(r.cpu_s for r in rounds),
    )
