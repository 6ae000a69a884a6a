"""Waiting for a condition with a deadline, in place of sleeping (ST 7.5)."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, overload

T = TypeVar("T")

_POLL_SECONDS = 0.01


@overload
async def eventually(condition: Callable[[], Awaitable[T]], *, deadline: float = ..., pause: float = ...) -> T: ...
@overload
async def eventually(condition: Callable[[], T], *, deadline: float = ..., pause: float = ...) -> T: ...
async def eventually(
    condition: Callable[[], T | Awaitable[T]], *, deadline: float = 5.0, pause: float = _POLL_SECONDS
) -> T:
    """Return the first truthy value of `condition`, a plain or an async function that is asked every `pause` seconds.

    Raises:
        AssertionError: none came within `deadline` seconds; the message holds the last value.

    """
    end = time.monotonic() + deadline
    while True:
        answer = condition()
        value = await answer if inspect.isawaitable(answer) else answer
        if value:
            return value
        if time.monotonic() > end:
            raise _never_true(value, deadline)
        await asyncio.sleep(pause)


def eventually_blocking(condition: Callable[[], T], *, deadline: float = 5.0) -> T:
    """Do as `eventually` in a test that runs no event loop."""
    end = time.monotonic() + deadline
    while not (value := condition()):
        if time.monotonic() > end:
            raise _never_true(value, deadline)
        time.sleep(_POLL_SECONDS)
    return value


def _never_true(last: object, deadline: float) -> AssertionError:
    return AssertionError(f"the condition did not hold within {deadline:g} s; it last gave {last!r}")
