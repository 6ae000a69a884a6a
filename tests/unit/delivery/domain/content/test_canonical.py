"""The one spelling of JSON."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.domain.content.canonical import canonical_json

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda values: st.lists(values) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), values),
    max_leaves=20,
)


def test_spelling_is_compact_utf8_in_the_given_order() -> None:
    """Members keep their order, text stays UTF-8, integers stay integers, and there are no spaces."""
    spelled = canonical_json({"b": "春", "a": [1, True, None]})

    assert spelled == '{"b":"春","a":[1,true,null]}'.encode()


@given(json_values)
def test_spelling_loses_nothing(value: object) -> None:
    """What is read back is what was spelled."""
    assert json.loads(canonical_json(value)) == value


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800"])
def test_what_json_cannot_carry_is_refused(value: object) -> None:
    """NaN, infinities and lone surrogates raise instead of making bytes that LINE can't read."""
    with pytest.raises(ValueError):  # noqa: PT011 - the kinds of ValueError are Python's own
        canonical_json([value])
