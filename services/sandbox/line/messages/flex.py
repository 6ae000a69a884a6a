"""Checks of flex containers: kinds, sizes, and the actions inside (LP 5.3)."""

import json
from typing import Any

from sandbox.line.errors import Problems
from sandbox.line.messages.actions import FLEX_BUTTON, FLEX_OTHER, check_action
from sandbox.line.messages.media import check_https

BUBBLE_SIZES = ("nano", "micro", "deca", "hecto", "kilo", "mega", "giga")
DEFAULT_SIZE = "mega"
LARGEST_BUBBLE = 30 * 1024
LARGEST_CAROUSEL = 50 * 1024
MOST_BUBBLES = 12
BLOCKS = ("header", "hero", "body", "footer")
LAYOUTS = ("horizontal", "vertical", "baseline")
WITH_URL = ("image", "icon", "video")
COMPONENTS = ("box", "button", "image", "video", "icon", "text", "span", "separator", "filler")


def check_flex(contents: Any, path: str, problems: Problems) -> None:
    """Note what is wrong with the `contents` of a flex message."""
    if not problems.require_object(contents, path):
        return
    if not problems.require_one_of(contents.get("type"), f"{path}.type", ("bubble", "carousel")):
        return
    if contents["type"] == "bubble":
        _check_bubble(contents, path, problems)
        return
    _check_size(contents, path, LARGEST_CAROUSEL, problems)
    bubbles = contents.get("contents")
    if not problems.require_list(bubbles, f"{path}.contents", least=1, most=MOST_BUBBLES):
        return
    for index, bubble in enumerate(bubbles):
        at = f"{path}.contents[{index}]"
        if problems.require_object(bubble, at) and problems.require_one_of(
            bubble.get("type"), f"{at}.type", ("bubble",)
        ):
            _check_bubble(bubble, at, problems)
    sizes = {str(bubble.get("size") or DEFAULT_SIZE) for bubble in bubbles if isinstance(bubble, dict)}
    if len(sizes) > 1:
        problems.add(f"{path}.contents", "bubbles must have the same size")


def _check_bubble(bubble: dict[str, Any], path: str, problems: Problems) -> None:
    _check_size(bubble, path, LARGEST_BUBBLE, problems)
    if bubble.get("size") is not None:
        problems.require_one_of(bubble["size"], f"{path}.size", BUBBLE_SIZES)
    if bubble.get("direction") is not None:
        problems.require_one_of(bubble["direction"], f"{path}.direction", ("ltr", "rtl"))
    if bubble.get("action") is not None:
        check_action(bubble["action"], f"{path}.action", FLEX_OTHER, problems)
    for block in BLOCKS:
        if bubble.get(block) is not None:
            _check_component(bubble[block], f"{path}.{block}", problems)


def _check_component(component: Any, path: str, problems: Problems) -> None:
    if not problems.require_object(component, path):
        return
    kind = component.get("type")
    if not problems.require_one_of(kind, f"{path}.type", COMPONENTS):
        return
    is_button = kind == "button"
    if is_button or component.get("action") is not None:
        check_action(component.get("action"), f"{path}.action", FLEX_BUTTON if is_button else FLEX_OTHER, problems)
    if kind == "box":
        problems.require_one_of(component.get("layout"), f"{path}.layout", LAYOUTS)
        _check_children(component.get("contents"), f"{path}.contents", problems)
    elif kind == "text":
        _check_text(component, path, problems)
    elif kind == "span":
        _check_optional_text(component, path, problems)
    elif kind in WITH_URL:
        check_https(component.get("url"), f"{path}.url", problems)
    if kind == "video":
        check_https(component.get("previewUrl"), f"{path}.previewUrl", problems)
        _check_component(component.get("altContent"), f"{path}.altContent", problems)


def _check_text(component: dict[str, Any], path: str, problems: Problems) -> None:
    """Note a text without words of its own and without spans."""
    if component.get("contents") is not None:
        _check_children(component["contents"], f"{path}.contents", problems)
        _check_optional_text(component, path, problems)
    else:
        problems.require_text(component.get("text"), f"{path}.text")


def _check_optional_text(component: dict[str, Any], path: str, problems: Problems) -> None:
    if component.get("text") is not None:
        problems.require_text(component["text"], f"{path}.text", shortest=0)


def _check_children(contents: Any, path: str, problems: Problems) -> None:
    if not isinstance(contents, list):
        problems.add(path, "Must be an array")
        return
    for index, child in enumerate(contents):
        _check_component(child, f"{path}[{index}]", problems)


def _check_size(container: dict[str, Any], path: str, largest: int, problems: Problems) -> None:
    text = json.dumps(container, ensure_ascii=False, separators=(",", ":"))
    if len(text.encode("utf-8", "surrogatepass")) > largest:
        problems.add(path, f"Size must be at most {largest} bytes")
