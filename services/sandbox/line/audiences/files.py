"""Making UPLOAD audiences from a file of ids, one a line, and adding to them (LP 3.5); on the data host (LP 1.1)."""

from collections.abc import Iterator, Mapping

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
from sandbox.line.audiences.names import check_name, check_upload_description
from sandbox.line.endpoint import PER_MINUTE, Answer, Call, Endpoint
from sandbox.line.errors import LineError, audience_error
from sandbox.line.platform import Line

MOST_IDS = 1_500_000
MEDIA_TYPE = "text/plain"
# Some 60,000 lines at a time: all lines of a large file as texts would take 130 MB.
_BATCH_BYTES = 2 * 1024 * 1024
_BOOLEANS = {"true": True, "false": False}
_PATH = "/v2/bot/audienceGroup/upload/byFile"


def create_by_file(line: Line, call: Call) -> Answer:
    """Make an audience from a file of up to 1,500,000 ids."""
    name = check_name(_read_text(call, "description"))
    text = check_upload_description(_read_text(call, "uploadDescription"))
    ifas = _read_flag(call, "isIfaAudience")
    members = _read_file(line, call, ifas=ifas)
    audience = add_audience(line, call, kind="UPLOAD", name=name)
    audience.is_ifa = ifas
    add_job(line, audience, members, text)
    return answer_created(line, audience)


def add_by_file(line: Line, call: Call) -> Answer:
    """Add a file of ids to an audience."""
    text = check_upload_description(_read_text(call, "uploadDescription"))
    audience = find_growable(line, call, _read_text(call, "audienceGroupId") or "")
    members = _read_file(line, call, ifas=audience.is_ifa)
    add_job(line, audience, members, text)
    note_addition(line, audience)
    return Answer(status=202)


def _read_text(call: Call, name: str) -> str | None:
    part = call.form.get(name)
    return None if part is None else part.content.decode("utf-8", "replace")


def _read_flag(call: Call, name: str) -> bool:
    text = (_read_text(call, name) or "false").lower()
    if text not in _BOOLEANS:
        raise _refuse_part(name, "Must be true or false")
    return _BOOLEANS[text]


def _read_file(line: Line, call: Call, *, ifas: bool) -> Members:
    part = call.form.get("file")
    if part is None:
        raise _refuse_part("file", "May not be empty")
    if part.content_type.strip().lower() != MEDIA_TYPE:
        raise LineError(415, f"The content type, {part.content_type}, is not supported")
    rules = IdRules(MOST_IDS, ifas, _refuse_ids)
    return check_ids(line, call.channel.account, require_some(_read_lines(part.content)), rules)


def _read_lines(content: bytes) -> Iterator[list[str]]:
    """Yield the lines that are not empty, in batches; they end in LF or CR LF, and nothing else separates them."""
    start = 0
    while start < len(content):
        end = content.find(b"\n", start + _BATCH_BYTES) + 1 or len(content)
        rows = content[start:end].decode("latin-1").replace("\r\n", "\n").split("\n")
        yield [row for row in rows if row]
        start = end


def _refuse_ids() -> LineError:
    code = "UPLOAD_AUDIENCE_GROUP_INVALID_AUDIENCE_ID_FORMAT"
    return audience_error(code, code, property_name="file")


def _refuse_part(name: str, message: str) -> LineError:
    detail: Mapping[str, str] = {"message": message, "property": name}
    return LineError(400, "The request body has 1 error(s)", details=[detail])


ENDPOINTS = (
    Endpoint("POST", _PATH, create_by_file, PER_MINUTE, takes_form=True),
    Endpoint("PUT", _PATH, add_by_file, PER_MINUTE, takes_form=True),
)
