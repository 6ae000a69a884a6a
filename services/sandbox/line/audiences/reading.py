"""Reading own and shared audiences; renaming and deleting own ones (LP 3.5)."""

import re
from collections.abc import Sequence
from typing import Any

from sandbox.line.audiences.audience import CREATE_ROUTES, STATUSES, Audience
from sandbox.line.audiences.names import check_name, refuse_duplicate_name, refuse_unknown_properties
from sandbox.line.audiences.shown import show_audience, show_jobs
from sandbox.line.endpoint import PER_MINUTE, Answer, Call, Endpoint
from sandbox.line.errors import FORBIDDEN, LineError, audience_error
from sandbox.line.platform import Line

LARGEST_PAGE = 40
DEFAULT_PAGE = 20
_LARGEST_NUMBER = 2**31 - 1
_OWN_ROUTES = CREATE_ROUTES[:4]
_INTEGER = re.compile(r"-?[0-9]{1,18}")
_BOOLEANS = {"true": True, "false": False}


def read_list(line: Line, call: Call) -> Answer:
    """Answer one page of the OA's audiences (LP 3.5); every channel of the OA sees all of them."""
    every_channel = _read_flag(call, "includesExternalPublicGroups", default=True)
    page = _read_number(call, "page", default=None, most=_LARGEST_NUMBER)
    own = [audience for audience in _filter(line, call, _OWN_ROUTES) if not audience.foreign]
    shown = [audience for audience in own if every_channel or audience.channel_id == call.channel.channel_id]
    return _show_page(line, call, page, shown)


def read_shared_list(line: Line, call: Call) -> Answer:
    """Answer one page of the audiences that others share with the OA, and of its own if asked to (LP 3.5)."""
    with_own = _read_flag(call, "includesOwnedAudienceGroups", default=False)
    page = _read_number(call, "page", default=1, most=_LARGEST_NUMBER)
    return _show_page(line, call, page, [a for a in _filter(line, call, CREATE_ROUTES) if a.foreign or with_own])


def _show_page(line: Line, call: Call, page: int, found: list[Audience]) -> Answer:
    size = _read_number(call, "size", default=DEFAULT_PAGE, most=LARGEST_PAGE)
    if line.settings.list_order == "newest_first":
        found.reverse()
    start = (page - 1) * size
    shown = found[start : start + size]
    now = line.now()
    return Answer(
        {
            "audienceGroups": [show_audience(audience, now, line.settings, listed=True) for audience in shown],
            "hasNextPage": start + size < len(found),
            "totalCount": len(found),
            "readWriteAudienceGroupTotalCount": sum(audience.permission == "READ_WRITE" for audience in found),
            "page": page,
            "size": size,
        }
    )


def read_one(line: Line, call: Call) -> Answer:
    """Answer an audience and its jobs; an unknown one is a 400 (LP trap 3)."""
    audience = find_called(line, call)
    if audience.foreign:
        raise not_found()
    return Answer(_describe(line, audience))


def read_shared_one(line: Line, call: Call) -> Answer:
    """Answer an audience that others share with the OA, its jobs, and who owns it (LP 3.5)."""
    audience = find_called(line, call)
    if not audience.foreign:
        raise not_found()
    return Answer(_describe(line, audience) | {"owner": audience.owner.to_json()})


def _describe(line: Line, audience: Audience) -> dict[str, Any]:
    now = line.now()
    group = show_audience(audience, now, line.settings)
    shown: dict[str, Any] = {"audienceGroup": group, "jobs": show_jobs(audience, now)}
    return shown if audience.ad_account is None else shown | {"adaccount": {"name": audience.ad_account}}


def rename(line: Line, call: Call) -> Answer:
    """Change an audience's name."""
    audience = find_called(line, call)
    require_writable(line, audience)
    body = call.read_object()
    refuse_unknown_properties(line, body, ("description",))
    name = check_name(body.get("description"))
    refuse_duplicate_name(line, call.channel.account, name, besides=audience)
    audience.name = name
    return Answer()


def delete(line: Line, call: Call) -> Answer:
    """Delete an audience for good; 202 as the reference says, against the OpenAPI (LP 12.1)."""
    audience = find_called(line, call)
    require_writable(line, audience)
    del call.channel.account.audiences[audience.number]
    return Answer(status=202)


def find_called(line: Line, call: Call) -> Audience:
    """Return the audience that the path names.

    Raises:
        LineError: 400 `AUDIENCE_GROUP_NOT_FOUND`.

    """
    audience = find_numbered(line, call, call.parts["number"])
    if audience is None:
        raise not_found()
    return audience


def find_numbered(line: Line, call: Call, text: str) -> Audience | None:
    """Return the audience of a number in a path or a form, None for an unknown one and for other texts."""
    return line.find_audience(call.channel.account, int(text)) if _INTEGER.fullmatch(text) else None


def not_found() -> LineError:
    """Return the answer for an unknown audience."""
    return audience_error("audience group not found", "AUDIENCE_GROUP_NOT_FOUND")


def require_writable(line: Line, audience: Audience) -> None:
    """Refuse to change an audience that is only shared for reading (LP 3.2), in the way of the switch."""
    if audience.permission == "READ_WRITE":
        return
    if line.settings.read_only_refusal == "forbidden":
        raise LineError(403, FORBIDDEN)
    raise not_found()


def _filter(line: Line, call: Call, known_routes: Sequence[str]) -> Sequence[Audience]:
    query = call.query
    name = query.get("description", "").lower()
    status = query.get("status")
    _require_known("status", [status] if status else [], STATUSES)
    routes = query.getall("createRoute", [])
    _require_known("createRoute", routes, known_routes)
    now = line.now()
    return [
        audience
        for audience in line.list_audiences(call.channel.account)
        if name in audience.name.lower()
        and (not routes or audience.create_route in routes)
        and (not status or status == audience.status(now))
    ]


def _require_known(name: str, values: Sequence[str], known: Sequence[str]) -> None:
    for value in values:
        if value not in known:
            raise LineError(400, f"{name}: must be one of the following values: [{', '.join(known)}]")


def _read_flag(call: Call, name: str, *, default: bool) -> bool:
    text = call.query.get(name)
    if text is None:
        return default
    if text.lower() not in _BOOLEANS:
        raise LineError(400, f"{name}: must be true or false")
    return _BOOLEANS[text.lower()]


def _read_number(call: Call, name: str, *, default: int | None, most: int) -> int:
    text = call.query.get(name)
    if text is None and default is not None:
        return default
    if text is None or not _INTEGER.fullmatch(text):
        raise LineError(400, f"{name}: must be a number")
    number = int(text)
    if number > most:
        raise audience_error(f"{name}: must be less than or equal to {most}", "TOO_HIGH")
    if number < 1:
        raise audience_error(f"{name}: must be greater than or equal to 1", "TOO_LOW")
    return number


ENDPOINTS = (
    Endpoint("GET", "/v2/bot/audienceGroup/list", read_list, PER_MINUTE),
    Endpoint("GET", "/v2/bot/audienceGroup/shared/list", read_shared_list, PER_MINUTE),
    Endpoint("GET", r"/v2/bot/audienceGroup/shared/{number:\d+}", read_shared_one, PER_MINUTE),
    Endpoint("GET", r"/v2/bot/audienceGroup/{number:\d+}", read_one, PER_MINUTE),
    Endpoint("PUT", r"/v2/bot/audienceGroup/{number:\d+}/updateDescription", rename, PER_MINUTE),
    Endpoint("DELETE", r"/v2/bot/audienceGroup/{number:\d+}", delete, PER_MINUTE),
)
