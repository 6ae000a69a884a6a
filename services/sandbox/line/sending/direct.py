"""Push, multicast and broadcast (LP 5.1): delivered at once, and counted against the quota."""

from datetime import timedelta
from typing import Any

from sandbox.line.account.counts import API_COUNTERS
from sandbox.line.endpoint import MULTICAST, PER_HOUR, Answer, Call, Endpoint
from sandbox.line.errors import LineError, Problems
from sandbox.line.messages.checks import check_messages
from sandbox.line.model import Account, Send
from sandbox.line.people.population import is_user_id
from sandbox.line.platform import Line
from sandbox.line.sending.narrowcast import refuse_accepted_key
from sandbox.line.sending.units import check_units
from sandbox.line.times import read_japanese_day, read_japanese_month

MOST_RECIPIENTS = 500
# Who wrote within this time may be pushed without being a friend (LP 5.1).
CONVERSATION = timedelta(days=7)
QUOTABLE = ("text", "textV2", "sticker", "image", "video", "template")


def push(line: Line, call: Call) -> Answer:
    """Send to one user; blocked ones get nothing and it is a 200, unknown ones are a 400 (LP 5.1)."""
    body, unit = _read(line, call, takes_units=True)
    to = body.get("to")
    if not is_user_id(to):
        raise _invalid("to")
    people, unknown = call.channel.account.population.find([str(to)])
    if unknown:
        raise LineError(400, "Failed to send messages")
    send = deliver(line, call, "push", body, people, unit=unit)
    return Answer({"sentMessages": list(send.sent_messages)})


def multicast(line: Line, call: Call) -> Answer:
    """Send to 1..500 users; who can't be reached gets nothing, without an error (LP 5.1)."""
    body, unit = _read(line, call, takes_units=True)
    people = _find_recipients(line, call.channel.account, body.get("to"))
    deliver(line, call, "multicast", body, people, unit=unit)
    return Answer()


def broadcast(line: Line, call: Call) -> Answer:
    """Send to all friends (LP 5.1)."""
    body, _ = _read(line, call, takes_units=False)
    deliver(line, call, "broadcast", body, call.channel.account.population.friends, unit=None)
    return Answer()


def deliver(line: Line, call: Call, kind: str, body: dict[str, Any], people: int, *, unit: str | None) -> Send:
    """Send to whoever of `people` can be reached, at once, and return the record of it.

    A reply does not count against the quota (LP 5.1).

    Raises:
        LineError: 429 when the month has not enough messages left.

    """
    account, now = call.channel.account, line.now()
    delivered = people & _reachable(line, account)
    count, month = delivered.bit_count(), line.quota_month()
    if kind != "reply":
        account.quota.require(month, count)
        account.quota.spend(month, count)
    account.counts.add(read_japanese_day(now), API_COUNTERS[kind], count)
    send = Send(
        request_id=call.request_id,
        kind=kind,
        channel=call.channel,
        body=body,
        accepted=now,
        retry_key=call.retry_key,
        phase="succeeded",
        started=now,
        completed=now,
        targets=count,
        unit=account.units.attach(unit, read_japanese_month(now)),
        sent_messages=_number_messages(line, body["messages"]) if kind in ("push", "reply") else (),
        behaviour=line.behaviour,
    )
    send.matched = send.delivered = delivered
    line.accept(send)
    return send


def _reachable(line: Line, account: Account) -> int:
    """Return friends who do not block, and those who wrote lately and do not block."""
    population = account.population
    oldest = line.now() - CONVERSATION
    writers = 0
    for person, wrote_at in account.wrote_at.items():
        if wrote_at > oldest:
            writers |= 1 << person
    return (population.friends | writers) & ~population.blocked


def _find_recipients(line: Line, account: Account, to: Any) -> int:
    problems = Problems()
    problems.require_list(to, "to", least=1, most=MOST_RECIPIENTS)
    problems.refuse()
    for index, user_id in enumerate(to):
        if not is_user_id(user_id) or (line.settings.duplicate_recipients == "refused" and user_id in to[:index]):
            raise _invalid(f"to[{index}]")
    people, unknown = account.population.find(to)
    if unknown and line.settings.foreign_recipients == "refused":
        raise _invalid(f"to[{next(index for index, user_id in enumerate(to) if user_id in unknown)}]")
    return people


def _read(line: Line, call: Call, *, takes_units: bool) -> tuple[dict[str, Any], str | None]:
    body = call.read_object()
    problems = Problems()
    check_messages(body.get("messages"), problems)
    problems.require_bool(body.get("notificationDisabled"), "notificationDisabled")
    unit = check_units(body.get("customAggregationUnits"), problems) if takes_units else None
    problems.refuse()
    refuse_accepted_key(line, call)
    return body, unit


def _number_messages(line: Line, messages: list[dict[str, Any]]) -> tuple[dict[str, str], ...]:
    """Return the `sentMessages`: ids are strings, against the reference's word (LP 5.1)."""
    return tuple(_number_message(line, message["type"]) for message in messages)


def _number_message(line: Line, kind: str) -> dict[str, str]:
    shown = {"id": str(_FIRST_MESSAGE + line.next_number())}
    return shown | ({"quoteToken": f"{line.rng.getrandbits(256):064x}"} if kind in QUOTABLE else {})


def _invalid(name: str) -> LineError:
    return LineError(400, f"The property, {name}, in the request body is invalid (line: -, column: -)")


_FIRST_MESSAGE = 500_000_000_000_000_000

ENDPOINTS = (
    Endpoint("POST", "/v2/bot/message/push", push, takes_retry_key=True),
    Endpoint("POST", "/v2/bot/message/multicast", multicast, MULTICAST, takes_retry_key=True),
    Endpoint("POST", "/v2/bot/message/broadcast", broadcast, PER_HOUR, takes_retry_key=True),
)
