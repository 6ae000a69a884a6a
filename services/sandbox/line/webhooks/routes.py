"""The webhook settings API: set and get the endpoint, and test it (LP 8.8)."""

from typing import Any

from sandbox.line.endpoint import PER_HOUR, Answer, Call, Endpoint
from sandbox.line.errors import LineError, Problems
from sandbox.line.platform import Line
from sandbox.line.times import format_milliseconds
from sandbox.line.webhooks.address import check_endpoint
from sandbox.line.webhooks.events import write_body
from sandbox.line.webhooks.outbox import Attempt
from sandbox.line.webhooks.signature import make_headers, sign
from sandbox.posting import open_session, post
from sandbox.rate import Limit

UNSET = "Webhook endpoint not found"
SETTINGS = Limit(1000, 60)
_PATH = "/v2/bot/channel/webhook/endpoint"


def set_endpoint(line: Line, call: Call) -> Answer:
    """Set the URL that the channel's webhooks go to."""
    call.channel.webhook.endpoint = _read_endpoint(line, call.read_object())
    return Answer()


def get_endpoint(line: Line, call: Call) -> Answer:
    """Answer the URL, and whether webhooks go there; 404 when none is set."""
    endpoint = call.channel.webhook.endpoint
    if endpoint is None:
        raise LineError(404, UNSET)
    return Answer({"endpoint": endpoint, "active": line.sends_webhooks(call.channel)})


async def test_endpoint(line: Line, call: Call) -> Answer:
    """Call the given or the set endpoint with no events, and answer how that went (LP 8.1, 8.8)."""
    document = call.read_object() if call.content else {}
    url = call.channel.webhook.endpoint if document.get("endpoint") is None else _read_endpoint(line, document)
    if url is None:
        raise LineError(404, UNSET)
    time, body = line.now(), write_body(call.channel, [])
    signature = sign(call.channel.secret, body)
    async with open_session() as http:
        outcome = await post(http, url, body, make_headers(signature), timeout_seconds=line.settings.webhook_timeout)
    attempt = Attempt(time, 0, url, body.decode(), signature, outcome.status, outcome.reason)
    call.channel.webhook.record(attempt)
    return Answer(_describe(attempt, line))


def _read_endpoint(line: Line, document: dict[str, Any]) -> str:
    problems = Problems()
    check_endpoint(document.get("endpoint"), line.settings, problems)
    problems.refuse()
    return str(document["endpoint"])


def _describe(attempt: Attempt, line: Line) -> dict[str, Any]:
    status = attempt.status
    return {
        "success": attempt.reason is None,
        "timestamp": format_milliseconds(attempt.time),
        "statusCode": int(line.settings.webhook_test_status_without_answer) if status is None else status,
        "reason": "OK" if attempt.reason is None else attempt.reason.upper(),
        # LINE does not publish these texts.
        "detail": "No answer" if status is None else str(status),
    }


ENDPOINTS = (
    Endpoint("PUT", _PATH, set_endpoint, SETTINGS),
    Endpoint("GET", _PATH, get_endpoint, SETTINGS),
    Endpoint("POST", "/v2/bot/channel/webhook/test", test_endpoint, PER_HOUR),
)
