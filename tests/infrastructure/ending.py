"""Ending the background work of a service that runs in the test's own event loop."""

import asyncio
from collections.abc import Collection
from typing import Any

_AGAIN_SECONDS = 0.5


async def end_all(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel tasks until all have ended.

    One cancellation may not be enough: a worker finishes what it has in hand (`kit.background`), and on Python 3.11
    `asyncio.wait_for`, which nats-py uses, swallows one that comes together with its result.
    """
    running = set(tasks)
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=_AGAIN_SECONDS)
