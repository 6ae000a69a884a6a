"""Push, multicast and broadcast (LP 5.1): delivered at once, counted against quota, no statistics by unit yet."""

import re
from typing import Any

from sandbox.line.endpoint import MULTICAST, PER_HOUR, Answer, Call, Endpoint
from sandbox.line.errors import LineError, Problems
from sandbox.line.messages.checks import check_messages
from sandbox.line.model import Send
from sandbox.line.people.population import is_user_id
from sandbox.line.platform import Line
from sandbox.line.sending.narrowcast import refuse_accepted_key
from sandbox.line.times import read_japanese_month

MOST_RECIPIENTS = 500
_UNIT = re.compile(r"[A-Za-z0-9_]{1,30}")


def push(line: Line, call: Call) -> Answer:
    """Send to one user; blocked ones get nothing and it is a 200, unknown ones are a 400 (LP 5.1)."""
    body = _read(line, call)
    to = body.get("to")
    if not is_user_id(to):
        raise LineError(400, "The property, to, in the request body is invalid (line: -, column: -)")
    people, unknown = call.channel.account.population.find([str(to)])
    if unknown:
        raise LineError(400, "Failed to send messages")
    _deliver(line, call, "push", body, people)
    ids = [str(line.next_number()) for _ in body["messages"]]
    return Answer({"sentMessages": [{"id": message_id} for message_id in ids]})


def multicast(line: Line, call: Call) -> Answer:
    """Send to 1..500 users; who can't be reached gets nothing, without an error (LP 5.1)."""
    body = _read(line, call)
    to = body.get("to")
    problems = Problems()
    problems.require_list(to, "to", least=1, most=MOST_RECIPIENTS)
    problems.refuse()
    ids: list[Any] = body["to"]
    for index, user_id in enumerate(ids):
        if not is_user_id(user_id):
            raise LineError(400, f"The property, to[{index}], in the request body is invalid (line: -, column: -)")
    people, _ = call.channel.account.population.find(ids)
    _deliver(line, call, "multicast", body, people)
    return Answer()


def broadcast(line: Line, call: Call) -> Answer:
    """Send to all friends (LP 5.1)."""
    body = _read(line, call)
    _deliver(line, call, "broadcast", body, call.channel.account.population.friends)
    return Answer()


def _read(line: Line, call: Call) -> dict[str, Any]:
    body = call.read_object()
    problems = Problems()
    check_messages(body.get("messages"), problems)
    problems.require_bool(body.get("notificationDisabled"), "notificationDisabled")
    units = body.get("customAggregationUnits")
    if units is not None and problems.require_list(units, "customAggregationUnits", least=0, most=1):
        for index, unit in enumerate(units):
            if not isinstance(unit, str) or not _UNIT.fullmatch(unit):
                problems.add(f"customAggregationUnits[{index}]", "Invalid unit name")
    problems.refuse()
    refuse_accepted_key(line, call)
    return body


def _deliver(line: Line, call: Call, kind: str, body: dict[str, Any], people: int) -> None:
    account, now = call.channel.account, line.now()
    delivered = people & account.population.deliverable
    month = read_japanese_month(now)
    account.quota.require(month, delivered.bit_count())
    account.quota.spend(month, delivered.bit_count())
    line.accept(
        Send(
            request_id=call.request_id,
            kind=kind,
            channel=call.channel,
            body=body,
            accepted=now,
            retry_key=call.retry_key,
            phase="succeeded",
            started=now,
            completed=now,
            matched=delivered,
            targets=delivered.bit_count(),
            delivered=delivered,
            behaviour=line.behaviour,
        )
    )


ENDPOINTS = (
    Endpoint("POST", "/v2/bot/message/push", push, takes_retry_key=True),
    Endpoint("POST", "/v2/bot/message/multicast", multicast, MULTICAST, takes_retry_key=True),
    Endpoint("POST", "/v2/bot/message/broadcast", broadcast, PER_HOUR, takes_retry_key=True),
)
