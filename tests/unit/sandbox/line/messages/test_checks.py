"""Message objects against the limits of LP 5.3."""

from typing import Any

import pytest

from sandbox.line.errors import LineError, Problems
from sandbox.line.messages.checks import check_messages
from sandbox.line.messages.textlength import count_graphemes

IMAGE = "https://a.test/i.png"
URI = {"type": "uri", "label": "go", "uri": "https://a.test/"}
BUTTON = {"type": "button", "action": URI}


def bubble(*contents: Any, **more: Any) -> dict[str, Any]:
    """Return a flex bubble with a vertical body."""
    return {"type": "bubble", "body": {"type": "box", "layout": "vertical", "contents": list(contents)}, **more}


def flex(contents: Any) -> dict[str, Any]:
    """Return a flex message."""
    return {"type": "flex", "altText": "a", "contents": contents}


def template(**template: Any) -> dict[str, Any]:
    """Return a template message."""
    return {"type": "template", "altText": "a", "template": template}


def imagemap(**more: Any) -> dict[str, Any]:
    """Return an imagemap message."""
    area = {"x": 0, "y": 0, "width": 1, "height": 1}
    action = {"type": "uri", "linkUri": "https://a.test/", "area": area}
    fine = {
        "type": "imagemap",
        "baseUrl": "https://a.test/i",
        "altText": "a",
        "baseSize": {"width": 1040, "height": 500},
        "actions": [action],
    }
    return {**fine, **more}


def find_problems(message: dict[str, Any]) -> list[str]:
    """Return the properties that are wrong."""
    problems = Problems()
    check_messages([message], problems)
    try:
        problems.refuse()
    except LineError as error:
        return [detail["property"] for detail in error.body["details"]]
    return []


FINE: list[dict[str, Any]] = [
    {"type": "text", "text": "a" * 5_000},
    {"type": "text", "text": "$ and $", "emojis": [{"index": 6, "productId": "p", "emojiId": "e"}]},
    {"type": "textV2", "text": "{a}", "substitution": {"a": {"type": "emoji"}}},
    {"type": "sticker", "packageId": "1", "stickerId": "2"},
    {"type": "image", "originalContentUrl": IMAGE, "previewImageUrl": IMAGE},
    {"type": "video", "originalContentUrl": IMAGE, "previewImageUrl": IMAGE, "trackingId": "t-1"},
    {"type": "audio", "originalContentUrl": IMAGE, "duration": 1000},
    {"type": "location", "title": "t", "address": "a", "latitude": 35.6, "longitude": 139},
    {"type": "coupon", "couponId": "c"},
    imagemap(),
    template(type="buttons", text="あ" * 160, actions=[URI]),
    template(type="confirm", text="?", actions=[URI, {"type": "message", "label": "no", "text": "no"}]),
    template(type="carousel", columns=[{"text": "a", "actions": [URI]}] * 10),
    template(type="image_carousel", columns=[{"imageUrl": IMAGE, "action": {"type": "uri", "uri": "tel:1"}}]),
    flex(bubble({"type": "text", "text": "a"}, BUTTON)),
    flex({"type": "carousel", "contents": [bubble(BUTTON)] * 12}),
    {
        "type": "text",
        "text": "q",
        "quickReply": {"items": [{"type": "action", "action": {"type": "camera", "label": "c"}}] * 13},
        "sender": {"name": "n" * 20},
    },
]
WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, ".type"),
    ({"type": "poem"}, ".type"),
    ({"type": "text"}, ".text"),
    ({"type": "text", "text": ""}, ".text"),
    ({"type": "text", "text": "a" * 5_001}, ".text"),
    ({"type": "text", "text": "😀" * 2_501}, ".text"),
    ({"type": "text", "text": "a$", "emojis": [{"index": 0}]}, ".emojis[0].index"),
    ({"type": "textV2", "text": "{a}", "substitution": {"a-b": {"type": "emoji"}}}, ".substitution.a-b"),
    ({"type": "sticker", "packageId": "1"}, ".stickerId"),
    ({"type": "image", "originalContentUrl": "http://a.test", "previewImageUrl": IMAGE}, ".originalContentUrl"),
    ({"type": "image", "originalContentUrl": "https://[", "previewImageUrl": IMAGE}, ".originalContentUrl"),
    ({"type": "audio", "originalContentUrl": IMAGE}, ".duration"),
    ({"type": "location", "title": "t", "address": "a" * 101, "latitude": 1, "longitude": 1}, ".address"),
    (imagemap(baseUrl=IMAGE), ".baseUrl"),
    (imagemap(baseSize={"width": 1000, "height": 1}), ".baseSize.width"),
    (imagemap(actions=[{"type": "uri", "area": {"x": 0, "y": 0, "width": 1, "height": 1}}]), ".actions[0].linkUri"),
    (template(type="buttons", text="a" * 61, title="t", actions=[URI]), ".template.text"),
    (template(type="buttons", text="a", actions=[URI] * 5), ".template.actions"),
    (
        template(type="buttons", text="a", actions=[{"type": "uri", "uri": "https://a.test"}]),
        ".template.actions[0].label",
    ),
    (template(type="confirm", text="a", actions=[URI]), ".template.actions"),
    (
        template(type="carousel", columns=[{"text": "a", "actions": [URI]}, {"text": "a", "actions": [URI, URI]}]),
        ".template.columns",
    ),
    (template(type="mosaic"), ".template.type"),
    (flex({"type": "bubble", "size": "huge"}), ".contents.size"),
    (flex(bubble({"type": "button"})), ".contents.body.contents[0].action"),
    (flex(bubble({"type": "text", "text": "a" * 31_000})), ".contents"),
    (flex({"type": "carousel", "contents": [bubble()] * 13}), ".contents.contents"),
    (flex({"type": "carousel", "contents": [bubble(), bubble(size="kilo")]}), ".contents.contents"),
    ({"type": "text", "text": "a", "quickReply": {"items": []}}, ".quickReply.items"),
    ({"type": "text", "text": "a", "sender": {"name": "n" * 21}}, ".sender.name"),
    (
        template(type="buttons", text="a", actions=[{"type": "uri", "label": "x", "uri": "ftp://a"}]),
        ".template.actions[0].uri",
    ),
]


@pytest.mark.parametrize("message", FINE, ids=lambda message: message["type"])
def test_fine_messages(message: dict[str, Any]) -> None:
    """A message at its limits is accepted."""
    assert find_problems(message) == []


@pytest.mark.parametrize(("message", "where"), WRONG, ids=[where for _, where in WRONG])
def test_wrong_messages(message: dict[str, Any], where: str) -> None:
    """A message over a limit names the property."""
    assert find_problems(message) == [f"messages[0]{where}"]


@pytest.mark.parametrize(
    ("text", "length"),
    [("", 0), ("abc", 3), ("が", 1), ("か\u3099", 1), ("👍🏽", 1), ("👨‍👩‍👧", 1), ("🇯🇵🇹🇭", 2), ("❤️", 1)],
)
def test_graphemes(text: str, length: int) -> None:
    """Marks, skin tones, joined emoji and flags count as one."""
    assert count_graphemes(text) == length
