"""Runs the use cases that work in the background, for as long as the process lives, and lets them end in good order.

A worker is cancelled once when its process is to end: it begins nothing more, and what it has in hand goes on. When it
is cancelled once more, what is still in hand is cancelled too, and gives its claims back (`kit.store.holding`).
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Generic, NoReturn, TypeVar

import structlog

FAILURE_PAUSE = timedelta(seconds=5)

ItemT = TypeVar("ItemT")

_log = structlog.get_logger(__name__)


async def run_steps(
    name: str,
    step: Callable[[], Awaitable[bool]],
    *,
    idle: timedelta,
    failure_pause: timedelta = FAILURE_PAUSE,
) -> NoReturn:
    """Call `step` until cancelled; it tells whether it found work, and is asked again after `idle` when it did not.

    A step that fails is logged and the next one follows after `failure_pause`: one channel's trouble must not end the
    process, and the claim of the work that failed lapses by itself.
    """

    async def take_step() -> bool | None:
        return await step() or None

    await run_side_by_side(name, take_step, _nothing_more, most=1, idle=idle, failure_pause=failure_pause)


async def _nothing_more(_: bool) -> None:  # noqa: FBT001 - what a step found
    """Leave it at the step, which did the whole of the work."""


async def run_side_by_side(
    name: str,
    claim: Callable[[], Awaitable[ItemT | None]],
    work: Callable[[ItemT], Awaitable[None]],
    *,
    most: int,
    idle: timedelta,
    failure_pause: timedelta = FAILURE_PAUSE,
) -> NoReturn:
    """Claim piece after piece until cancelled, and work on up to `most` of them at once.

    Work that waits, as for a slow vendor, costs a place and nothing else. When this is cancelled no further claim
    begins; what is in hand, a claim that has begun included, may end, and is cancelled by a second cancellation.
    Failures are logged, as in `run_steps`.
    """
    hands = _Hands(name, claim, work, most=most)
    try:
        while True:
            try:
                busy = await hands.take_on()
            except Exception as error:  # noqa: BLE001 - the edge of a worker: there is nobody to pass it on to
                _log.error("step_failed", worker=name, reason=type(error).__name__, exc_info=error)
                await asyncio.sleep(failure_pause.total_seconds())
                continue
            if not busy:
                await asyncio.sleep(idle.total_seconds())
    finally:
        await hands.finish()


class _Hands(Generic[ItemT]):
    """What is in hand: each piece is claimed and worked on by a task of its own.

    The claim belongs to the piece's task, for one that is cut off while it commits would be nobody's, and its row would
    wait until the lease has run out.
    """

    def __init__(
        self,
        name: str,
        claim: Callable[[], Awaitable[ItemT | None]],
        work: Callable[[ItemT], Awaitable[None]],
        *,
        most: int,
    ) -> None:
        self._name = name
        self._claim = claim
        self._work = work
        self._places = asyncio.Semaphore(most)
        self._tasks: set[asyncio.Task[None]] = set()

    async def take_on(self) -> bool:
        """Claim a piece as soon as there is a place, and let it be worked on; tell whether there was one."""
        await self._places.acquire()
        found: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(self._attend(found), name=self._name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await found

    async def finish(self) -> None:
        """Let what is in hand end by itself; when this is cancelled, cancel it and wait for what it still has to do."""
        try:
            if self._tasks:
                await asyncio.wait(self._tasks)
        finally:
            late = set(self._tasks)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)

    async def _attend(self, found: asyncio.Future[bool]) -> None:
        """Claim a piece, say so, and work on it; a claim that fails is told to whoever waits for it."""
        try:
            item = await self._claim()
            if not found.done():
                found.set_result(item is not None)
            if item is not None:
                await self._work(item)
        except Exception as error:  # noqa: BLE001 - the edge of a worker: there is nobody to pass it on to
            if found.done():
                _log.error("work_failed", worker=self._name, reason=type(error).__name__, exc_info=error)
            else:
                found.set_exception(error)
        finally:
            if not found.done():
                # A library let a cancellation of its own escape; whoever waits must not wait for ever.
                found.set_result(False)
            self._places.release()
