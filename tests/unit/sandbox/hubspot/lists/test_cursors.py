"""Cursors lead back to their record and to nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.hubspot.errors import RequestRefusedError
from sandbox.hubspot.lists.cursors import open_cursor, seal_cursor


@given(st.integers(0, 2**62))
def test_round_trip(record_id: int) -> None:
    """A sealed record id opens as itself and is not readable."""
    cursor = seal_cursor(record_id)

    assert open_cursor(cursor) == record_id
    assert str(record_id) != cursor


@given(st.text(max_size=20))
def test_made_up(text: str) -> None:
    """A made-up cursor is a bad value, never a crash."""
    with pytest.raises(RequestRefusedError) as refused:
        open_cursor(text)

    assert refused.value.failure.status == 400
