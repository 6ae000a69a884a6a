"""LINE's rules of message objects, as far as they are certain without asking LINE (LP 5.3)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias, TypeGuard

from delivery.domain.content.canonical import canonical_json

Broken: TypeAlias = tuple[str, str]
"""Path within the message, and what must hold."""

Object: TypeAlias = Mapping[str, Any]

LONGEST_TEXT = 5000
LONGEST_ALT_TEXT = 1500
LONGEST_URL = 2000
LONGEST_PLACE = 100
LARGEST_BUBBLE = 30_000
LARGEST_CAROUSEL = 50_000
MOST_BUBBLES = 12
MOST_COLUMNS = 10
MOST_QUICK_REPLIES = 13
MOST_EMOJIS = 20
MOST_SUBSTITUTIONS = 100
MOST_IMAGEMAP_ACTIONS = 50
MOST_BUTTONS = 4
IMAGEMAP_WIDTH = 1040


def find_violations(message: Object) -> Iterator[Broken]:
    """Yield what breaks a rule of the message's type; a type that is not known here has none."""
    kind = message.get("type")
    if not isinstance(kind, str) or not kind:
        yield "type", "must name a message type"
        return
    yield from _RULES.get(kind, _accept)(message)
    yield from _check_quick_reply(message)


def count_units(text: str) -> int:
    """Return the length of a text as LINE counts it, in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _accept(_message: Object) -> Iterator[Broken]:
    return iter(())


def _check_text(message: Object) -> Iterator[Broken]:
    yield from _require_text(message, "text", LONGEST_TEXT)
    yield from _limit_list(message, "emojis", MOST_EMOJIS)
    emojis, text = message.get("emojis"), message.get("text")
    if isinstance(emojis, list) and isinstance(text, str):
        units = text.encode("utf-16-le", "surrogatepass")
        for number, emoji in enumerate(emojis):
            index = emoji.get("index") if isinstance(emoji, Mapping) else None
            if not _is_integer(index) or index < 0 or units[2 * index : 2 * index + 2] != b"$\0":
                yield f"emojis[{number}].index", "must be the place of a $ in the text"


def _check_text_v2(message: Object) -> Iterator[Broken]:
    yield from _require_text(message, "text", LONGEST_TEXT)
    substitution = message.get("substitution")
    if isinstance(substitution, Mapping) and len(substitution) > MOST_SUBSTITUTIONS:
        yield "substitution", f"must hold at most {MOST_SUBSTITUTIONS} objects"


def _check_sticker(message: Object) -> Iterator[Broken]:
    yield from _require_text(message, "packageId", None)
    yield from _require_text(message, "stickerId", None)


def _check_media(message: Object) -> Iterator[Broken]:
    yield from _require_url(message, "originalContentUrl")
    yield from _require_url(message, "previewImageUrl")


def _check_audio(message: Object) -> Iterator[Broken]:
    yield from _require_url(message, "originalContentUrl")
    duration = message.get("duration")
    if not _is_integer(duration) or duration < 1:
        yield "duration", "must be a whole number of milliseconds"


def _check_location(message: Object) -> Iterator[Broken]:
    yield from _require_text(message, "title", LONGEST_PLACE)
    yield from _require_text(message, "address", LONGEST_PLACE)
    yield from _require_degrees(message, "latitude", 90)
    yield from _require_degrees(message, "longitude", 180)


def _check_coupon(message: Object) -> Iterator[Broken]:
    yield from _require_text(message, "couponId", None)


def _check_imagemap(message: Object) -> Iterator[Broken]:
    yield from _require_url(message, "baseUrl")
    yield from _require_text(message, "altText", LONGEST_ALT_TEXT)
    size = message.get("baseSize")
    width = size.get("width") if isinstance(size, Mapping) else None
    height = size.get("height") if isinstance(size, Mapping) else None
    if width != IMAGEMAP_WIDTH:
        yield "baseSize.width", f"must be {IMAGEMAP_WIDTH}"
    if not _is_integer(height) or height < 1:
        yield "baseSize.height", "must be a whole number of pixels"
    yield from _require_list(message, "actions", least=0, most=MOST_IMAGEMAP_ACTIONS)


def _check_template(message: Object) -> Iterator[Broken]:
    yield from _require_text(message, "altText", LONGEST_ALT_TEXT)
    template = message.get("template")
    if not isinstance(template, Mapping):
        yield "template", "must be an object"
        return
    for path, description in _TEMPLATES.get(str(template.get("type")), _accept)(template):
        yield f"template.{path}", description


def _check_buttons(template: Object) -> Iterator[Broken]:
    yield from _require_text(template, "text", None)
    yield from _require_list(template, "actions", least=1, most=MOST_BUTTONS)


def _check_confirm(template: Object) -> Iterator[Broken]:
    yield from _require_text(template, "text", None)
    yield from _require_list(template, "actions", least=2, most=2)


def _check_columns(template: Object) -> Iterator[Broken]:
    yield from _require_list(template, "columns", least=1, most=MOST_COLUMNS)


def _check_flex(message: Object) -> Iterator[Broken]:
    yield from _require_text(message, "altText", LONGEST_ALT_TEXT)
    contents = message.get("contents")
    if not isinstance(contents, Mapping):
        yield "contents", "must be a bubble or a carousel"
        return
    is_carousel = contents.get("type") == "carousel"
    most = LARGEST_CAROUSEL if is_carousel else LARGEST_BUBBLE
    if len(canonical_json(contents)) > most:
        yield "contents", f"must have at most {most} bytes of JSON"
    if is_carousel:
        for path, description in _require_list(contents, "contents", least=1, most=MOST_BUBBLES):
            yield f"contents.{path}", description


def _check_quick_reply(message: Object) -> Iterator[Broken]:
    quick_reply = message.get("quickReply")
    if isinstance(quick_reply, Mapping):
        for path, description in _limit_list(quick_reply, "items", MOST_QUICK_REPLIES):
            yield f"quickReply.{path}", description


def _require_text(owner: Object, field: str, most: int | None) -> Iterator[Broken]:
    text = owner.get(field)
    if not isinstance(text, str) or not text:
        yield field, "must be a text and not empty"
    elif most is not None and count_units(text) > most:
        yield field, f"must have at most {most} UTF-16 code units"


def _require_url(owner: Object, field: str) -> Iterator[Broken]:
    url = owner.get(field)
    if not isinstance(url, str) or not url.lower().startswith("https://"):
        yield field, "must be an https URL"
    elif count_units(url) > LONGEST_URL:
        yield field, f"must have at most {LONGEST_URL} characters"


def _require_degrees(owner: Object, field: str, most: int) -> Iterator[Broken]:
    degrees = owner.get(field)
    if isinstance(degrees, bool) or not isinstance(degrees, int | float) or abs(degrees) > most:
        yield field, f"must be a number from -{most} to {most}"


def _require_list(owner: Object, field: str, *, least: int, most: int) -> Iterator[Broken]:
    entries = owner.get(field)
    if not isinstance(entries, list) or not least <= len(entries) <= most:
        yield field, f"must hold {least} to {most} entries"


def _limit_list(owner: Object, field: str, most: int) -> Iterator[Broken]:
    if field in owner:
        yield from _require_list(owner, field, least=0, most=most)


def _is_integer(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


_RULES: dict[str, Callable[[Object], Iterator[Broken]]] = {
    "text": _check_text,
    "textV2": _check_text_v2,
    "sticker": _check_sticker,
    "image": _check_media,
    "video": _check_media,
    "audio": _check_audio,
    "location": _check_location,
    "coupon": _check_coupon,
    "imagemap": _check_imagemap,
    "template": _check_template,
    "flex": _check_flex,
}

_TEMPLATES: dict[str, Callable[[Object], Iterator[Broken]]] = {
    "buttons": _check_buttons,
    "confirm": _check_confirm,
    "carousel": _check_columns,
    "image_carousel": _check_columns,
}
