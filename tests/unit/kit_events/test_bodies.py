"""Tests of event bodies."""

import pytest
from google.rpc.error_details_pb2 import ErrorInfo

from kit.events.bodies import decode_body, encode_body
from kit.events.errors import PermanentFailure


def test_body_is_compact_proto3_json() -> None:
    """A body is JSON in the protobuf mapping, readable by any consumer, in plain UTF-8."""
    body = encode_body(ErrorInfo(reason="本", metadata={"k": "v"}))

    assert body == '{"reason": "本", "metadata": {"k": "v"}}'.encode()


def test_unknown_field_is_ignored() -> None:
    """A consumer reads what a newer producer writes."""
    message = decode_body(b'{"reason": "R", "added": {"later": 1}}', ErrorInfo)

    assert message == ErrorInfo(reason="R")


@pytest.mark.parametrize("body", [b"", b"{", b'{"reason": 1}', b"\xff"])
def test_unreadable_body_is_a_permanent_failure(body: bytes) -> None:
    """Repeating does not help a body that is no JSON of the message."""
    with pytest.raises(PermanentFailure, match="BODY_UNREADABLE"):
        decode_body(body, ErrorInfo)
