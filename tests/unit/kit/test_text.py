"""Tests of text from outside."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.text import clean


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (rb'"a"', "a"),
        ('"配信😀"'.encode(), "配信😀"),
        (rb'"\ud83d\ude00"', "😀"),
        (b'"\xed\xa0\xbd\xed\xb8\x80"', "😀"),
        (rb'"half \ud83d"', "half \N{REPLACEMENT CHARACTER}"),
        (rb'"\ude00 half"', "\N{REPLACEMENT CHARACTER} half"),
        (b'"\xed\xa0\xbd"', "\N{REPLACEMENT CHARACTER}"),
        (rb'"a\u0000b"', "a\N{REPLACEMENT CHARACTER}b"),
        (rb'"\u0000\ud83d"', "\N{REPLACEMENT CHARACTER}" * 2),
    ],
)
def test_clean(written: bytes, read: str) -> None:
    """What JSON writes as half a sign, or as NUL, is replaced; everything else stays."""
    assert clean(json.loads(written)) == read


@given(st.text(st.characters() | st.characters(categories=["Cs"])))
def test_any_text(text: str) -> None:
    """Clean text can be written as UTF-8, holds no NUL, and is clean already."""
    cleaned = clean(text)

    assert "\0" not in cleaned
    assert cleaned.encode().decode() == cleaned == clean(cleaned)
