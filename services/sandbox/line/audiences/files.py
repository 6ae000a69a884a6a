"""Making UPLOAD audiences from a file of ids, one a line, and adding to them (LP 3.5); on the data host (LP 1.1)."""

from sandbox.line.audiences.creation import (
    add_audience,
    add_job,
    answer_created,
    check_ids,
    find_growable,
    note_addition,
    require_some,
)
from sandbox.line.audiences.names import check_name, check_upload_description
from sandbox.line.endpoint import PER_MINUTE, Answer, Call, Endpoint
from sandbox.line.errors import LineError, audience_error
from sandbox.line.platform import Line

MOST_IDS = 1_500_000
MEDIA_TYPE = "text/plain"
_PATH = "/v2/bot/audienceGroup/upload/byFile"


def create_by_file(line: Line, call: Call) -> Answer:
    """Make an audience from a file of up to 1,500,000 ids."""
    name = check_name(_read_text(call, "description"))
    text = check_upload_description(_read_text(call, "uploadDescription"))
    ifas = (_read_text(call, "isIfaAudience") or "false").lower() == "true"
    ids = _read_file(line, call, ifas=ifas)
    audience = add_audience(line, call, kind="UPLOAD", name=name)
    audience.is_ifa = ifas
    add_job(line, call.channel.account, audience, ids, text)
    return answer_created(line, audience)


def add_by_file(line: Line, call: Call) -> Answer:
    """Add a file of ids to an audience."""
    number = _read_text(call, "audienceGroupId") or ""
    text = check_upload_description(_read_text(call, "uploadDescription"))
    audience = find_growable(line, call, int(number) if number.isascii() and number.isdigit() else None)
    ids = _read_file(line, call, ifas=audience.is_ifa)
    add_job(line, call.channel.account, audience, ids, text)
    note_addition(line, audience)
    return Answer(status=202)


def _read_text(call: Call, name: str) -> str | None:
    part = call.form.get(name)
    return None if part is None else part.content.decode("utf-8", "replace")


def _read_file(line: Line, call: Call, *, ifas: bool) -> set[str]:
    part = call.form.get("file")
    if part is None:
        raise LineError(400, "The request body has 1 error(s)", details=[_MISSING])
    if part.content_type != MEDIA_TYPE:
        raise LineError(415, f"The content type, {part.content_type}, is not supported")
    lines = (row.strip() for row in part.content.decode("utf-8", "replace").splitlines())
    given = [row for row in lines if row]
    ids = check_ids(line, call.channel.account, given, ifas=ifas, most=MOST_IDS, invalid=_refuse_ids)
    require_some(ids)
    return ids


def _refuse_ids() -> LineError:
    code = "UPLOAD_AUDIENCE_GROUP_INVALID_AUDIENCE_ID_FORMAT"
    return audience_error(code, code, property_name="file")


_MISSING = {"message": "May not be empty", "property": "file"}

ENDPOINTS = (
    Endpoint("POST", _PATH, create_by_file, PER_MINUTE, takes_form=True),
    Endpoint("PUT", _PATH, add_by_file, PER_MINUTE, takes_form=True),
)
