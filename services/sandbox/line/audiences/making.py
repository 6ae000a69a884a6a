"""Making audiences: from user ids, and from who tapped or saw a message (LP 3.5)."""

from datetime import datetime, timedelta
from typing import Any

from sandbox.line.audiences.audience import RETENTION, Audience, Job
from sandbox.line.audiences.names import check_name, check_upload_description, refuse_duplicate_name
from sandbox.line.audiences.reading import not_found, require_writable
from sandbox.line.endpoint import PER_MINUTE, Answer, Call, Endpoint
from sandbox.line.errors import LineError, audience_error, count_units, is_integer
from sandbox.line.insight.reactions import Reactions
from sandbox.line.model import Account, Send
from sandbox.line.people.population import is_user_id
from sandbox.line.platform import Line

MOST_IDS = 10_000
MOST_AUDIENCES = 1_000
OLDEST_MESSAGE = timedelta(days=60)
LONGEST_CLICK_URL = 2_000


def create_upload(line: Line, call: Call) -> Answer:
    """Make an UPLOAD audience from up to 10,000 ids; none makes one that never gets READY (LP 3.5)."""
    body = call.read_object()
    name = check_name(body.get("description"))
    text = check_upload_description(body.get("uploadDescription"))
    ids = _read_ids([] if body.get("audiences") is None else body["audiences"])
    _refuse_unknown(line, call.channel.account, ids)
    audience = _add(line, call, kind="UPLOAD", name=name)
    audience.is_ifa = body.get("isIfaAudience") is True
    if ids:
        _add_job(line, call.channel.account, audience, ids, text)
    return _answer_created(line, audience)


def add_ids(line: Line, call: Call) -> Answer:
    """Add up to 10,000 ids to an UPLOAD audience; they count when their job is FINISHED (LP 3.5)."""
    body = call.read_object()
    number = body.get("audienceGroupId")
    audience = line.find_audience(call.channel.account, number) if is_integer(number) else None
    if audience is None or audience.kind != "UPLOAD":
        raise not_found()
    require_writable(audience)
    text = check_upload_description(body.get("uploadDescription"))
    ids = _read_ids(body.get("audiences"))
    now = line.now()
    if audience.status(now) == "EXPIRED":
        code = "AUDIENCE_GROUP_CAN_NOT_UPLOAD_STATUS_EXPIRED"
        raise audience_error("audience group is expired", code)
    if not ids:
        raise audience_error("no valid audience ids", "UPLOAD_AUDIENCE_GROUP_NO_VALID_AUDIENCE_IDS")
    if audience.jobs_in_flight(now) >= line.settings.audience_operations_at_once:
        # The text of this kind of 429 is not published (LP 1.7).
        raise LineError(429, "Too many concurrent operations on the audience.")
    _refuse_unknown(line, call.channel.account, ids)
    _add_job(line, call.channel.account, audience, ids, text)
    if line.settings.adding_extends_expiry:
        audience.expires = now + RETENTION
    return Answer(status=202)


def create_click(line: Line, call: Call) -> Answer:
    """Make an audience of those who tapped a URL of a message, any one without `clickUrl` (LP 3.5)."""
    body = call.read_object()
    name = check_name(body.get("description"))
    url = body.get("clickUrl")
    if url is not None and (not isinstance(url, str) or not 0 < count_units(url) <= LONGEST_CLICK_URL):
        raise LineError(400, "clickUrl: invalid")
    send = _find_message(line, call, body.get("requestId"))
    _refuse_repeated(call.channel.account, "CLICK", send.request_id, url)
    audience = _add(line, call, kind="CLICK", name=name)
    audience.request_id, audience.click_url = send.request_id, url
    audience.growing = lambda time: Reactions(send, time, seed=line.seed).clicked(url)
    return _answer_created(line, audience)


def create_impression(line: Line, call: Call) -> Answer:
    """Make an audience of those who saw a bubble of a message (LP 3.5)."""
    body = call.read_object()
    name = check_name(body.get("description"))
    send = _find_message(line, call, body.get("requestId"))
    _refuse_repeated(call.channel.account, "IMP", send.request_id, None)
    audience = _add(line, call, kind="IMP", name=name)
    audience.request_id = send.request_id
    audience.growing = lambda time: Reactions(send, time, seed=line.seed).opened()
    return _answer_created(line, audience)


def _add(line: Line, call: Call, *, kind: str, name: str) -> Audience:
    account = call.channel.account
    if len(line.list_audiences(account)) >= MOST_AUDIENCES:
        raise audience_error("too many audience groups", "AUDIENCE_GROUP_COUNT_MAX_OVER")
    refuse_duplicate_name(line, account, name)
    now = line.now()
    audience = Audience(
        number=line.next_audience_number(),
        kind=kind,
        name=name,
        created=now,
        ready_at=now + timedelta(seconds=line.settings.ready_delay),
        channel_id=call.channel.channel_id,
        expires=_whole_seconds(now) + RETENTION,
    )
    account.audiences[audience.number] = audience
    return audience


def _add_job(line: Line, account: Account, audience: Audience, ids: set[str], text: str | None) -> None:
    known, unknown = account.population.find(ids)
    now = line.now()
    working_at = now + timedelta(seconds=line.settings.job_queue_time)
    audience.jobs.append(
        Job(
            number=line.next_number(),
            created=now,
            working_at=working_at,
            finished_at=working_at + timedelta(seconds=line.settings.job_work_time),
            # Who has not agreed to the privacy policy is left out without a word (LP 3.4).
            people=known & account.population.consented,
            outsiders=frozenset(unknown if line.settings.unknown_upload_ids == "kept" else ()),
            description=text,
        )
    )


def _read_ids(audiences: Any) -> set[str]:
    if not isinstance(audiences, list):
        raise audience_error("Invalid audience id format", "UPLOAD_AUDIENCE_GROUP_NO_VALID_AUDIENCE_IDS")
    if len(audiences) > MOST_IDS:
        raise audience_error("too many audience ids", "UPLOAD_AUDIENCE_GROUP_TOO_MANY_AUDIENCE_IDS")
    ids = [entry.get("id") if isinstance(entry, dict) else None for entry in audiences]
    if not all(is_user_id(user_id) for user_id in ids):
        raise _invalid_ids()
    return {str(user_id) for user_id in ids}


def _refuse_unknown(line: Line, account: Account, ids: set[str]) -> None:
    if line.settings.unknown_upload_ids == "refused" and account.population.find(ids)[1]:
        raise _invalid_ids()


def _invalid_ids() -> LineError:
    code = "UPLOAD_AUDIENCE_GROUP_INVALID_AUDIENCE_ID_FORMAT"
    return audience_error("Invalid audience id format", code, property_name="audiences")


def _find_message(line: Line, call: Call, request_id: Any) -> Send:
    """Return the narrowcast or broadcast of the last 60 days that an audience is made from."""
    send = line.sends.get(request_id) if isinstance(request_id, str) else None
    if send is None or send.kind not in ("narrowcast", "broadcast") or send.completed is None:
        raise audience_error("request not found", "REQUEST_NOT_FOUND")
    if send.channel.account is not call.channel.account:
        raise audience_error("wrong bot id", "WRONG_BOT_ID")
    if line.now() > send.accepted + OLDEST_MESSAGE:
        raise audience_error("too old messages", "TOO_OLD_MESSAGES")
    return send


def _refuse_repeated(account: Account, kind: str, request_id: str, url: str | None) -> None:
    for other in account.audiences.values():
        if other.kind == kind and other.request_id == request_id and other.click_url == url:
            raise audience_error("audience group exists", "AUDIENCE_GROUP_REQUESTID_DUPLICATE")


def _answer_created(line: Line, audience: Audience) -> Answer:
    shown = audience.to_json(line.now())
    for name in ("status", "audienceCount"):
        del shown[name]
    return Answer(shown, status=202)


def _whole_seconds(instant: datetime) -> datetime:
    return instant.replace(microsecond=0)


ENDPOINTS = (
    Endpoint("POST", "/v2/bot/audienceGroup/upload", create_upload, PER_MINUTE),
    Endpoint("PUT", "/v2/bot/audienceGroup/upload", add_ids, PER_MINUTE),
    Endpoint("POST", "/v2/bot/audienceGroup/click", create_click, PER_MINUTE),
    Endpoint("POST", "/v2/bot/audienceGroup/imp", create_impression, PER_MINUTE),
)
