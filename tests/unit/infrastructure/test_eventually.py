"""Waiting for a condition with a deadline."""

import itertools

import pytest

from tests.infrastructure.eventually import eventually, eventually_blocking


async def test_the_first_truthy_value_is_returned() -> None:
    """The wait ends with the value that the condition gave."""
    counter = itertools.count()

    assert await eventually(lambda: next(counter)) == 1


async def test_an_async_condition_is_awaited() -> None:
    """A coroutine object, which is always truthy, is not taken for the answer."""
    counter = itertools.count()

    async def count() -> int:
        return next(counter)

    assert await eventually(count) == 1


async def test_a_condition_that_never_holds_fails_with_its_last_value() -> None:
    """The message helps to see what was there instead."""
    with pytest.raises(AssertionError, match=r"within 0\.02 s; it last gave \[\]"):
        await eventually(list, deadline=0.02)


def test_a_blocking_wait_does_the_same() -> None:
    """Tests without an event loop wait in the same words."""
    counter = itertools.count()
    first = eventually_blocking(lambda: next(counter))

    assert first == 1
    with pytest.raises(AssertionError, match="it last gave None"):
        eventually_blocking(lambda: None, deadline=0.02)
