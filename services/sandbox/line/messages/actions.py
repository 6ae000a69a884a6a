"""Checks of action objects (LP 5.3, "Actions")."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sandbox.line.errors import Problems
from sandbox.line.messages.textlength import count_graphemes

URI_SCHEMES = ("http", "https", "line", "tel")
LONGEST_URI = 1000
LONGEST_TEXT = 300
LONGEST_CLIPBOARD = 1000
_INPUT_OPTIONS = ("closeRichMenu", "openRichMenu", "openKeyboard", "openVoice")
_QUICK_REPLY_ONLY = ("camera", "cameraRoll", "location")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an action stands: how long its label may be, and whether it must have one."""

    longest_label: int
    label_required: bool
    quick_reply: bool = False


IMAGE_CAROUSEL = Place(12, label_required=False)
TEMPLATE = Place(20, label_required=True)
TEMPLATE_DEFAULT = Place(20, label_required=False)
QUICK_REPLY = Place(20, label_required=True, quick_reply=True)
FLEX_BUTTON = Place(40, label_required=True)
FLEX_OTHER = Place(40, label_required=False)


def check_action(action: Any, path: str, place: Place, problems: Problems) -> None:
    """Note what is wrong with an action object."""
    if not problems.require_object(action, path):
        return
    kind = action.get("type")
    allowed = (*_CHECKS, *(_QUICK_REPLY_ONLY if place.quick_reply else ()))
    if not problems.require_one_of(kind, f"{path}.type", allowed):
        return
    check_label(action.get("label"), f"{path}.label", place, problems)
    if kind in _CHECKS:
        _CHECKS[kind](action, path, problems)


def check_label(label: Any, path: str, place: Place, problems: Problems) -> None:
    """Note a label that is missing or longer, in graphemes, than its place allows."""
    if label is None and not place.label_required:
        return
    check_graphemes(label, path, place.longest_label, problems)


def check_graphemes(text: Any, path: str, longest: int, problems: Problems) -> None:
    """Note a text that is empty or longer than `longest` grapheme clusters."""
    if problems.require_text(text, path) and count_graphemes(text) > longest:
        problems.add(path, f"Length must be between 0 and {longest}")


def check_uri(uri: Any, path: str, problems: Problems) -> None:
    """Note a link that is too long or of another scheme than LINE opens."""
    if not problems.require_text(uri, path, longest=LONGEST_URI):
        return
    try:
        scheme = urlsplit(uri).scheme
    except ValueError:
        scheme = ""
    if scheme.lower() not in URI_SCHEMES:
        problems.add(path, "invalid uri scheme")


def _check_uri_action(action: dict[str, Any], path: str, problems: Problems) -> None:
    check_uri(action.get("uri"), f"{path}.uri", problems)


def _check_message(action: dict[str, Any], path: str, problems: Problems) -> None:
    check_graphemes(action.get("text"), f"{path}.text", LONGEST_TEXT, problems)


def _check_postback(action: dict[str, Any], path: str, problems: Problems) -> None:
    problems.require_text(action.get("data"), f"{path}.data", longest=LONGEST_TEXT)
    for name in ("displayText", "text", "fillInText"):
        if action.get(name) is not None:
            check_graphemes(action[name], f"{path}.{name}", LONGEST_TEXT, problems)
    if action.get("displayText") is not None and action.get("text") is not None:
        problems.add(f"{path}.text", "displayText and text cannot be used together")
    if action.get("inputOption") is not None:
        problems.require_one_of(action["inputOption"], f"{path}.inputOption", _INPUT_OPTIONS)


def _check_datetimepicker(action: dict[str, Any], path: str, problems: Problems) -> None:
    problems.require_text(action.get("data"), f"{path}.data", longest=LONGEST_TEXT)
    problems.require_one_of(action.get("mode"), f"{path}.mode", ("date", "time", "datetime"))


def _check_clipboard(action: dict[str, Any], path: str, problems: Problems) -> None:
    problems.require_text(action.get("clipboardText"), f"{path}.clipboardText", longest=LONGEST_CLIPBOARD)


_CHECKS: dict[str, Callable[[dict[str, Any], str, Problems], None]] = {
    "uri": _check_uri_action,
    "message": _check_message,
    "postback": _check_postback,
    "datetimepicker": _check_datetimepicker,
    "clipboard": _check_clipboard,
}
