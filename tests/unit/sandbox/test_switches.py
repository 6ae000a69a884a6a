"""Which values fit a switch."""

import enum
from typing import Any, Literal

import pytest

from sandbox.switches import LARGEST_NUMBER, fits


class Choice(enum.Enum):
    """A choice."""

    ONE = "one"


@pytest.mark.parametrize(
    ("hint", "fitting", "others"),
    [
        (float, [0, 1.5, LARGEST_NUMBER], [-1, True, "1", None, LARGEST_NUMBER + 1, float("nan"), float("inf")]),
        (int, [0, 5], [1.5, True, None, "1"]),
        (int | None, [5, None], [1.5, True]),
        (bool, [True, False], [1, 0, "true", None]),
        (str, ["a", ""], [1, None]),
        (str | None, ["a", None], [1]),
        (Literal["a", "b"], ["a"], ["c", 1, None, []]),
        (Choice, ["one"], ["two", 1, None]),
    ],
)
def test_fits(hint: Any, fitting: list[Any], others: list[Any]) -> None:
    """A value fits by its type and range, and nothing passes for another type."""
    assert all(fits(hint, value) for value in fitting)
    assert not any(fits(hint, value) for value in others)
