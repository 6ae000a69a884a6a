"""What may be shown of sizes (V7)."""

from hypothesis import given
from hypothesis import strategies as st

from audience.domain.counts import MASKING_THRESHOLD, ROUNDING_STEP, CountState, show_computed, show_exact

NUMBERS = st.integers(0, 10_000_000)


@given(NUMBERS)
def test_computed(number: int) -> None:
    """A computed size is hidden below 20, else rounded down to a multiple of ten."""
    shown = show_computed(number)

    if number < MASKING_THRESHOLD:
        assert (shown.value, shown.state) == (0, CountState.HIDDEN)
    else:
        assert shown.state is CountState.ROUNDED
        assert shown.value % ROUNDING_STEP == 0
        assert 0 <= number - shown.value < ROUNDING_STEP


@given(NUMBERS)
def test_exact(number: int) -> None:
    """A number that the caller knows anyway is shown as it is."""
    assert (show_exact(number).value, show_exact(number).state) == (number, CountState.EXACT)
