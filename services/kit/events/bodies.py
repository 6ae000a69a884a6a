"""Event bodies: proto3 JSON of a protobuf message (ST 3.2)."""

from typing import TypeVar

from google.protobuf import json_format
from google.protobuf.message import Message

from kit.events.errors import PermanentFailure

MessageT = TypeVar("MessageT", bound=Message)


def encode_body(message: Message) -> bytes:
    """Write a message as compact proto3 JSON in UTF-8."""
    return json_format.MessageToJson(message, indent=None, ensure_ascii=False).encode()


def decode_body(body: bytes, message_type: type[MessageT]) -> MessageT:
    """Read a body as `message_type`; fields that a newer producer added are ignored (ST 1.16).

    Raises:
        PermanentFailure: `BODY_UNREADABLE`; no repeat makes the body readable.

    """
    try:
        return json_format.Parse(body, message_type(), ignore_unknown_fields=True)
    except (json_format.ParseError, UnicodeDecodeError) as error:
        raise PermanentFailure("BODY_UNREADABLE") from error
