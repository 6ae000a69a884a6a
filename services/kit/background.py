"""Runs the use cases that work in the background, one piece after another, for as long as the process lives."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Generic, NoReturn, TypeVar

import structlog

FAILURE_PAUSE = timedelta(seconds=5)

FINISH_WITHIN = timedelta(seconds=5)
"""How long work in hand may go on when its process is asked to end; what is not done then is given back."""

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
    while True:
        try:
            busy = await step()
        except Exception as error:  # noqa: BLE001 - the edge of a worker: there is nobody to pass it on to
            _log.error("step_failed", worker=name, reason=type(error).__name__, exc_info=error)
            await asyncio.sleep(failure_pause.total_seconds())
            continue
        if not busy:
            await asyncio.sleep(idle.total_seconds())


async def run_side_by_side(
    name: str,
    claim: Callable[[], Awaitable[ItemT | None]],
    work: Callable[[ItemT], Awaitable[None]],
    *,
    most: int,
    idle: timedelta,
    failure_pause: timedelta = FAILURE_PAUSE,
    finish_within: timedelta = FINISH_WITHIN,
) -> NoReturn:
    """Claim piece after piece until cancelled, and work on up to `most` of them at once.

    Work that waits, as for a slow vendor, costs a place and nothing else. When this is cancelled no further claim
    begins; what is in hand, a claim that has begun included, has `finish_within` to end, then it is cancelled too and
    gives its claim back. Failures are logged, as in `run_steps`.
    """
    hands = _Hands(name, claim, work, most=most)
    try:
        await run_steps(name, hands.take_on, idle=idle, failure_pause=failure_pause)
    finally:
        await hands.finish(finish_within)


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

    async def finish(self, within: timedelta) -> None:
        """Let what is in hand end by itself for a while, then cancel it and wait for what it still has to do."""
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=within.total_seconds())
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
            self._places.release()
