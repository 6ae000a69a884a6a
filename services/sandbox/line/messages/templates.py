"""Checks of template messages (LP 5.3, "Templates")."""

from collections.abc import Callable
from typing import Any

from sandbox.line.errors import Problems
from sandbox.line.messages.actions import (
    IMAGE_CAROUSEL,
    TEMPLATE,
    TEMPLATE_DEFAULT,
    check_action,
    check_graphemes,
)
from sandbox.line.messages.media import check_https

LONGEST_TITLE = 40
MOST_COLUMNS = 10


def check_template(template: Any, path: str, problems: Problems) -> None:
    """Note what is wrong with the `template` of a template message."""
    if not problems.require_object(template, path):
        return
    if problems.require_one_of(template.get("type"), f"{path}.type", tuple(_CHECKS)):
        _CHECKS[template["type"]](template, path, problems)


def _check_buttons(template: dict[str, Any], path: str, problems: Problems) -> None:
    _check_body(template, path, 160, problems)
    _check_image_options(template, path, problems)
    _check_actions(template.get("actions"), path, least=1, most=4, problems=problems)


def _check_confirm(template: dict[str, Any], path: str, problems: Problems) -> None:
    check_graphemes(template.get("text"), f"{path}.text", 240, problems)
    _check_actions(template.get("actions"), path, least=2, most=2, problems=problems)


def _check_carousel(template: dict[str, Any], path: str, problems: Problems) -> None:
    columns = template.get("columns")
    _check_image_options(template, path, problems)
    if not problems.require_list(columns, f"{path}.columns", least=1, most=MOST_COLUMNS):
        return
    for index, column in enumerate(columns):
        at = f"{path}.columns[{index}]"
        if problems.require_object(column, at):
            _check_body(column, at, 120, problems)
            _check_actions(column.get("actions"), at, least=1, most=3, problems=problems)
    shapes = {_describe_shape(column) for column in columns if isinstance(column, dict)}
    if len(shapes) > 1:
        problems.add(f"{path}.columns", "columns must have the same actions, images and titles")


def _check_image_carousel(template: dict[str, Any], path: str, problems: Problems) -> None:
    columns = template.get("columns")
    if not problems.require_list(columns, f"{path}.columns", least=1, most=MOST_COLUMNS):
        return
    for index, column in enumerate(columns):
        at = f"{path}.columns[{index}]"
        if problems.require_object(column, at):
            check_https(column.get("imageUrl"), f"{at}.imageUrl", problems)
            check_action(column.get("action"), f"{at}.action", IMAGE_CAROUSEL, problems)


def _check_body(part: dict[str, Any], path: str, longest_alone: int, problems: Problems) -> None:
    """Check title, text, image and default action; text is shorter beside a title or an image."""
    has_more = part.get("title") is not None or part.get("thumbnailImageUrl") is not None
    check_graphemes(part.get("text"), f"{path}.text", 60 if has_more else longest_alone, problems)
    if part.get("title") is not None:
        check_graphemes(part["title"], f"{path}.title", LONGEST_TITLE, problems)
    if part.get("thumbnailImageUrl") is not None:
        check_https(part["thumbnailImageUrl"], f"{path}.thumbnailImageUrl", problems)
    if part.get("defaultAction") is not None:
        check_action(part["defaultAction"], f"{path}.defaultAction", TEMPLATE_DEFAULT, problems)


def _check_image_options(part: dict[str, Any], path: str, problems: Problems) -> None:
    for name, allowed in (("imageAspectRatio", ("rectangle", "square")), ("imageSize", ("cover", "contain"))):
        if part.get(name) is not None:
            problems.require_one_of(part[name], f"{path}.{name}", allowed)


def _check_actions(actions: Any, path: str, *, least: int, most: int, problems: Problems) -> None:
    if problems.require_list(actions, f"{path}.actions", least=least, most=most):
        for index, action in enumerate(actions):
            check_action(action, f"{path}.actions[{index}]", TEMPLATE, problems)


def _describe_shape(column: dict[str, Any]) -> tuple[int, bool, bool]:
    actions = column.get("actions")
    count = len(actions) if isinstance(actions, list) else 0
    return count, column.get("title") is not None, column.get("thumbnailImageUrl") is not None


_CHECKS: dict[str, Callable[[dict[str, Any], str, Problems], None]] = {
    "buttons": _check_buttons,
    "confirm": _check_confirm,
    "carousel": _check_carousel,
    "image_carousel": _check_image_carousel,
}
