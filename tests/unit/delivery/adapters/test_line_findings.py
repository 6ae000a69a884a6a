"""LINE's findings about messages: at whose fields, and in how many of LINE's words."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.adapters.line_findings import read_violations, word_evidence
from delivery.domain.content.inspection import MessageViolation
from lineapi.errors import ErrorDetail

TEXT = {"type": "text", "text": "こんにちは"}
EMOJI_TEXT = {"type": "text", "text": "$", "emojis": []}
FLEX = {"type": "flex", "altText": "Sale", "contents": {}}
REFUSED = "LINE refuses this part of the message."


def read_one(text: str, path: str = "messages[0].text", *messages: dict[str, Any]) -> MessageViolation:
    """Read a finding of LINE's about messages, a plain text unless told otherwise."""
    (violation,) = read_violations("", [ErrorDetail(text, path)], messages or (TEXT,))
    return violation


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("messages", "messages"),
        ("messages[0]", "messages[0]"),
        ("messages[0].text", "messages[0].text"),
        ("messages[0].type", "messages[0].text"),
        ("messages[1].text", "messages[1].line_message.text"),
        ("messages[1].emojis[0].index", "messages[1].line_message.emojis[0].index"),
        ("messages[2]", "messages[2].line_message"),
        ("messages[2].altText", "messages[2].line_message.altText"),
        ("messages[2].contents[11].body", "messages[2].line_message.contents[11].body"),
        ("messages[2].substitution.user_1", "messages[2].line_message.substitution.user_1"),
        ("messages[3].text", "messages"),
        ("recipient", "messages"),
        ("/messages/0/text", "messages"),
        ("messages[0].こんにちは", "messages"),
        ("", "messages"),
    ],
)
def test_paths_are_the_callers_own(path: str, field: str) -> None:
    """A finding is at the field that the caller has written, `text` or `line_message`."""
    assert read_one("May not be empty", path, TEXT, EMOJI_TEXT, FLEX).field == field


@pytest.mark.parametrize(
    "text",
    [
        "May not be empty",
        "Size must be between 1 and 5",
        "Length must be between 0 and 5000",
        "Must be one of the following values: [uri, message, clipboard]",
        "invalid uri scheme",
        "Invalid trackingId",
        "Must be greater than or equal to 1",
        "Must be true or false",
        "Must be an array",
        "Must be 1040",
        "Must point at a $",
        "must not have a file extension",
        "Size must be at most 30000 bytes",
        "bubbles must have the same size",
        "columns must have the same actions, images and titles",
        "displayText and text cannot be used together",
    ],
)
def test_lines_reasons_pass(text: str) -> None:
    """What LINE's validator says of a message is told word for word."""
    assert read_one(text).description == f"LINE says: {text}."


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("invalid uri scheme: javascript", "invalid uri scheme"),
        ("invalid uri (javascript:alert)", "invalid uri"),
        ("The property, 'tanaka', is invalid", "The property"),
        ("Must be one of the following values: [a, 田中]", "Must be one of the following values"),
        (
            "The request body could not be parsed as JSON (line: 1, column: 3)",
            "The request body could not be parsed as JSON",
        ),
    ],
)
def test_what_may_be_quoted_is_cut(text: str, told: str) -> None:
    """LINE's sentence is told up to where a quotation may begin."""
    assert read_one(text).description == f"LINE says: {told}."


@pytest.mark.parametrize(
    "text",
    [
        "",
        "?",
        "田中様 must not be empty",
        "tanaka is invalid",
        "0312345678 is invalid",
        "03-1234-5678 is invalid",
        "03 1234 5678 is invalid",
        "text",
        "a\nb",
        "invalid uri tanaka.example",
    ],
)
def test_what_may_be_the_callers_is_not_told(text: str) -> None:
    """A sentence with a word that is not LINE's is kept back as a whole."""
    assert read_one(text).description == REFUSED


NAMES = st.text("zq", min_size=3) | st.text("0123456789", min_size=7) | st.text("田中様", min_size=1)


@given(
    name=NAMES, frame=st.sampled_from(["{}", "invalid {}", "{} is invalid", "invalid value: {}", "May not be {} empty"])
)
def test_nothing_of_a_message_is_told(name: str, frame: str) -> None:
    """Wherever LINE puts a caller's word, it reaches neither the caller's finding nor the evidence."""
    text = frame.format(name)
    detail = ErrorDetail(text, f"messages[0].substitution.{name}")

    assert name not in read_one(text).description
    assert name not in word_evidence("", [detail])
    assert name not in word_evidence(text, [])


def test_findings_are_told_once() -> None:
    """Two of LINE's findings that read the same are one."""
    twice = [ErrorDetail("x", "messages[0].text")] * 2

    assert read_violations("", twice, (TEXT,)) == (MessageViolation("messages[0].text", REFUSED),)


def test_a_refusal_without_findings_is_one() -> None:
    """Where LINE names no part, its text for the whole counts."""
    assert read_violations("Not found", [], (TEXT,)) == (MessageViolation("messages", "LINE says: Not found."),)


def test_evidence_says_where_and_why() -> None:
    """An operator reads LINE's paths and reasons, each pair once; keys that the caller chose are hidden."""
    details = [
        ErrorDetail("May not be empty", "messages[0].text"),
        ErrorDetail("May not be empty", "messages[0].text"),
        ErrorDetail("Invalid key", "messages[1].substitution.tanaka.mentionee"),
        ErrorDetail("tanaka", "x"),
    ]

    assert word_evidence("", details) == (
        "messages[0].text: May not be empty; messages[1].substitution.*.mentionee: Invalid key; messages: refused"
    )
