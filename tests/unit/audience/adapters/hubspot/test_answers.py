"""Whatever bytes come as an answer, reading them ends in an answer or in an error of the service."""

import json
from datetime import timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audience.adapters.hubspot.answers import Answer, find_correlation_id, read_answer
from audience.adapters.hubspot.troubles import PassingError
from audience.domain.errors import HubSpotScopeMissing
from kit.errors import ServiceError

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters() | st.characters(categories=["Cs"]), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
known = st.sampled_from(["correlationId", "errors", "category", "message", "policyName", "context"])


@given(st.integers(200, 599), st.dictionaries(known, values), st.text(max_size=8, alphabet="0123456789x -"))
def test_any_envelope(status: int, body: dict[str, object], retry_after: str) -> None:
    """Every status with every envelope is an answer or an error of the service."""
    response = httpx.Response(status, content=json.dumps(body), headers={"Retry-After": retry_after})
    try:
        outcome: object = read_answer(response)
    except ServiceError as error:
        outcome = error

    assert isinstance(outcome, Answer) == (status in {200, 207})


@given(st.integers(200, 599), st.binary(max_size=20))
def test_any_bytes(status: int, content: bytes) -> None:
    """Every status with a body that is no JSON object is an error of the service."""
    try:
        is_object = isinstance(json.loads(content), dict)
    except ValueError:
        is_object = False
    if is_object:
        return

    with pytest.raises(ServiceError):
        read_answer(httpx.Response(status, content=content))


def test_scopes_are_collected() -> None:
    """Scopes are read from every error entry; broken entries are passed over."""
    errors = [
        {"context": {"requiredGranularScopes": ["b", "a"]}},
        {"context": {"requiredGranularScopes": "c"}},
        {"context": None},
        "nothing",
        {"context": {"requiredGranularScopes": ["a", 7, "no scope", json.loads(r'"\ud83d"'), ["c"]]}},
    ]

    with pytest.raises(HubSpotScopeMissing) as refused:
        read_answer(httpx.Response(403, content=json.dumps({"errors": errors})))
    assert refused.value.scopes == ("a", "b")


@pytest.mark.parametrize(("told", "expected"), [(None, 2), ("1", 2), ("7", 7)])
def test_lock(told: str | None, expected: int) -> None:
    """A lock is waited for at least two seconds (HS 3, 423)."""
    headers = {} if told is None else {"Retry-After": told}

    with pytest.raises(PassingError) as locked:
        read_answer(httpx.Response(423, json={}, headers=headers))
    assert locked.value.retry_after == timedelta(seconds=expected)


@pytest.mark.parametrize("correlation_id", ["x" * 65, "a b", 7, None, "line\nbreak"])
def test_odd_correlation_id(correlation_id: object) -> None:
    """What is no plausible correlation id never enters a log."""
    response = httpx.Response(500, json={"correlationId": correlation_id})

    assert find_correlation_id(response) is None
