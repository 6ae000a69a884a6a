"""Background work of the application that sleeps until something happens, the clock is moved, or something is due."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

from aiohttp import web

from sandbox.clock import Clock

# A clock that runs may be a little behind the loop's timer.
_SHORTEST_WAIT_SECONDS = 0.001

_log = logging.getLogger(__name__)

Listeners = list[Callable[[], None]]


def run_in_background(work: Callable[[], Awaitable[None]]) -> Callable[[web.Application], AsyncIterator[None]]:
    """Return a cleanup context: the work goes on from the start of the application until its end."""

    async def run(_: web.Application) -> AsyncIterator[None]:
        task = asyncio.ensure_future(work())
        task.add_done_callback(_report)
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    return run


def _report(task: asyncio.Future[None]) -> None:
    """Say at once that background work has broken down, which nobody waits for until the end."""
    error = None if task.cancelled() else task.exception()
    if error is not None:
        _log.error("background work of the sandbox has ended", exc_info=error)


class Alarm:
    """Wakes background work: when one of the listened-to things happens, or business time reaches what is due."""

    def __init__(self, clock: Clock, *sources: Listeners) -> None:
        self._clock = clock
        self._sources = (clock.listeners, *sources)
        self._woken = asyncio.Event()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen for the length of the `with` block."""
        for listeners in self._sources:
            listeners.append(self.ring)
        try:
            yield
        finally:
            for listeners in self._sources:
                listeners.remove(self.ring)

    def ring(self) -> None:
        """Wake the sleeper."""
        self._woken.set()

    def reset(self) -> None:
        """Forget what rang: the work is about to look at everything."""
        self._woken.clear()

    async def sleep(self, due: datetime | None) -> None:
        """Sleep until something rings, or until `due` if the clock runs; None: nothing comes by itself."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._seconds_until(due)):
                await self._woken.wait()

    def _seconds_until(self, due: datetime | None) -> float | None:
        speed = self._clock.speed
        if due is None or speed == 0:
            return None
        return max(_SHORTEST_WAIT_SECONDS, (due - self._clock.now()).total_seconds() / speed)
