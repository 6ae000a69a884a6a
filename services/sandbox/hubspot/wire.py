"""Requests and answers as HubSpot writes them: HS 12's wire rules, shared by all endpoints."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web

from sandbox.hubspot.account import Account
from sandbox.hubspot.errors import Failure, refuse_value
from sandbox.hubspot.settings import HubSpotSettings
from sandbox.hubspot.state import HubSpot

DATE_VERSIONS = ("2025-09", "2026-03", "2026-09")
_LONGEST_ID = 18  # digits that fit 64 bits
_DATES = "|".join(DATE_VERSIONS)
_JSON = "application/json;charset=utf-8"


@dataclass(frozen=True, slots=True)
class Call:
    """One authenticated request to one account."""

    request: web.Request
    hubspot: HubSpot
    account: Account
    now: datetime

    @property
    def settings(self) -> HubSpotSettings:
        """The switches in force."""
        return self.hubspot.settings

    def part(self, name: str) -> str:
        """Return a variable part of the path, decoded."""
        return self.request.match_info[name]

    def flag(self, name: str) -> bool:
        """Read a boolean query parameter, absent = false; `True` is as good as `true`."""
        value = self.request.query.get(name, "false").lower()
        if value not in {"true", "false"}:
            raise refuse_value(f"{name} must be true or false.")
        return value == "true"

    def integer(self, name: str, default: int) -> int:
        """Read a non-negative integer query parameter."""
        value = self.request.query.get(name)
        if value is None:
            return default
        number = parse_id(value)
        if number is None:
            raise refuse_value(f"{name} must be an integer.")
        return number

    def values(self, name: str) -> list[str]:
        """Read a list parameter, given as repeated parameters, joined by commas, or both."""
        return [part for value in self.request.query.getall(name, []) for part in value.split(",") if part]

    async def json_object(self) -> dict[str, Any]:
        """Read the body as a JSON object."""
        body = await self._json()
        if not isinstance(body, dict):
            raise refuse_value("The body must be a JSON object.")
        return body

    async def json_array(self) -> list[Any]:
        """Read the body as a JSON array."""
        body = await self._json()
        if not isinstance(body, list):
            raise refuse_value("The body must be a JSON array.")
        return body

    async def _json(self) -> Any:
        try:
            return json.loads(await self.request.read())
        except (ValueError, RecursionError):
            raise refuse_value("Invalid input JSON.") from None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One call of the API: every path it answers on, what it asks for, and what it does."""

    method: str
    paths: tuple[str, ...]
    handle: Callable[[Call], Awaitable[web.Response]]
    scope: str
    search: bool = False


def paths_of(family: str, tail: str = "") -> tuple[str, str]:
    """Return the numbered and the date-based path of a resource (HS 1); either may end in a slash."""
    return f"/crm/v3/{family}{tail}{{slash:/?}}", f"/crm/{family}/{{version:{_DATES}}}{tail}{{slash:/?}}"


def paths_of_contacts(tail: str = "") -> tuple[str, str]:
    """Return the same for contacts, whose date-based path holds the version in the middle (HS 1)."""
    kind = "{object_type:contacts|0-1}"
    return (
        f"/crm/v3/objects/{kind}{tail}{{slash:/?}}",
        f"/crm/objects/{{version:{_DATES}}}/{kind}{tail}{{slash:/?}}",
    )


def parse_id(text: str) -> int | None:
    """Read a record or list id, a numeric string on the wire (HS 1); None for what can't be one."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_ID else None


def reply(body: Mapping[str, Any], *, status: int = 200) -> web.Response:
    """Make a JSON answer."""
    return web.Response(
        status=status,
        body=json.dumps(body, ensure_ascii=False).encode(errors="replace"),
        headers={"Content-Type": _JSON},
    )


def reply_failure(failure: Failure, hubspot: HubSpot) -> web.Response:
    """Make an error answer and add its ids."""
    body = {**failure.body, "correlationId": hubspot.make_id()}
    if "policyName" in body:
        body["requestId"] = hubspot.make_id()
    response = reply(body, status=failure.status)
    response.headers.update(failure.headers)
    return response


def reply_page(status: int) -> web.Response:
    """Make the HTML page for no such route (404) and wrong verb (405)."""
    title = {404: "404 Not Found", 405: "405 Method Not Allowed"}[status]
    page = f"<html>\n<head>\n<title>{title}</title>\n</head>\n<body><h1>{title}</h1></body>\n</html>\n"
    return web.Response(status=status, text=page, content_type="text/html", charset="utf-8")
