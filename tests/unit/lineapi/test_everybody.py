"""A body that names nobody is not sent, whatever form that takes."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineapi.errors import EverybodyRefusedError
from lineapi.everybody import refuse_everybody

_LEAVES = st.integers(1, 2**62).map(lambda number: {"type": "audience", "audienceGroupId": number}) | st.just(
    {"type": "gender", "oneOf": ["male"]}
)


def _combine(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    operands = st.lists(inner, min_size=1, max_size=3)
    operators = operands.map(lambda nodes: {"and": nodes}) | operands.map(lambda nodes: {"or": nodes})
    return (operators | inner.map(lambda node: {"not": node})).map(lambda operator: {"type": "operator", **operator})


_TREES = st.recursive(_LEAVES, _combine, max_leaves=8)


@given(recipient=st.none() | _TREES, demographic=st.none() | _TREES)
def test_a_tree_with_a_leaf_narrows(recipient: Any, demographic: Any) -> None:
    """Where either tree names somebody the body may leave; where neither is there it may not."""
    trees = {"recipient": recipient, "filter": None if demographic is None else {"demographic": demographic}}
    body = json.dumps({"messages": [], **{name: tree for name, tree in trees.items() if tree is not None}}).encode()
    if recipient is None and demographic is None:
        with pytest.raises(EverybodyRefusedError):
            refuse_everybody(body)
        return

    refuse_everybody(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"\xff",
        b"{",
        b'{"messages":[]}',
        b'{"recipient":null}',
        b'{"recipient":{}}',
        b'{"recipient":[]}',
        b'{"recipient":"all"}',
        b'{"recipient":{"type":null}}',
        b'{"filter":null}',
        b'{"filter":{}}',
        b'{"filter":{"demographic":null}}',
        b'{"filter":{"demographic":{}}}',
        b'{"filter":[{"demographic":{"type":"gender"}}]}',
        b'{"recipient":{"type":"operator","and":[]}}',
        b'{"recipient":{"type":"operator","not":{}}}',
        b'{"recipient":{"type":"operator","or":[{"type":"operator","and":[]}]}}',
        b'{"recipient":{"type":"audience","audienceGroupId":1},"recipient":null}',
        b'{"nested":{"recipient":{"type":"audience","audienceGroupId":1}}}',
    ],
)
def test_everybody_is_refused(body: bytes) -> None:
    """Bytes that do not surely narrow are refused, whatever form that takes."""
    with pytest.raises(EverybodyRefusedError):
        refuse_everybody(body)
