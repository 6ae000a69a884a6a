"""Bodies are canonical, say exactly what their trees say, and never address everybody."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineapi.demographics import Age, AppType, Area, DemographicTree, Gender, SubscriptionPeriod
from lineapi.errors import EverybodyRefusedError
from lineapi.narrowcast_request import Limit, NarrowcastRequest, encode, refuse_everybody
from lineapi.recipients import Audience, RecipientTree, Redelivery
from lineapi.trees import And, Not, Or

_MESSAGES = [{"type": "text", "text": "こんにちは"}]


def _trees(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    def extend(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        operands = st.lists(inner, min_size=1, max_size=3).map(tuple)
        return operands.map(And) | operands.map(Or) | inner.map(Not)

    return st.recursive(leaves, extend, max_leaves=8)


def _ranges(kind: type[Age] | type[SubscriptionPeriod]) -> st.SearchStrategy[Any]:
    bounds = st.tuples(st.none() | st.integers(0, 40), st.none() | st.integers(41, 365))
    return bounds.filter(lambda pair: pair != (None, None)).map(lambda pair: kind(gte=pair[0], lt=pair[1]))


_VALUES = st.lists(st.text("abcdefghij_0123456789", min_size=1), min_size=1, max_size=3).map(tuple)
_RECIPIENTS = _trees(st.integers(1, 2**62).map(Audience) | st.uuids().map(str).map(Redelivery))
_DEMOGRAPHICS = _trees(
    _VALUES.map(Gender) | _VALUES.map(AppType) | _VALUES.map(Area) | _ranges(Age) | _ranges(SubscriptionPeriod)
)


def _read_tree(tree: dict[str, Any]) -> Any:
    """Read LINE's objects of LP 4.3 and 4.4 back, independently of the code that writes them."""
    kind = tree.pop("type")
    ((name, value), *others) = tree.items()
    if kind in {"age", "subscriptionPeriod"}:
        return _read_range(kind, tree)
    assert not others
    readers: dict[tuple[str, str], Callable[[Any], Any]] = {
        ("operator", "and"): lambda operands: And(tuple(map(_read_tree, operands))),
        ("operator", "or"): lambda operands: Or(tuple(map(_read_tree, operands))),
        ("operator", "not"): lambda operand: Not(_read_tree(operand)),
        ("audience", "audienceGroupId"): Audience,
        ("redelivery", "requestId"): Redelivery,
        ("gender", "oneOf"): lambda values: Gender(tuple(values)),
        ("appType", "oneOf"): lambda values: AppType(tuple(values)),
        ("area", "oneOf"): lambda values: Area(tuple(values)),
    }
    return readers[kind, name](value)


def _read_range(kind: str, steps: dict[str, str]) -> Age | SubscriptionPeriod:
    unit = "age_" if kind == "age" else "day_"
    assert all(step.startswith(unit) for step in steps.values())
    bounds = {name: int(step.removeprefix(unit)) for name, step in steps.items()}
    return Age(**bounds) if kind == "age" else SubscriptionPeriod(**bounds)


@given(recipient=st.none() | _RECIPIENTS, demographic=st.none() | _DEMOGRAPHICS)
def test_trees_survive(recipient: RecipientTree | None, demographic: DemographicTree | None) -> None:
    """Whatever trees go in, the same come out of the bytes; only where there is none is it refused."""
    if recipient is None and demographic is None:
        with pytest.raises(EverybodyRefusedError):
            NarrowcastRequest(messages=_MESSAGES)
        return

    body = encode(NarrowcastRequest(messages=_MESSAGES, recipient=recipient, demographic=demographic))
    read = json.loads(body)

    assert read["messages"] == _MESSAGES
    assert (None if recipient is None else _read_tree(read["recipient"])) == recipient
    assert (None if demographic is None else _read_tree(read["filter"]["demographic"])) == demographic
    assert ("recipient" in read, "filter" in read) == (recipient is not None, demographic is not None)
    refuse_everybody(body)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(message=st.dictionaries(st.text(), _JSON, max_size=6), data=st.data())
def test_bytes_are_canonical(message: dict[str, Any], data: st.DataObject) -> None:
    """Equal requests give equal bytes whatever the order of names, and reading and writing again changes nothing."""
    shuffled = dict(data.draw(st.permutations(list(message.items()))))

    body = encode(NarrowcastRequest(messages=[message], recipient=Audience(1)))

    assert encode(NarrowcastRequest(messages=[shuffled], recipient=Audience(1))) == body
    assert encode(NarrowcastRequest(messages=json.loads(body)["messages"], recipient=Audience(1))) == body


def test_whole_body() -> None:
    """A body holds what was set, in LINE's names, and nothing that was not."""
    body = encode(
        NarrowcastRequest(
            messages=_MESSAGES,
            recipient=And((Audience(5), Not(Redelivery("r-1")))),
            demographic=Age(gte=20),
            limit=Limit(maximum=100, up_to_remaining_quota=True, forbid_partial_delivery=True),
            notification_disabled=True,
        )
    )

    assert (
        body
        == (
            '{"filter":{"demographic":{"gte":"age_20","type":"age"}},'
            '"limit":{"forbidPartialDelivery":true,"max":100,"upToRemainingQuota":true},'
            '"messages":[{"text":"こんにちは","type":"text"}],"notificationDisabled":true,'
            '"recipient":{"and":[{"audienceGroupId":5,"type":"audience"},'
            '{"not":{"requestId":"r-1","type":"redelivery"},"type":"operator"}],"type":"operator"}}'
        ).encode()
    )


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


@pytest.mark.parametrize(
    "build",
    [
        lambda: And(()),
        lambda: Or(()),
        lambda: Gender(()),
        lambda: AppType(()),
        lambda: Area(()),
        Age,
        lambda: Age(gte=30, lt=30),
        SubscriptionPeriod,
        lambda: SubscriptionPeriod(gte=90, lt=30),
        lambda: Limit(maximum=0),
        lambda: Limit(forbid_partial_delivery=True),
    ],
)
def test_what_line_refuses_can_not_be_built(build: Any) -> None:
    """Empty operators and lists, empty and reversed ranges, and limits that contradict themselves are refused here."""
    with pytest.raises(ValueError, match=r"need|must"):
        build()
