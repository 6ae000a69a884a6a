"""Inspects messages once per revision: contact tokens in them, and what breaks LINE's rules (R8, R10; LP 5.3).

Only what is certain is judged here. Types and members that LINE has added since pass, and so do limits that LINE counts
in grapheme clusters: LINE's validate endpoint judges those before every send.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from delivery.domain.content.canonical import canonical_json
from delivery.domain.content.message_rules import find_violations

MOST_MESSAGES = 5
"""Messages of one send (LP 4.1)."""

_CONTACT_TOKEN = re.compile(r"\{\{\s*(?:contact\s*\.|personalization_token\s*\()", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TokenUse:
    """A contact token in the field at `field`, as `messages[0].text`."""

    field: str


@dataclass(frozen=True, slots=True)
class MessageViolation:
    """What is wrong with the field at `field`; `description` quotes nothing of the message."""

    field: str
    description: str


@dataclass(frozen=True, slots=True)
class ContentFacts:
    """What the inspection found.

    Attributes:
        message_count: Messages, 1 to 5.
        contact_tokens: Strings that hold a contact token.
        violations: What breaks LINE's rules.
        digest: Hexadecimal SHA-256 of the canonical bytes.

    """

    message_count: int
    contact_tokens: tuple[TokenUse, ...]
    violations: tuple[MessageViolation, ...]
    digest: str


def inspect(messages: Sequence[Mapping[str, Any]]) -> ContentFacts:
    """Inspect LINE message objects; raises `ValueError` as `canonical_json` does."""
    tokens: list[TokenUse] = []
    violations: list[MessageViolation] = []
    for index, message in enumerate(messages):
        path = _locate_message(index, message)
        tokens += [TokenUse(field) for field, text in _walk_strings(message, path) if _CONTACT_TOKEN.search(text)]
        violations += [
            MessageViolation(locate_member(index, message, inner), description)
            for inner, description in find_violations(message)
        ]
    digest = hashlib.sha256(canonical_json(list(messages))).hexdigest()
    return ContentFacts(len(messages), tuple(tokens), tuple(violations), digest)


def is_plain_text(message: Mapping[str, Any]) -> bool:
    """Tell whether a message is what the `text` shortcut stands for."""
    return message.keys() == {"type", "text"} and message["type"] == "text" and isinstance(message["text"], str)


def locate_member(index: int, message: Mapping[str, Any], inner: str) -> str:
    """Return the path in a campaign of what LINE's request has at `inner` within a message; empty: the message."""
    path = _locate_message(index, message)
    if is_plain_text(message):
        return f"{path}.text" if inner else path
    return f"{path}{inner}" if inner.startswith("[") else _join(path, inner)


def _locate_message(index: int, message: Mapping[str, Any]) -> str:
    """Return the path of a message's members in a campaign; the `text` shortcut has none but itself."""
    return f"messages[{index}]" if is_plain_text(message) else f"messages[{index}].line_message"


def _walk_strings(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield every string with its path, the names of members included."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, member in value.items():
            yield path, key
            yield from _walk_strings(member, _join(path, key))
    elif isinstance(value, Sequence):
        for index, entry in enumerate(value):
            yield from _walk_strings(entry, f"{path}[{index}]")


def _join(path: str, inner: str) -> str:
    return f"{path}.{inner}" if inner else path
