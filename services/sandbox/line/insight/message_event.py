"""Statistics of one narrowcast or broadcast (LP 7.2)."""

from datetime import timedelta
from typing import Any

from sandbox.line.endpoint import PER_HOUR, Answer, Call, Endpoint
from sandbox.line.errors import NOT_FOUND, LineError
from sandbox.line.insight.reactions import Reactions
from sandbox.line.insight.statistics import OVERVIEW, Summed, describe_bubbles, describe_clicks, describe_overview
from sandbox.line.model import Send
from sandbox.line.platform import Line

_STATISTICS_KINDS = ("narrowcast", "broadcast")


def read_message_event(line: Line, call: Call) -> Answer:
    """Answer how people reacted; small values are null (LP 7.4)."""
    request_id = call.query.get("requestId", "")
    if not request_id:
        raise LineError(400, "requestId is required")
    send = line.find_send(call.channel.account, request_id)
    if send is None or send.kind not in _STATISTICS_KINDS or _is_past(line, send):
        if line.settings.unknown_statistics == "not_found":
            raise LineError(404, NOT_FOUND)
        return Answer(_describe_nothing(request_id))
    return Answer(_describe(line, send))


def _is_past(line: Line, send: Send) -> bool:
    return line.now() > send.accepted + timedelta(days=line.settings.statistics_kept_days)


def _describe(line: Line, send: Send) -> dict[str, Any]:
    now = line.now()
    shown = _describe_nothing(send.request_id)
    overview = shown["overview"]
    overview["timestamp"] = int((send.started or send.accepted).timestamp())
    if send.phase != "succeeded" or send.completed is None:
        return shown
    # `delivered` is exempt from the null rule and known as soon as all is sent (LP 7.2).
    overview["delivered"] = send.delivered.bit_count()
    if now < send.completed + timedelta(seconds=line.settings.insight_delay):
        return shown
    reactions = Summed([Reactions(send, now, seed=line.seed)])
    overview.update(describe_overview(reactions))
    shown["messages"] = describe_bubbles(reactions, with_unique_impression=False)
    shown["clicks"] = describe_clicks(line, reactions)
    return shown


def _describe_nothing(request_id: str) -> dict[str, Any]:
    overview: dict[str, Any] = {"requestId": request_id, "timestamp": None, "delivered": None}
    return {"overview": overview | dict.fromkeys(OVERVIEW), "messages": [], "clicks": []}


ENDPOINTS = (Endpoint("GET", "/v2/bot/insight/message/event", read_message_event, PER_HOUR),)
