"""Page sizes and tokens."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import InvalidRequest
from kit.paging import read_page_size, read_page_token, write_page_token

ARGUMENTS = {"parent": "channels/acme", "kinds": ["UPLOAD", "CLICK"]}


@pytest.mark.parametrize(
    ("requested", "size"), [(0, 50), (1, 1), (50, 50), (1000, 1000), (1001, 1000), (2**31 - 1, 1000)]
)
def test_sizes(requested: int, size: int) -> None:
    """0 means the default, and what is above the maximum becomes the maximum (AIP-158)."""
    assert read_page_size(requested) == size


def test_negative_size() -> None:
    """A negative size is the caller's mistake."""
    with pytest.raises(InvalidRequest) as caught:
        read_page_size(-1)

    assert caught.value.metadata == {"fields": "page_size"}


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=200))
def test_text_round_trip(cursor: str) -> None:
    """A token gives back where the page ended."""
    assert read_page_token(write_page_token(cursor, ARGUMENTS), ARGUMENTS) == cursor


@given(st.integers(-(2**63), 2**63 - 1))
def test_number_round_trip(cursor: int) -> None:
    """A token gives back a number as a number."""
    assert read_page_token(write_page_token(cursor, ARGUMENTS), ARGUMENTS, kind=int) == cursor


def test_ends() -> None:
    """The first page has no token to read, and the last one none to write."""
    assert read_page_token("", ARGUMENTS) is None
    assert write_page_token(None, ARGUMENTS) == ""


@pytest.mark.parametrize(
    "arguments", [{}, {"parent": "channels/beta", "kinds": ["UPLOAD", "CLICK"]}, {**ARGUMENTS, "kinds": ["CLICK"]}]
)
def test_other_arguments(arguments: dict[str, Any]) -> None:
    """A token works only with the arguments that it was given for."""
    token = write_page_token("may", ARGUMENTS)

    with pytest.raises(InvalidRequest) as caught:
        read_page_token(token, arguments)

    assert caught.value.metadata == {"fields": "page_token"}


@given(st.text(max_size=100))
def test_any_text(token: str) -> None:
    """Any other text is refused with a typed error."""
    if not token:
        return
    with pytest.raises(InvalidRequest):
        read_page_token(token, ARGUMENTS)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    )
)
def test_forged_tokens(document: Any) -> None:
    """A token that somebody put together is refused, whatever JSON it holds."""
    token = base64.urlsafe_b64encode(json.dumps(document).encode()).decode()

    with pytest.raises(InvalidRequest):
        read_page_token(token, ARGUMENTS)


@pytest.mark.parametrize("cursor", ["a\0b", "\ud800"])
def test_unstorable_cursors(cursor: str) -> None:
    """A cursor that no query takes is refused, even with a right digest."""
    with pytest.raises(InvalidRequest):
        read_page_token(write_page_token(cursor, ARGUMENTS), ARGUMENTS)


@pytest.mark.parametrize("cursor", [2**63, -(2**63) - 1])
def test_huge_cursors(cursor: int) -> None:
    """A number over 64 bits is refused, even with a right digest."""
    with pytest.raises(InvalidRequest):
        read_page_token(write_page_token(cursor, ARGUMENTS), ARGUMENTS, kind=int)


def test_other_kind() -> None:
    """A number is not taken where text is expected."""
    with pytest.raises(InvalidRequest):
        read_page_token(write_page_token(7, ARGUMENTS), ARGUMENTS)


def test_oversized_token() -> None:
    """A token of unreasonable length is refused unread."""
    with pytest.raises(InvalidRequest):
        read_page_token("A" * 100_000, ARGUMENTS)
