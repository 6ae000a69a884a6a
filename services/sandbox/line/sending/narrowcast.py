"""Narrowcast: accepting a send, and its progress (LP 4)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sandbox.line.endpoint import PER_HOUR, Answer, Call, Endpoint
from sandbox.line.errors import MONTHLY_LIMIT, NOT_FOUND, LineError, Problems, is_integer
from sandbox.line.messages.checks import check_messages
from sandbox.line.model import Account, Selection, Send
from sandbox.line.platform import Line, is_uuid
from sandbox.line.sending import delivery, races
from sandbox.line.sending.trees import AudienceLeaf, RedeliveryLeaf, leaves, read_demographic, read_recipient
from sandbox.line.times import format_milliseconds

REMEMBERED = timedelta(hours=336)
SMALLEST_REACH = 100
ACCEPTED = "The retry key is already accepted"
_BODY_PROPERTIES = frozenset({"messages", "recipient", "filter", "limit", "notificationDisabled"})


@dataclass(slots=True)
class _Attempt:
    """A send being checked; later checks use what earlier ones read."""

    line: Line
    call: Call
    body: dict[str, Any]
    problems: Problems
    selection: Selection
    capacity: int | None = None
    hold: int = 0
    failure: int | None = None
    rival: Send | None = None


def send(line: Line, call: Call) -> Answer:
    """Accept a narrowcast, or refuse it with nothing sent (LP 4.9).

    The checks run in the order of the switch `narrowcast_checks`, because LINE's own order is not published.
    """
    problems = Problems()
    body = call.read_object()
    attempt = _Attempt(line, call, body, problems, _read_selection(line, body, problems))
    for name in line.settings.narrowcast_checks:
        _CHECKS[name](attempt)
    accepted = _make_send(attempt, call.request_id)
    if attempt.rival is not None:
        races.race(line, attempt.rival, accepted)
    elif accepted.planned_failure == delivery.RETRY_CONFLICT and call.retry_key is not None:
        # The race of LP 1.9: another attempt with this key won, and is what a repetition is told of.
        accepted.retry_key = None
        winner = _make_send(attempt, line.new_request_id())
        winner.planned_failure = None
        _start(attempt, winner)
    _start(attempt, accepted)
    return Answer(status=202)


def read_progress(line: Line, call: Call) -> Answer:
    """Answer how far a narrowcast is, up to 14 days after it was accepted (LP 4.8)."""
    request_id = call.query.get("requestId", "")
    if not is_uuid(request_id):
        raise LineError(400, "The value for the 'requestId' parameter is invalid")
    found = line.find_send(call.channel.account, request_id)
    if found is None or found.kind != "narrowcast" or line.now() > found.accepted + REMEMBERED:
        raise LineError(404, NOT_FOUND)
    return Answer(_describe(line, found))


def _make_send(attempt: _Attempt, request_id: str) -> Send:
    line, call = attempt.line, attempt.call
    return Send(
        request_id=request_id,
        kind="narrowcast",
        channel=call.channel,
        body=attempt.body,
        accepted=line.now(),
        retry_key=call.retry_key,
        selection=attempt.selection,
        capacity=attempt.capacity,
        planned_failure=_find_planned_failure(call) or attempt.failure,
    )


def _start(attempt: _Attempt, accepted: Send) -> None:
    attempt.line.accept(accepted)
    if attempt.hold:
        accepted.channel.account.quota.holds[accepted.request_id] = attempt.hold
    delivery.schedule(attempt.line, accepted)


def _read_selection(line: Line, body: dict[str, Any], problems: Problems) -> Selection:
    recipient = read_recipient(body.get("recipient"), problems)
    chosen = body.get("filter")
    if chosen is not None and not problems.require_object(chosen, "filter"):
        chosen = None
    demographic = read_demographic(
        (chosen or {}).get("demographic"),
        problems,
        count_operators=line.settings.operators_count_as_conditions,
    )
    limit = body.get("limit")
    if limit is not None and not problems.require_object(limit, "limit"):
        limit = None
    return Selection(recipient, demographic, *_read_limit(limit or {}, problems))


def _read_limit(limit: dict[str, Any], problems: Problems) -> tuple[int | None, bool, bool]:
    most = limit.get("max")
    if most is not None and (not is_integer(most) or most < 1):
        problems.add("limit.max", "Must be greater than or equal to 1")
        most = None
    flags = [limit.get("upToRemainingQuota"), limit.get("forbidPartialDelivery")]
    for name, flag in zip(("upToRemainingQuota", "forbidPartialDelivery"), flags, strict=True):
        problems.require_bool(flag, f"limit.{name}")
    return most, flags[0] is True, flags[1] is True


def _check_form(attempt: _Attempt) -> None:
    problems, body = attempt.problems, attempt.body
    check_messages(body.get("messages"), problems)
    problems.require_bool(body.get("notificationDisabled"), "notificationDisabled")
    if attempt.line.settings.unknown_properties_refused:
        for name in sorted(body.keys() - _BODY_PROPERTIES):
            problems.add(name, "Unknown property")
    problems.refuse()
    if attempt.selection.forbid_partial and not attempt.selection.up_to_remaining:
        raise LineError(400, "The option forbidPartialDelivery must be used with upToRemainingQuota.")


def _check_retry_key(attempt: _Attempt) -> None:
    attempt.rival = races.find_rival(attempt.line, attempt.call)
    if attempt.rival is None:
        refuse_accepted_key(attempt.line, attempt.call)


def refuse_accepted_key(line: Line, call: Call) -> None:
    """Refuse a retry key that was accepted before, whatever the body: it must not send twice (LP 1.9).

    Raises:
        LineError: 409 with `x-line-accepted-request-id`.

    """
    earlier = line.find_accepted(call.channel, call.retry_key)
    if earlier is not None:
        headers = {"X-Line-Accepted-Request-Id": earlier}
        raise LineError(409, ACCEPTED, headers=headers, body=_describe_accepted(line, earlier))


def _describe_accepted(line: Line, request_id: str) -> dict[str, Any]:
    """Repeat the message ids of a push (LP 1.9)."""
    send = line.sends.get(request_id)
    shown: dict[str, Any] = {"message": ACCEPTED}
    return shown | ({"sentMessages": list(send.sent_messages)} if send is not None and send.sent_messages else {})


def _check_references(attempt: _Attempt) -> None:
    line, account = attempt.line, attempt.call.channel.account
    for leaf in leaves(attempt.selection.recipient):
        if isinstance(leaf, AudienceLeaf):
            audience = line.find_audience(account, leaf.audience_id)
            if audience is None or audience.status(line.now()) != "READY":
                raise LineError(400, f"Invalid audience group id: {leaf.audience_id}")
        elif isinstance(leaf, RedeliveryLeaf) and not _is_redeliverable(line, account, leaf.request_id):
            raise LineError(400, f"Invalid request id: {leaf.request_id}")


def _is_redeliverable(line: Line, account: Account, request_id: str) -> bool:
    found = line.find_send(account, request_id)
    if found is None or found.kind != "narrowcast" or found.phase != "succeeded":
        return False
    return line.now() < found.accepted + REMEMBERED


def _check_reach(attempt: _Attempt) -> None:
    reach = attempt.call.channel.account.population.reach().bit_count()
    if attempt.selection.demographic is not None and reach < SMALLEST_REACH:
        raise LineError(403, "Your account does not have enough friends")


def _check_quota(attempt: _Attempt) -> None:
    line, account, selection = attempt.line, attempt.call.channel.account, attempt.selection
    reach = account.population.reach().bit_count()
    month = line.quota_month()
    remaining = account.quota.remaining(month)
    hold = account.quota.plan(month=month, reach=reach, most=selection.most, up_to_remaining=selection.up_to_remaining)
    if hold is None:
        if line.settings.quota_failure == "request":
            raise LineError(429, MONTHLY_LIMIT)
        attempt.failure = line.settings.quota_error_code
        return
    attempt.hold = hold
    bounds = [selection.most]
    bounds.append(remaining if selection.up_to_remaining else None)
    bounds.append(hold if line.settings.reach_caps_recipients else None)
    attempt.capacity = min((bound for bound in bounds if bound is not None), default=None)


_CHECKS: dict[str, Callable[[_Attempt], None]] = {
    "form": _check_form,
    "retry_key": _check_retry_key,
    "references": _check_references,
    "reach": _check_reach,
    "quota": _check_quota,
}


def _find_planned_failure(call: Call) -> int | None:
    codes = (fault.error_code for fault in call.faults if fault.kind == "narrowcast_failure")
    return next(codes, None)


def _describe(line: Line, found: Send) -> dict[str, Any]:
    shown: dict[str, Any] = {"phase": found.phase, "acceptedTime": format_milliseconds(found.accepted)}
    if found.phase == "waiting":
        return shown
    shown["targetCount"] = found.targets
    shown["successCount"] = delivery.count_done(line, found)
    shown["failureCount"] = 0
    if found.completed is not None:
        shown["completedTime"] = format_milliseconds(found.completed)
    if found.phase == "succeeded":
        shown["failureCount"] = found.targets - shown["successCount"]
    if found.phase == "failed":
        shown["failedDescription"] = found.failed_description
        shown["errorCode"] = found.error_code
    return shown


ENDPOINTS = (
    Endpoint("POST", "/v2/bot/message/narrowcast", send, PER_HOUR, takes_retry_key=True),
    Endpoint("GET", "/v2/bot/message/progress/narrowcast", read_progress),
)
