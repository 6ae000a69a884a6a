"""Runs the use cases that work in the background, one piece after another, for as long as the process lives."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import NoReturn, TypeVar

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
) -> NoReturn:
    """Claim piece after piece until cancelled, and work on up to `most` of them at once.

    Work that waits, as for a slow vendor, costs a place and nothing else. When this is cancelled nothing more is
    claimed; what is in hand has `FINISH_WITHIN` to end, then it is cancelled too and gives its claim back. Failures are
    logged, as in `run_steps`.
    """
    places = asyncio.Semaphore(most)
    tasks: set[asyncio.Task[None]] = set()

    async def attend(item: ItemT) -> None:
        try:
            await work(item)
        except Exception as error:  # noqa: BLE001 - the edge of a worker: there is nobody to pass it on to
            _log.error("work_failed", worker=name, reason=type(error).__name__, exc_info=error)
        finally:
            places.release()

    async def step() -> bool:
        await places.acquire()
        try:
            item = await claim()
        except BaseException:
            places.release()
            raise
        if item is None:
            places.release()
            return False
        task = asyncio.create_task(attend(item), name=name)
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        return True

    try:
        await run_steps(name, step, idle=idle, failure_pause=failure_pause)
    finally:
        await _finish(tasks)


async def _finish(tasks: set[asyncio.Task[None]]) -> None:
    """Let tasks end by themselves for a while, then cancel them and wait for what they still have to do."""
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=FINISH_WITHIN.total_seconds())
    for task in late:
        task.cancel()
    if late:
        await asyncio.wait(late)
