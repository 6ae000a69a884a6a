"""Runs the use cases that work in the background, one piece after another, for as long as the process lives."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import NoReturn

import structlog

FAILURE_PAUSE = timedelta(seconds=5)

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
