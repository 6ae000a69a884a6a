"""Making UPLOAD audiences from ids in JSON, and adding to them (LP 3.5)."""

from typing import Any

from sandbox.line.audiences.audience import Members
from sandbox.line.audiences.creation import (
    IdRules,
    add_audience,
    add_job,
    answer_created,
    check_ids,
    find_growable,
    note_addition,
    require_some,
)
from sandbox.line.audiences.names import check_name, check_upload_description, refuse_unknown_properties
from sandbox.line.endpoint import PER_MINUTE, Answer, Call, Endpoint
from sandbox.line.errors import LineError, Problems, audience_error, is_integer
from sandbox.line.platform import Line

MOST_IDS = 10_000
_CREATE = ("description", "isIfaAudience", "uploadDescription", "audiences")
_ADD = ("audienceGroupId", "audiences", "uploadDescription")


def create_upload(line: Line, call: Call) -> Answer:
    """Make an audience from up to 10,000 ids; none makes one that never gets READY (LP 3.5)."""
    body = call.read_object()
    refuse_unknown_properties(line, body, _CREATE)
    name = check_name(body.get("description"))
    text = check_upload_description(body.get("uploadDescription"))
    ifas = _read_flag(body, "isIfaAudience")
    given = body.get("audiences")
    members = _read_members(line, call, [] if given is None else given, ifas=ifas)
    audience = add_audience(line, call, kind="UPLOAD", name=name)
    audience.is_ifa = ifas
    if given:
        add_job(line, audience, members, text)
    return answer_created(line, audience)


def add_ids(line: Line, call: Call) -> Answer:
    """Add up to 10,000 ids to an audience; they count when their job is FINISHED (LP 3.5)."""
    body = call.read_object()
    refuse_unknown_properties(line, body, _ADD)
    text = check_upload_description(body.get("uploadDescription"))
    number = body.get("audienceGroupId")
    audience = find_growable(line, call, str(number) if is_integer(number) else "")
    members = _read_members(line, call, body.get("audiences"), ifas=audience.is_ifa, empty=False)
    add_job(line, audience, members, text)
    note_addition(line, audience)
    return Answer(status=202)


def _read_members(line: Line, call: Call, given: Any, *, ifas: bool, empty: bool = True) -> Members:
    if not isinstance(given, list):
        raise audience_error("Invalid audience id format", "UPLOAD_AUDIENCE_GROUP_NO_VALID_AUDIENCE_IDS")
    ids = [entry.get("id") if isinstance(entry, dict) else None for entry in given]
    rules = IdRules(MOST_IDS, ifas, _refuse_ids)
    return check_ids(line, call.channel.account, [ids] if empty else require_some([ids]), rules)


def _refuse_ids() -> LineError:
    code = "UPLOAD_AUDIENCE_GROUP_INVALID_AUDIENCE_ID_FORMAT"
    return audience_error("Invalid audience id format", code, property_name="audiences")


def _read_flag(body: dict[str, Any], name: str) -> bool:
    problems = Problems()
    problems.require_bool(body.get(name), name)
    problems.refuse()
    return body.get(name) is True


ENDPOINTS = (
    Endpoint("POST", "/v2/bot/audienceGroup/upload", create_upload, PER_MINUTE),
    Endpoint("PUT", "/v2/bot/audienceGroup/upload", add_ids, PER_MINUTE),
)
