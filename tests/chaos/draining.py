"""Lets business time go on step by step, and the orders of one account with it."""

from datetime import timedelta

from tests.chaos.books import read_line_books
from tests.chaos.stage import Account, Stage
from tests.infrastructure.eventually import eventually

_STEP_S = 2.0
_PAUSE_S = 0.1


async def drain(stage: Stage, account: Account, *, awaited: int, step: timedelta, most: int) -> int:
    """Move the clocks by `step` until LINE has accepted as many orders as awaited, `most` times; return how many."""
    accepted = await _await_standstill(stage, account, awaited)
    for _ in range(most):
        if accepted == awaited:
            break
        stage.move_clocks(step)
        accepted = await _await_more(stage, account, accepted)
    return accepted


async def _await_standstill(stage: Stage, account: Account, awaited: int) -> int:
    """Return how many orders LINE has accepted once no more come without the clock's going on."""
    accepted, before = 0, -1
    while before < accepted < awaited:
        before, accepted = accepted, await _await_more(stage, account, accepted)
    return accepted


async def _await_more(stage: Stage, account: Account, accepted: int) -> int:
    """Give the service a moment to use its time, and return how many LINE has accepted then; maybe none more."""

    def count_more() -> int:
        count = len(read_line_books(stage.vendor, [account]))
        return count if count > accepted else 0

    try:
        return await eventually(count_more, deadline=_STEP_S, pause=_PAUSE_S)
    except AssertionError:
        return accepted
