"""Making audiences of those who tapped or saw a message (LP 3.5)."""

from datetime import datetime, timedelta
from typing import Any

from sandbox.line.audiences.audience import Audience
from sandbox.line.audiences.creation import add_audience, answer_created
from sandbox.line.audiences.names import check_name, refuse_unknown_properties
from sandbox.line.endpoint import PER_MINUTE, Answer, Call, Endpoint
from sandbox.line.errors import Problems, audience_error
from sandbox.line.insight.reactions import COUNTED, Reactions
from sandbox.line.model import Account, Send
from sandbox.line.platform import Line

OLDEST_MESSAGE = timedelta(days=60)
LONGEST_CLICK_URL = 2_000


def create_click(line: Line, call: Call) -> Answer:
    """Make an audience of those who tapped a URL of a message, any one without `clickUrl` (LP 3.5)."""
    body = call.read_object()
    refuse_unknown_properties(line, body, ("description", "requestId", "clickUrl"))
    name = check_name(body.get("description"))
    url = _read_click_url(body)
    send = _find_message(line, call, body.get("requestId"))
    _refuse_repeated(line, call.channel.account, "CLICK", send.request_id, url)
    audience = add_audience(line, call, kind="CLICK", name=name)
    audience.request_id, audience.click_url = send.request_id, url
    audience.growing = lambda time: Reactions(send, time, seed=line.seed).clicked(url)
    _plan_count(line, audience, send, audience.ready_at)
    return answer_created(line, audience)


def create_impression(line: Line, call: Call) -> Answer:
    """Make an audience of those who saw a bubble of a message (LP 3.5)."""
    body = call.read_object()
    refuse_unknown_properties(line, body, ("description", "requestId"))
    name = check_name(body.get("description"))
    send = _find_message(line, call, body.get("requestId"))
    _refuse_repeated(line, call.channel.account, "IMP", send.request_id, None)
    audience = add_audience(line, call, kind="IMP", name=name)
    audience.request_id = send.request_id
    audience.growing = lambda time: Reactions(send, time, seed=line.seed).opened()
    _plan_count(line, audience, send, audience.ready_at)
    return answer_created(line, audience)


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


def _read_click_url(body: dict[str, Any]) -> str | None:
    """Return the URL; an empty one stands for any, as no one does."""
    url = body.get("clickUrl")
    if url is None or url == "":
        return None
    problems = Problems()
    problems.require_text(url, "clickUrl", longest=LONGEST_CLICK_URL)
    problems.refuse()
    return str(url)


def _plan_count(line: Line, audience: Audience, send: Send, time: datetime) -> None:
    """Count the members at `time`, and again and again until they are enough or nobody can join any more."""

    def count(moment: datetime) -> None:
        audience.recount(moment, line.settings)
        last = (send.completed or moment) + COUNTED
        if not audience.is_ready and moment < last and audience.growing is not None:
            step = timedelta(seconds=max(1.0, line.settings.message_audience_recount))
            _plan_count(line, audience, send, min(moment + step, last))

    line.plan(time, count)


def _refuse_repeated(line: Line, account: Account, kind: str, request_id: str, url: str | None) -> None:
    for other in line.list_audiences(account):
        if other.kind == kind and other.request_id == request_id and other.click_url == url:
            raise audience_error("audience group exists", "AUDIENCE_GROUP_REQUESTID_DUPLICATE")


ENDPOINTS = (
    Endpoint("POST", "/v2/bot/audienceGroup/click", create_click, PER_MINUTE),
    Endpoint("POST", "/v2/bot/audienceGroup/imp", create_impression, PER_MINUTE),
)
