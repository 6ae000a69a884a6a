"""Background steps follow one another whatever happens to one of them."""

import asyncio
from datetime import timedelta

from kit.background import run_steps


async def test_busy_steps_follow_at_once() -> None:
    """While there is work no pause is made."""
    done = asyncio.Event()
    left = [True, True, True]

    async def step() -> bool:
        if not left:
            done.set()
        return bool(left and left.pop())

    task = asyncio.create_task(run_steps("test", step, idle=timedelta(days=1)))
    await asyncio.wait_for(done.wait(), 5)
    task.cancel()

    assert left == []


async def test_failure_does_not_end_the_worker() -> None:
    """After a failed step the next one comes."""
    done = asyncio.Event()
    failures = [ValueError("one")]

    async def step() -> bool:
        if failures:
            raise failures.pop()
        done.set()
        return False

    task = asyncio.create_task(run_steps("test", step, idle=timedelta(days=1), failure_pause=timedelta(0)))
    await asyncio.wait_for(done.wait(), 5)
    task.cancel()

    assert failures == []
