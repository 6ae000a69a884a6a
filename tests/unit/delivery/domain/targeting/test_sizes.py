"""Ranges of people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.domain.targeting.sizes import CountState, Size


@pytest.mark.parametrize(
    ("count", "exact", "size"),
    [
        (0, True, Size(0, 0)),
        (19, True, Size(19, 19)),
        (0, False, Size(0, 19)),
        (20, False, Size(20, 20)),
    ],
)
def test_lines_zero_may_mean_nineteen(count: int, exact: bool, size: Size) -> None:  # noqa: FBT001 - a parameter
    """Only where LINE's count is exact does 0 mean nobody (LP 3.9)."""
    assert Size.from_line(count, exact=exact) == size


@pytest.mark.parametrize(
    ("value", "state", "made_from_message", "size"),
    [
        (45, CountState.EXACT, False, Size(45, 45)),
        (40, CountState.ROUNDED, False, Size(40, 49)),
        (50, CountState.ROUNDED, True, Size(50, 59)),
        (0, CountState.HIDDEN, False, Size(0, 19)),
        (0, CountState.HIDDEN, True, Size(0, None)),
        (0, CountState.NOT_YET, False, Size(0, None)),
        (0, CountState.NO_LONGER, False, Size(0, None)),
    ],
)
def test_published_counts_are_read_by_their_state(
    value: int,
    state: CountState,
    made_from_message: bool,  # noqa: FBT001 - a parameter
    size: Size,
) -> None:
    """A published value means what its state says, and nothing where the state says nothing."""
    assert Size.from_published(value, state, made_from_message=made_from_message) == size


@given(st.integers(0, 10_000))
def test_what_we_publish_is_read_back_truly(members: int) -> None:
    """A size published by V1 and V7 is read as a range that holds the true size."""
    hidden = members < 20
    state = CountState.HIDDEN if hidden else CountState.ROUNDED
    size = Size.from_published(0 if hidden else members // 10 * 10, state, made_from_message=False)

    assert size.at_most is not None
    assert size.at_least <= members <= size.at_most
