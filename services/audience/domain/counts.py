"""Figures of people as the audience service may show them."""

from dataclasses import dataclass
from enum import Enum, auto

ROUNDING_STEP = 10
"""LINE-computed sizes are shown rounded down to a multiple of this (architecture 7, V7)."""

MASKING_THRESHOLD = 20
"""LINE shows 0 for a computed size below this (LP 3.9)."""


class CountState(Enum):
    """How a count is to be read; the words of `outreach.type.v1.Count.State`."""

    EXACT = auto()
    ROUNDED = auto()
    HIDDEN = auto()
    NOT_YET = auto()


@dataclass(frozen=True, slots=True)
class Count:
    """A figure beside the state that says how to read it; `value` is 0 unless it is exact or rounded."""

    value: int
    state: CountState


def show_exact(number: int) -> Count:
    """Show a number that the caller knows anyway: the size of an own upload or of a chat tag (LP 3.9)."""
    return Count(number, CountState.EXACT)


def show_computed(number: int) -> Count:
    """Show a number that LINE computed about people, so that small groups and small movements stay hidden (V7)."""
    if number < MASKING_THRESHOLD:
        return Count(0, CountState.HIDDEN)
    return Count(number - number % ROUNDING_STEP, CountState.ROUNDED)
