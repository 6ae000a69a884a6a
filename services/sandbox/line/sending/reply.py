"""Reply (LP 5.1): to the user of a webhook event, by its reply token, at no cost (LP 8.6)."""

from datetime import timedelta
from typing import Any

from sandbox.line.endpoint import Answer, Call, Endpoint
from sandbox.line.errors import LineError, Problems
from sandbox.line.messages.checks import check_messages
from sandbox.line.platform import Line
from sandbox.line.sending.direct import deliver
from sandbox.line.webhooks.outbox import ReplyToken

INVALID_TOKEN = "Invalid reply token"  # noqa: S105 - a text, no token
# A redelivered event can't be replied to after this time from the event itself (LP 8.6).
REDELIVERED_LIFE = timedelta(minutes=20)


def reply(line: Line, call: Call) -> Answer:
    """Send to whom the token came from; a body that is refused does not use the token up."""
    body = _read(call)
    token = call.channel.webhook.reply_tokens.get(body["replyToken"])
    if token is None or not _is_valid(line, token):
        raise LineError(400, INVALID_TOKEN)
    token.used = True
    send = deliver(line, call, "reply", body, 1 << token.person, unit=None)
    return Answer({"sentMessages": list(send.sent_messages)})


def _read(call: Call) -> dict[str, Any]:
    body = call.read_object()
    problems = Problems()
    problems.require_text(body.get("replyToken"), "replyToken")
    check_messages(body.get("messages"), problems)
    problems.require_bool(body.get("notificationDisabled"), "notificationDisabled")
    problems.refuse()
    return body


def _is_valid(line: Line, token: ReplyToken) -> bool:
    """Whether a token was received, not long ago, and not used (LP 8.6)."""
    now = line.now()
    if token.used or token.received is None:
        return False
    if token.redelivered and now - token.happened > REDELIVERED_LIFE:
        return False
    return now - token.received <= timedelta(seconds=line.settings.reply_token_life)


ENDPOINTS = (Endpoint("POST", "/v2/bot/message/reply", reply),)
