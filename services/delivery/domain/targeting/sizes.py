"""How many people an audience holds: never one number but a range.

LINE shows 0 for 1 to 19 (LP 3.9) and callers see rounded figures (V7). Policy reasons on ranges alone, so that the same
rules serve both views.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Self

LARGEST_MASKED = 19
"""Largest number of people that LINE, and we, show as 0 (LP 3.9, V1)."""

ROUNDING = 10
"""Published sizes of audiences that LINE computes are rounded down to a multiple of this (V7)."""


class CountState(Enum):
    """How the value of a published count is to be read (`outreach.type.v1.Count`)."""

    EXACT = "EXACT"
    ROUNDED = "ROUNDED"
    HIDDEN = "HIDDEN"
    NOT_YET = "NOT_YET"
    NO_LONGER = "NO_LONGER"


@dataclass(frozen=True, slots=True)
class Size:
    """How many people an audience holds, those who block included: from `at_least` to `at_most`, None when unknown."""

    at_least: int = 0
    at_most: int | None = None

    @classmethod
    def from_line(cls, count: int, *, exact: bool) -> Self:
        """Read LINE's `audienceCount`; where it is not exact however small, 0 means 0 to 19 (LP 3.9)."""
        return cls(0, LARGEST_MASKED) if count == 0 and not exact else cls(count, count)

    @classmethod
    def from_published(cls, value: int, state: CountState, *, made_from_message: bool) -> Self:
        """Read a published count.

        Hidden means 0 to 19, save for audiences made from a message: theirs may also be hidden because showing it would
        reveal another figure of that campaign, and then it says nothing (V3, V7).
        """
        match state:
            case CountState.EXACT:
                return cls(value, value)
            case CountState.ROUNDED:
                return cls(value, value + ROUNDING - 1)
            case CountState.HIDDEN if not made_from_message:
                return cls(0, LARGEST_MASKED)
        return cls()
