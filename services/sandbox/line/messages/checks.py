"""Checks of message objects (LP 5.3) and the validate endpoints (LP 4.1)."""

import re
from collections.abc import Callable
from typing import Any

from sandbox.line.endpoint import Answer, Call, Endpoint
from sandbox.line.errors import Problems, is_integer
from sandbox.line.messages.actions import QUICK_REPLY, check_action
from sandbox.line.messages.flex import check_flex
from sandbox.line.messages.media import check_https, check_imagemap
from sandbox.line.messages.templates import check_template
from sandbox.line.platform import Line

MOST_BUBBLES = 5
LONGEST_TEXT = 5000
LONGEST_ALT_TEXT = 1500
_TRACKING_ID = re.compile(r"[a-zA-Z0-9\-.=,+*()%$&;:@{}!?<>\[\]]{1,100}")
_DELIVERY_TAG = re.compile(r"[A-Za-z0-9_]{1,30}")
_SUBSTITUTION_KEY = re.compile(r"[0-9A-Za-z_]{1,20}")
VALIDATED_SENDS = ("reply", "push", "multicast", "narrowcast", "broadcast")


def check_messages(messages: Any, problems: Problems, *, path: str = "messages") -> None:
    """Note everything that is wrong with the `messages` of a send."""
    if not problems.require_list(messages, path, least=1, most=MOST_BUBBLES):
        return
    for index, message in enumerate(messages):
        _check_message(message, f"{path}[{index}]", problems)


def validate(_line: Line, call: Call) -> Answer:
    """Answer whether message objects could be sent; only `messages` is looked at (LP 4.1)."""
    problems = Problems()
    check_messages(call.read_object().get("messages"), problems)
    problems.refuse()
    return Answer()


def _check_message(message: Any, path: str, problems: Problems) -> None:
    if not problems.require_object(message, path):
        return
    if not problems.require_one_of(message.get("type"), f"{path}.type", tuple(_CHECKS)):
        return
    _CHECKS[message["type"]](message, path, problems)
    _check_quick_reply(message.get("quickReply"), f"{path}.quickReply", problems)
    _check_sender(message.get("sender"), f"{path}.sender", problems)


def _check_text(message: dict[str, Any], path: str, problems: Problems) -> None:
    text = message.get("text")
    if not problems.require_text(text, f"{path}.text", longest=LONGEST_TEXT):
        return
    emojis = message.get("emojis")
    if emojis is None or not problems.require_list(emojis, f"{path}.emojis", least=0, most=20):
        return
    units = text.encode("utf-16-le", "surrogatepass")
    for index, emoji in enumerate(emojis):
        at = f"{path}.emojis[{index}]"
        if problems.require_object(emoji, at):
            position = emoji.get("index")
            if not is_integer(position) or position < 0 or units[2 * position : 2 * position + 2] != b"$\x00":
                problems.add(f"{at}.index", "Must point at a $")


def _check_text_v2(message: dict[str, Any], path: str, problems: Problems) -> None:
    problems.require_text(message.get("text"), f"{path}.text", longest=LONGEST_TEXT)
    substitution = message.get("substitution")
    if substitution is None or not problems.require_object(substitution, f"{path}.substitution"):
        return
    if len(substitution) > 100:  # noqa: PLR2004 - LP 5.3
        problems.add(f"{path}.substitution", "Size must be between 0 and 100")
    for key, value in substitution.items():
        at = f"{path}.substitution.{key}"
        if not _SUBSTITUTION_KEY.fullmatch(key):
            problems.add(at, "Invalid key")
        elif problems.require_object(value, at):
            # Mentions are for groups and rooms, which none of our sends reach.
            problems.require_one_of(value.get("type"), f"{at}.type", ("emoji", "mention"))


def _check_sticker(message: dict[str, Any], path: str, problems: Problems) -> None:
    problems.require_text(message.get("packageId"), f"{path}.packageId")
    problems.require_text(message.get("stickerId"), f"{path}.stickerId")


def _check_image(message: dict[str, Any], path: str, problems: Problems) -> None:
    check_https(message.get("originalContentUrl"), f"{path}.originalContentUrl", problems)
    check_https(message.get("previewImageUrl"), f"{path}.previewImageUrl", problems)


def _check_video(message: dict[str, Any], path: str, problems: Problems) -> None:
    _check_image(message, path, problems)
    tracking = message.get("trackingId")
    if tracking is not None and not (isinstance(tracking, str) and _TRACKING_ID.fullmatch(tracking)):
        problems.add(f"{path}.trackingId", "Invalid trackingId")


def _check_audio(message: dict[str, Any], path: str, problems: Problems) -> None:
    check_https(message.get("originalContentUrl"), f"{path}.originalContentUrl", problems)
    duration = message.get("duration")
    if not isinstance(duration, (int, float)) or isinstance(duration, bool) or duration < 1:
        problems.add(f"{path}.duration", "Must be greater than or equal to 1")


def _check_location(message: dict[str, Any], path: str, problems: Problems) -> None:
    problems.require_text(message.get("title"), f"{path}.title", longest=100)
    problems.require_text(message.get("address"), f"{path}.address", longest=100)
    for name in ("latitude", "longitude"):
        value = message.get(name)
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            problems.add(f"{path}.{name}", "May not be empty")


def _check_coupon(message: dict[str, Any], path: str, problems: Problems) -> None:
    problems.require_text(message.get("couponId"), f"{path}.couponId")
    tag = message.get("deliveryTag")
    if tag is not None and not (isinstance(tag, str) and _DELIVERY_TAG.fullmatch(tag)):
        problems.add(f"{path}.deliveryTag", "Invalid deliveryTag")


def _check_imagemap(message: dict[str, Any], path: str, problems: Problems) -> None:
    _check_alt_text(message, path, problems)
    check_imagemap(message, path, problems)


def _check_template(message: dict[str, Any], path: str, problems: Problems) -> None:
    _check_alt_text(message, path, problems)
    check_template(message.get("template"), f"{path}.template", problems)


def _check_flex(message: dict[str, Any], path: str, problems: Problems) -> None:
    _check_alt_text(message, path, problems)
    check_flex(message.get("contents"), f"{path}.contents", problems)


def _check_alt_text(message: dict[str, Any], path: str, problems: Problems) -> None:
    problems.require_text(message.get("altText"), f"{path}.altText", longest=LONGEST_ALT_TEXT)


def _check_quick_reply(quick_reply: Any, path: str, problems: Problems) -> None:
    if quick_reply is None or not problems.require_object(quick_reply, path):
        return
    items = quick_reply.get("items")
    if not problems.require_list(items, f"{path}.items", least=1, most=13):
        return
    for index, item in enumerate(items):
        at = f"{path}.items[{index}]"
        if problems.require_object(item, at):
            check_action(item.get("action"), f"{at}.action", QUICK_REPLY, problems)


def _check_sender(sender: Any, path: str, problems: Problems) -> None:
    if sender is None or not problems.require_object(sender, path):
        return
    if sender.get("name") is not None:
        problems.require_text(sender["name"], f"{path}.name", longest=20)
    if sender.get("iconUrl") is not None:
        check_https(sender["iconUrl"], f"{path}.iconUrl", problems)


_CHECKS: dict[str, Callable[[dict[str, Any], str, Problems], None]] = {
    "text": _check_text,
    "textV2": _check_text_v2,
    "sticker": _check_sticker,
    "image": _check_image,
    "video": _check_video,
    "audio": _check_audio,
    "location": _check_location,
    "coupon": _check_coupon,
    "imagemap": _check_imagemap,
    "template": _check_template,
    "flex": _check_flex,
}

ENDPOINTS = tuple(Endpoint("POST", f"/v2/bot/message/validate/{kind}", validate) for kind in VALIDATED_SENDS)
