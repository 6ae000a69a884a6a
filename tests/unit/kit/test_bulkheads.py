"""A few places for each key."""

import asyncio
from datetime import timedelta

import pytest

from kit.bulkheads import Bulkheads, Crowded
from tests.infrastructure.eventually import eventually

NO_PATIENCE = timedelta(0)
PATIENT = timedelta(seconds=30)


class Visit:
    """Work that holds a place until it is let go."""

    def __init__(self, bulkheads: Bulkheads, key: str) -> None:
        self.begun = asyncio.Event()
        self._may_end = asyncio.Event()
        self._task = asyncio.create_task(self._stay(bulkheads, key))

    async def end(self) -> None:
        """Let it go, and wait until it has."""
        self._may_end.set()
        await self._task

    async def cut_off(self) -> None:
        """Cancel it, and wait until it has ended."""
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _stay(self, bulkheads: Bulkheads, key: str) -> None:
        async with bulkheads.place(key):
            self.begun.set()
            await self._may_end.wait()


async def visit(bulkheads: Bulkheads, key: str) -> Visit:
    """Take a place."""
    visitor = Visit(bulkheads, key)
    await visitor.begun.wait()
    return visitor


async def test_a_crowd_of_one_key_keeps_nobody_else_out() -> None:
    """Beyond its places a key is refused, while another one has all of its own."""
    bulkheads = Bulkheads(most=2, patience=NO_PATIENCE)
    visits = [await visit(bulkheads, "sick") for _ in range(2)]

    with pytest.raises(Crowded):
        async with bulkheads.place("sick"):
            pytest.fail("there was no place")
    async with bulkheads.place("well"), bulkheads.place("well"):
        pass
    for visitor in visits:
        await visitor.end()


async def test_whoever_is_patient_gets_the_place_that_becomes_free() -> None:
    """A crowd whose work goes on is let in, one after the other."""
    bulkheads = Bulkheads(most=1, patience=PATIENT)
    first = await visit(bulkheads, "busy")
    second = Visit(bulkheads, "busy")
    await asyncio.sleep(0)
    waited = not second.begun.is_set()
    await first.end()
    await eventually(second.begun.is_set)
    await second.end()

    assert waited


@pytest.mark.parametrize("failure", [ZeroDivisionError, asyncio.CancelledError])
async def test_work_that_fails_gives_its_place_back(failure: type[BaseException]) -> None:
    """However a block ends, its place is free again."""
    bulkheads = Bulkheads(most=1, patience=NO_PATIENCE)
    with pytest.raises(failure):
        async with bulkheads.place("key"):
            raise failure

    async with bulkheads.place("key"):
        pass


async def test_whoever_gives_up_waiting_takes_no_place() -> None:
    """A caller that is cut off in the queue leaves it."""
    bulkheads = Bulkheads(most=1, patience=PATIENT)
    first = await visit(bulkheads, "busy")
    waiting = Visit(bulkheads, "busy")
    await asyncio.sleep(0)
    await waiting.cut_off()
    await first.end()

    async with bulkheads.place("busy"):
        pass
