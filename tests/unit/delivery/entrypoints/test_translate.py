"""What a caller wrote is what a caller reads."""

import json
from datetime import UTC
from typing import Any

import pytest
from google.protobuf.struct_pb2 import Struct
from hypothesis import given

from delivery.application.campaigns.judge import Verdict
from delivery.application.campaigns.prospects import Stake
from delivery.domain.campaigns.campaign import open_campaign
from delivery.domain.campaigns.draft import NewCampaign
from delivery.domain.content.canonical import canonical_json
from delivery.domain.policy.plan import Plan, PlannedCall
from delivery.domain.targeting.trees import Targeting
from delivery.entrypoints.translate import write_verdict
from delivery.entrypoints.translate_messages import read_messages, write_messages
from delivery.entrypoints.translate_targeting import read_targeting, write_targeting
from kit.errors import InvalidRequest, Violations
from outreach.delivery.v1.campaign_pb2 import Message
from outreach.delivery.v1.targeting_pb2 import Targeting as TargetingMessage
from tests.strategies.policy import NOW, judge, make_content, make_targeting
from tests.strategies.rows import LIFETIME, UID
from tests.strategies.targeting import targetings

STAKE = Stake("channels/acme/campaigns/may", "U-acme", needed_count=None, plan_size=None)


def make_message(document: dict[str, Any]) -> Message:
    """Return a message of LINE's own form."""
    struct = Struct()
    struct.update(document)
    return Message(line_message=struct)


@given(targetings)
def test_a_targeting_survives_the_wire(targeting: Targeting) -> None:
    """Every tree passes through proto unchanged."""
    wire = write_targeting(targeting).SerializeToString()

    assert read_targeting(TargetingMessage.FromString(wire)) == targeting


def test_numbers_become_integers_again() -> None:
    """A Struct knows floats only; integral ones are LINE's integers, others stay as they are (architecture 2)."""
    bad = Violations()
    (message,) = read_messages(bad, [make_message({"type": "x", "a": 3, "b": 0.5, "c": 2**53})], field="messages")

    assert not bad
    assert json.loads(canonical_json(message)) == {"a": 3, "b": 0.5, "c": 2**53, "type": "x"}
    assert b'"a":3,' in canonical_json(message)


@pytest.mark.parametrize("number", [2.0**53 + 2, -(2.0**60), float("nan"), float("inf"), 1e308])
def test_numbers_that_may_have_lost_digits_are_refused(number: float) -> None:
    """Beyond 2^53 a float no longer says what the caller wrote."""
    bad = Violations()
    read_messages(bad, [make_message({"type": "x", "deep": [{"a": number}]})], field="messages")

    with pytest.raises(InvalidRequest) as refused:
        bad.raise_if_any()
    assert [violation.field for violation in refused.value.fields] == ["messages[0].line_message.deep[0].a"]


def test_messages_survive_storage() -> None:
    """A text comes back as the shortcut that it was, an object as the object."""
    sent = [Message(text="春のセール"), make_message({"type": "sticker", "packageId": "1", "stickerId": "2"})]
    stored = canonical_json(read_messages(Violations(), sent, field="messages"))

    assert write_messages(stored) == sent


def test_a_plan_is_written_as_it_was_drawn() -> None:
    """Each call has its words, its hold and its turn; what is not known is absent, not zero."""
    campaign = open_campaign(
        NewCampaign("channels/acme/campaigns/may", "May", make_targeting(), b"[]", content=make_content()),
        uid=UID,
        at=NOW,
    )
    calls = (PlannedCall("audiences/101", "", 550, NOW), PlannedCall("", "age is 20 or more", None))

    written = write_verdict(Verdict(campaign, (), Plan(calls, ("Whether it rains.",)), LIFETIME, STAKE)).plan

    assert [request.recipients for request in written.requests] == ["audiences/101", ""]
    assert [request.attributes for request in written.requests] == ["", "age is 20 or more"]
    assert [request.HasField("held_message_count") for request in written.requests] == [True, False]
    assert written.requests[0].held_message_count == 550
    assert [request.HasField("earliest_time") for request in written.requests] == [True, False]
    assert written.requests[0].earliest_time.ToDatetime(UTC) == NOW
    assert list(written.unknowns) == ["Whether it rains."]


def test_no_plan_is_written_where_there_is_none() -> None:
    """Findings are told all the same."""
    campaign = open_campaign(
        NewCampaign("channels/acme/campaigns/may", "May", make_targeting(), b"[]", content=make_content()),
        uid=UID,
        at=NOW,
    )
    (finding,) = judge()

    written = write_verdict(Verdict(campaign, (finding,), None, LIFETIME, STAKE))

    assert not written.HasField("plan")
    assert [found.description for found in written.findings] == [finding.description]
