"""Figures of people as anybody may see them (requirement Q2)."""

from dataclasses import dataclass
from enum import Enum, auto


class CountState(Enum):
    """How a count is to be read; the words of `outreach.type.v1.Count.State` that this service uses."""

    EXACT = auto()
    HIDDEN = auto()
    NOT_YET = auto()
    NO_LONGER = auto()


@dataclass(frozen=True, slots=True)
class Count:
    """A figure beside the state that says how to read it; `value` is 0 unless it is exact."""

    value: int
    state: CountState

    @property
    def is_exact(self) -> bool:
        """Whether `value` is the number itself."""
        return self.state is CountState.EXACT


@dataclass(frozen=True, slots=True)
class Rate:
    """A share from 0 to 1; 0 unless it is exact."""

    value: float
    state: CountState


HIDDEN = Count(0, CountState.HIDDEN)
NOT_YET = Count(0, CountState.NOT_YET)
NO_LONGER = Count(0, CountState.NO_LONGER)


def divide(part: Count, whole: Count) -> Rate:
    """Return the share of two published counts (V2); of two that are missing, the whole says why."""
    for count in (whole, part):
        if not count.is_exact:
            return Rate(0.0, count.state)
    if whole.value == 0:
        return Rate(0.0, CountState.NOT_YET)
    # LINE's figures may contain small errors (LP 7.4), and a share above all would only puzzle.
    return Rate(min(1.0, part.value / whole.value), CountState.EXACT)
