"""Messages between proto and LINE's JSON.

A Struct turns every number into a float: integral ones become integers again, and those beyond 2^53, which may have
lost digits on the way, are refused (architecture 2).
"""

import json
import math
from collections.abc import Sequence
from typing import Any

from google.protobuf.struct_pb2 import Struct, Value

from delivery.domain.content.inspection import MOST_MESSAGES, is_plain_text
from kit.errors import Violations
from outreach.delivery.v1 import campaign_pb2 as pb

LARGEST_INTEGER = 2**53
LARGEST_MESSAGES = 1_000_000
"""Most bytes of a campaign's messages as JSON (ours; five carousels of LINE's largest size are a quarter of it)."""


def read_messages(bad: Violations, messages: Sequence[pb.Message], *, field: str) -> list[dict[str, Any]]:
    """Return LINE message objects; what is malformed is noted."""
    if not 1 <= len(messages) <= MOST_MESSAGES:
        bad.add(field, f"must hold 1 to {MOST_MESSAGES} messages", "OUT_OF_RANGE")
        return []
    if sum(message.ByteSize() for message in messages) > LARGEST_MESSAGES:
        bad.add(field, f"must have at most {LARGEST_MESSAGES} bytes together", "TOO_LONG")
        return []
    return [_read_message(bad, message, f"{field}[{index}]") for index, message in enumerate(messages)]


def write_messages(stored: bytes) -> list[pb.Message]:
    """Return the messages of a campaign as they are stored."""
    return [_write_message(message) for message in json.loads(stored)]


def _read_message(bad: Violations, message: pb.Message, path: str) -> dict[str, Any]:
    match message.WhichOneof("message"):
        case "text":
            if not message.text:
                bad.add(f"{path}.text", "must not be empty", "REQUIRED")
            return {"type": "text", "text": message.text}
        case "line_message":
            if not message.line_message.fields:
                bad.add(f"{path}.line_message", "must not be empty", "REQUIRED")
            return _read_struct(bad, message.line_message, f"{path}.line_message")
    bad.add(path, "must set text or line_message", "REQUIRED")
    return {}


def _read_struct(bad: Violations, struct: Struct, path: str) -> dict[str, Any]:
    """Read an object, its members by name: a map has no order on the wire, and canonical JSON needs one."""
    return {name: _read_value(bad, struct.fields[name], f"{path}.{name}") for name in sorted(struct.fields)}


def _read_value(bad: Violations, value: Value, path: str) -> Any:  # noqa: PLR0911 - one per kind
    match value.WhichOneof("kind"):
        case "struct_value":
            return _read_struct(bad, value.struct_value, path)
        case "list_value":
            entries = value.list_value.values
            return [_read_value(bad, entry, f"{path}[{index}]") for index, entry in enumerate(entries)]
        case "string_value":
            return value.string_value
        case "bool_value":
            return value.bool_value
        case "number_value":
            return _read_number(bad, value.number_value, path)
        case "null_value":
            return None
    bad.add(path, "must have a value", "REQUIRED")
    return None


def _read_number(bad: Violations, number: float, path: str) -> int | float:
    if not math.isfinite(number) or abs(number) > LARGEST_INTEGER:
        bad.add(path, "must be a finite number of at most 2^53", "OUT_OF_RANGE")
        return 0
    return int(number) if number.is_integer() else number


def _write_message(message: dict[str, Any]) -> pb.Message:
    if is_plain_text(message):
        return pb.Message(text=message["text"])
    struct = Struct()
    struct.update(message)
    return pb.Message(line_message=struct)
