"""The alarm of background work."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from sandbox.alarm import Alarm, Listeners, run_in_background
from sandbox.clock import Clock
from tests.infrastructure.eventually import eventually

START = datetime(2026, 1, 1, tzinfo=UTC)
NEVER = 60.0


async def is_woken(alarm: Alarm, due: datetime | None = None) -> bool:
    """Whether a sleeper is woken within a moment."""
    try:
        await asyncio.wait_for(alarm.sleep(due), timeout=0.05)
    except TimeoutError:
        return False
    return True


async def test_what_wakes() -> None:
    """A source, a move of the clock and a change of its speed wake the sleeper, each once after a reset."""
    clock, source = Clock(machine=lambda: START), Listeners()
    alarm = Alarm(clock, source)
    woken = []
    with alarm.listening():
        for ring in (source[0], lambda: clock.advance(1), lambda: clock.run_at(0), lambda: None):
            alarm.reset()
            ring()
            woken.append(await is_woken(alarm))

    assert woken == [True, True, True, False]
    assert (source, clock.listeners) == ([], [])


@pytest.mark.parametrize(("speed", "woken"), [(0, False), (1, False), (3_600_000 / NEVER, True)])
async def test_what_is_due(speed: float, *, woken: bool) -> None:
    """Business time that runs fast reaches what is due soon; a clock that stands never does."""
    clock = Clock(machine=lambda: START)
    clock.run_at(speed)

    assert await is_woken(Alarm(clock), clock.now() + timedelta(seconds=NEVER)) is woken


async def test_work_that_breaks_down_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """An error of background work is logged when it happens, and raised at the end."""

    async def work() -> None:
        raise RuntimeError("broken")

    context = run_in_background(work)(web.Application())
    await anext(context)
    with caplog.at_level(logging.ERROR):
        await eventually(lambda: caplog.text)
    with pytest.raises(RuntimeError, match="broken"):
        await anext(context)

    assert "background work of the sandbox has ended" in caplog.text
