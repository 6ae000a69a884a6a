"""Worlds from a file: the control calls that make one, in order."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from sandbox.control import ROOT

_METHODS = ("POST", "PUT", "PATCH", "DELETE")


class WorldError(ValueError):
    """A world file that makes no world; the text says which call and why."""


@dataclass(frozen=True, slots=True)
class ControlCall:
    """One call of the control face; `path` is below `/_control`."""

    method: str
    path: str
    body: Mapping[str, Any]


def read_world(file: Path) -> list[ControlCall]:
    """Return the calls of a JSON file: an array of `{"method"?, "path", "body"?}`, POST unless it says otherwise.

    Raises:
        WorldError: no such array.
        OSError: the file can't be read.

    """
    try:
        entries = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise WorldError(f"{file}: {error}") from error
    if not isinstance(entries, list):
        raise WorldError(f"{file}: an array of calls is expected")
    return [_read_call(number, entry) for number, entry in enumerate(entries, start=1)]


async def make_world(url: str, calls: list[ControlCall]) -> None:
    """Make the calls to a sandbox.

    Raises:
        WorldError: the control face refused one.

    """
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as http:
        for number, call in enumerate(calls, start=1):
            async with http.request(call.method, f"{url}{ROOT}{call.path}", json=call.body) as response:
                if not response.ok:
                    raise WorldError(f"call {number}, {call.path}: {await response.text()}")


def _read_call(number: int, entry: Any) -> ControlCall:
    if not isinstance(entry, dict) or not isinstance(entry.get("path"), str) or not entry["path"].startswith("/"):
        raise WorldError(f"call {number}: a path below {ROOT} is expected")
    method, body = entry.get("method", "POST"), entry.get("body", {})
    if method not in _METHODS or not isinstance(body, dict):
        raise WorldError(f"call {number}: method is one of {_METHODS}, body an object")
    return ControlCall(method, entry["path"], body)
