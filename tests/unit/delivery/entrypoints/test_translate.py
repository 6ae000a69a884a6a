"""What a caller wrote is what a caller reads."""

import json
from typing import Any

import pytest
from google.protobuf.struct_pb2 import Struct
from hypothesis import given

from delivery.domain.content.canonical import canonical_json
from delivery.domain.targeting.trees import Targeting
from delivery.entrypoints.translate_messages import read_messages, write_messages
from delivery.entrypoints.translate_targeting import read_targeting, write_targeting
from kit.errors import InvalidRequest, Violations
from outreach.delivery.v1.campaign_pb2 import Message
from outreach.delivery.v1.targeting_pb2 import Targeting as TargetingMessage
from tests.strategies.targeting import targetings


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
