"""Checks of media URLs and of image maps (LP 5.3)."""

import re
from typing import Any
from urllib.parse import urlsplit

from sandbox.line.errors import Problems, is_integer
from sandbox.line.messages.actions import check_uri

LONGEST_URL = 2000
IMAGEMAP_WIDTH = 1040
LONGEST_VIDEO_LABEL = 30
_EXTENSION = re.compile(r"\.(?:png|jpe?g|gif)$", re.IGNORECASE)


def check_https(url: Any, path: str, problems: Problems) -> None:
    """Note a media URL that is missing, too long or not HTTPS."""
    if not problems.require_text(url, path, longest=LONGEST_URL):
        return
    try:
        fine = urlsplit(url).scheme == "https"
    except ValueError:
        fine = False
    if not fine:
        problems.add(path, "invalid uri scheme")


def check_imagemap(message: dict[str, Any], path: str, problems: Problems) -> None:
    """Note what is wrong with an imagemap message, alt text aside."""
    base_url = message.get("baseUrl")
    check_https(base_url, f"{path}.baseUrl", problems)
    if isinstance(base_url, str) and _EXTENSION.search(base_url):
        problems.add(f"{path}.baseUrl", "must not have a file extension")
    size = message.get("baseSize")
    if problems.require_object(size, f"{path}.baseSize"):
        if size.get("width") != IMAGEMAP_WIDTH:
            problems.add(f"{path}.baseSize.width", f"Must be {IMAGEMAP_WIDTH}")
        if not is_integer(size.get("height")) or size["height"] < 1:
            problems.add(f"{path}.baseSize.height", "Must be greater than or equal to 1")
    if message.get("video") is not None:
        _check_video(message["video"], f"{path}.video", problems)
    actions = message.get("actions")
    if problems.require_list(actions, f"{path}.actions", least=0, most=50):
        for index, action in enumerate(actions):
            _check_area_action(action, f"{path}.actions[{index}]", problems)


def _check_area_action(action: Any, path: str, problems: Problems) -> None:
    if not problems.require_object(action, path):
        return
    kind = action.get("type")
    if not problems.require_one_of(kind, f"{path}.type", ("uri", "message", "clipboard")):
        return
    _check_area(action.get("area"), f"{path}.area", problems)
    if action.get("label") is not None:
        problems.require_text(action["label"], f"{path}.label", longest=100, shortest=0)
    if kind == "uri":
        check_uri(action.get("linkUri"), f"{path}.linkUri", problems)
    elif kind == "message":
        problems.require_text(action.get("text"), f"{path}.text", longest=400)
    else:
        problems.require_text(action.get("clipboardText"), f"{path}.clipboardText", longest=1000)


def _check_video(video: Any, path: str, problems: Problems) -> None:
    """Check the video that plays in an imagemap, and the link shown after it."""
    if not problems.require_object(video, path):
        return
    check_https(video.get("originalContentUrl"), f"{path}.originalContentUrl", problems)
    check_https(video.get("previewImageUrl"), f"{path}.previewImageUrl", problems)
    _check_area(video.get("area"), f"{path}.area", problems)
    link = video.get("externalLink")
    if link is not None and problems.require_object(link, f"{path}.externalLink"):
        check_uri(link.get("linkUri"), f"{path}.externalLink.linkUri", problems)
        problems.require_text(link.get("label"), f"{path}.externalLink.label", longest=LONGEST_VIDEO_LABEL)


def _check_area(area: Any, path: str, problems: Problems) -> None:
    if not problems.require_object(area, path):
        return
    for name in ("x", "y", "width", "height"):
        if not is_integer(area.get(name)) or area[name] < 0:
            problems.add(f"{path}.{name}", "Must be greater than or equal to 0")
