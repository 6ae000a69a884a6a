"""Messages are inspected to the edge of LINE's limits, and no contact token hides (R8, R10; LP 5.3)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.domain.content.inspection import inspect

URL = "https://shop.example/a.jpg"
BUBBLE = {"type": "bubble"}
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=9), inner),
)


def text(content: str) -> dict[str, Any]:
    """Return a text message."""
    return {"type": "text", "text": content}


def find_fields(*messages: dict[str, Any]) -> list[str]:
    """Return the paths of what is wrong."""
    return [violation.field for violation in inspect(messages).violations]


@pytest.mark.parametrize(
    "token",
    [
        "{{ contact.firstname }}",
        "{{contact.email}}",
        "{{\tCONTACT . x}}",
        "{{ personalization_token('contact.firstname') }}",
        "{{contact.",
    ],
)
def test_contact_tokens_are_found_wherever_they_stand(token: str) -> None:
    """Spaces, case, depth and even the name of a member hide nothing."""
    nested = {"type": "flex", "altText": "a", "contents": {**BUBBLE, "body": [{"text": f"x{token}"}]}}
    content = inspect([text(token), nested, {"type": "new", token: 1}])

    assert [use.field for use in content.contact_tokens] == [
        "messages[0].text",
        "messages[1].line_message.contents.body[0].text",
        "messages[2].line_message",
    ]


@pytest.mark.parametrize("harmless", ["{{ name }}", "{ contact.x }", "contact.firstname", "{{contacts}}"])
def test_other_braces_are_no_contact_tokens(harmless: str) -> None:
    """Only what would be filled in from a contact is a token."""
    assert inspect([text(harmless)]).contact_tokens == ()


@pytest.mark.parametrize(
    ("message", "fields"),
    [
        (text("a" * 5000), []),
        (text("a" * 5001), ["messages[0].text"]),
        (text("😀" * 2500), []),
        (text("😀" * 2500 + "a"), ["messages[0].text"]),
        ({}, ["messages[0].line_message.type"]),
        ({"type": "new-kind", "anything": 1}, []),
        ({"type": "image", "originalContentUrl": URL, "previewImageUrl": URL}, []),
        ({"type": "image", "originalContentUrl": "http://x", "previewImageUrl": URL}, ["…originalContentUrl"]),
        ({"type": "video", "originalContentUrl": URL}, ["…previewImageUrl"]),
        ({"type": "audio", "originalContentUrl": URL, "duration": 1000}, []),
        ({"type": "audio", "originalContentUrl": URL, "duration": 1.5}, ["…duration"]),
        ({"type": "sticker", "packageId": "1", "stickerId": "2"}, []),
        ({"type": "sticker", "packageId": 1, "stickerId": "2"}, ["…packageId"]),
        ({"type": "location", "title": "a", "address": "b", "latitude": 35.5, "longitude": 139}, []),
        (
            {"type": "location", "title": "a" * 101, "address": "b", "latitude": 91, "longitude": 0},
            ["…title", "…latitude"],
        ),
        ({"type": "flex", "altText": "a" * 1500, "contents": BUBBLE}, []),
        ({"type": "flex", "altText": "a" * 1501, "contents": BUBBLE}, ["…altText"]),
        ({"type": "flex", "altText": "a", "contents": {"type": "carousel", "contents": [BUBBLE] * 12}}, []),
        (
            {"type": "flex", "altText": "a", "contents": {"type": "carousel", "contents": [BUBBLE] * 13}},
            ["…contents.contents"],
        ),
        ({"type": "flex", "altText": "a", "contents": {**BUBBLE, "x": "a" * 30_000}}, ["…contents"]),
        (
            {"type": "template", "altText": "a", "template": {"type": "confirm", "text": "b", "actions": [1]}},
            ["…template.actions"],
        ),
        ({**text("a"), "quickReply": {"items": [{}] * 13}}, []),
        ({**text("a"), "quickReply": {"items": [{}] * 14}}, ["…quickReply.items"]),
        ({**text("$"), "emojis": [{"index": 0}]}, []),
        ({**text("😀$"), "emojis": [{"index": 2}, {"index": 1}]}, ["…emojis[1].index"]),
    ],
)
def test_limits_hold_at_their_edges(message: dict[str, Any], fields: list[str]) -> None:
    """The last value that LINE takes passes, the next one is named by its path."""
    assert find_fields(message) == [field.replace("…", "messages[0].line_message.") for field in fields]


@given(ANY_JSON)
def test_any_json_is_inspected(value: Any) -> None:
    """Whatever a caller writes is judged, and never breaks the inspection."""
    kinds = ("text", "textV2", "audio", "imagemap", "template", "flex", "location", "coupon")
    messages = [{"type": kind, "text": value, "contents": value, "template": value, "emojis": value} for kind in kinds]

    assert inspect(messages).message_count == len(kinds)
