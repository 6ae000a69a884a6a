"""Narrowcast accepts and membership pages per second, of the sandbox and of its floor, in alternating rounds."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from statistics import median

from tests.bench.sandbox.calls import (
    MEMBERS_PATH,
    NARROWCAST_PATH,
    PAGE_SIZE,
    Site,
    make_audience,
    narrowcasts,
    open_channel,
    open_list,
)

AT_ONCE = 16
FRIENDS = 5_000
MEMBERS = 100_000
_OK, _ACCEPTED = 200, 202

Calls = Callable[[int], Awaitable[None]]
"""Makes so many calls in one chain."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Calls per second of the sandbox and of the floor, and the goal for the sandbox."""

    name: str
    ours: float
    floor: float
    goal: float


async def measure_rates(ours: Site, floor: Site, *, calls: int, rounds: int) -> list[Rate]:
    """Measure both rates; each is the median of `rounds` rounds of `calls` calls, `AT_ONCE` at a time."""
    headers = await open_channel(ours, friends=FRIENDS)
    audience = await make_audience(ours, "WEBTRAFFIC", 0.5)
    list_id, list_headers = await open_list(ours, members=MEMBERS)
    accepts = [_send(ours, audience, headers), _send(floor, audience, headers)]
    pages = [_walk(ours, list_id, list_headers), _walk(floor, 1, list_headers)]
    return [
        Rate("narrowcast accepts/s", *await _compare(*accepts, calls=calls, rounds=rounds), 1000),
        Rate(f"membership pages/s of {PAGE_SIZE}", *await _compare(*pages, calls=calls, rounds=rounds), 300),
    ]


async def _compare(ours: Calls, floor: Calls, *, calls: int, rounds: int) -> tuple[float, float]:
    results: dict[Calls, list[float]] = {ours: [], floor: []}
    for contestant in results:
        await _run(contestant, calls // 10)
    for _ in range(rounds):
        for contestant, found in results.items():
            found.append(await _run(contestant, calls))
    return median(results[ours]), median(results[floor])


async def _run(contestant: Calls, calls: int) -> float:
    each = max(1, calls // AT_ONCE)
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(_as_coroutine(contestant, each))
    return each * AT_ONCE / (time.perf_counter() - began)


async def _as_coroutine(contestant: Calls, calls: int) -> None:
    await contestant(calls)


def _send(site: Site, audience: int, authorization: dict[str, str]) -> Calls:
    async def send(calls: int) -> None:
        for body, headers in itertools.islice(narrowcasts(audience), calls):
            status, answer, _ = await site.call("POST", NARROWCAST_PATH, body, **headers, **authorization)
            if status != _ACCEPTED:
                raise RuntimeError(f"a narrowcast was answered {status}: {answer}")

    return send


def _walk(site: Site, list_id: int, authorization: dict[str, str]) -> Calls:
    """Walk a list from its start, and again from its start when it ends."""
    path = MEMBERS_PATH.format(list_id=list_id) + f"?limit={PAGE_SIZE}"

    async def walk(calls: int) -> None:
        after = ""
        for _ in range(calls):
            status, page, _ = await site.call("GET", path + (f"&after={after}" if after else ""), **authorization)
            if status != _OK or len(page["results"]) != PAGE_SIZE:
                raise RuntimeError(f"a page was answered {status}")
            after = page.get("paging", {}).get("next", {}).get("after", "")

    return walk
