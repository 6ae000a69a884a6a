"""Tests of what the requests of several services have in common."""

import uuid

import pytest

from kit.callers import Caller, set_caller
from kit.errors import InvalidRequest, Violations
from kit.rpc.requests import check_request_id, make_once
from outreach.delivery.v1.campaign_pb2 import SendCampaignRequest

ANY_UUID = [
    "aee6a2b0-5a3e-11f1-8d3c-0242ac120002",  # of version 1
    uuid.uuid3(uuid.NAMESPACE_URL, "a"),
    "0b3e8f8c-3a64-4b0f-9a55-6f0c5f1c7f7d",  # of version 4
    uuid.uuid5(uuid.NAMESPACE_URL, "a"),
    "01932c07-209c-7401-bd6b-f9a4c1d3e7a1",
    "00000000-0000-0000-0000-000000000000",
    "1B4E28BA-2FA1-11D2-883F-0016D3CCA427",
]


@pytest.mark.parametrize("request_id", ANY_UUID, ids=str)
def test_any_uuid_is_a_request_id(request_id: object) -> None:
    """Which version of UUID a caller's library makes does not matter (AIP-155)."""
    bad = Violations()
    check_request_id(bad, SendCampaignRequest(request_id=str(request_id)))

    assert not bad


@pytest.mark.parametrize(
    "request_id", ["", "1", "1b4e28ba2fa111d2883f0016d3cca427", "{1b4e28ba-2fa1-11d2-883f-0016d3cca427}", "g" * 36]
)
def test_other_texts_are_none(request_id: str) -> None:
    """What is no UUID in its canonical form is refused by the field's name."""
    bad = Violations()
    check_request_id(bad, SendCampaignRequest(request_id=request_id))

    with pytest.raises(InvalidRequest) as refused:
        bad.raise_if_any()
    assert [(field.field, field.reason) for field in refused.value.fields] == [("request_id", "MALFORMED_REQUEST_ID")]


def test_equal_requests_are_equal_whatever_the_case_of_their_id() -> None:
    """A repetition is recognised by the id without regard to case, and by everything but the id."""
    set_caller(Caller("user:a", frozenset(), frozenset()))
    request_id = str(uuid.uuid4())
    first = make_once("Send", SendCampaignRequest(name="a", request_id=request_id), request_id)
    second = make_once("Send", SendCampaignRequest(name="a", request_id=request_id.upper()), request_id.upper())
    other = make_once("Send", SendCampaignRequest(name="b", request_id=request_id), request_id)

    assert first == second
    assert (first.key, first.body) != (other.key, other.body)
