"""Control of webhooks: what users do, switches of a channel, what goes wrong, and every delivery attempt."""

from collections.abc import Callable
from functools import partial
from typing import Any

from aiohttp import web

from sandbox.control import ControlError, Document, serve
from sandbox.line.control.scope import CHANNEL, find_channel
from sandbox.line.model import Account, Channel
from sandbox.line.people.population import Person, is_user_id
from sandbox.line.platform import Line
from sandbox.line.times import read_japanese_day
from sandbox.line.webhooks import doings
from sandbox.line.webhooks.outbox import Attempt
from sandbox.line.webhooks.signature import is_signed

FAULTS = ("duplicate", "reorder", "wrong_signature")
MOST_FAULTS = 1000

Doing = Callable[[int], None]


def routes(line: Line) -> list[web.RouteDef]:
    """Return the control routes of webhooks."""
    face = _Control(line)
    return [
        web.post(CHANNEL + "/events", serve(face.do)),
        web.get(CHANNEL + "/webhooks", serve(face.read)),
        web.post(CHANNEL + "/webhooks", serve(face.change)),
        web.delete(CHANNEL + "/webhooks", serve(face.clear)),
        web.post(CHANNEL + "/webhooks/faults", serve(face.add_fault)),
        web.delete(CHANNEL + "/webhooks/faults", serve(face.clear_faults)),
    ]


class _Control:
    """The handlers."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def do(self, document: Document) -> Any:
        """Let `user_ids` do something: `type` is follow, unfollow, message (`text`) or postback (`data`, `params`?).

        Ids that nobody has are new people, who are friends only after a follow.
        """
        account = find_channel(self._line, document).account
        act = self._read_doing(account, document)
        user_ids = document.read_strings("user_ids")
        if not user_ids or not all(is_user_id(user_id) for user_id in user_ids):
            raise ControlError("user_ids: user ids in the form of LINE are required")
        self._line.settle()
        strangers = [Person(user_id, friend=False) for user_id in user_ids]
        account.population.add(strangers, today=read_japanese_day(self._line.now()))
        people, _ = account.population.find(user_ids)
        act(people)
        return {"people": people.bit_count()}

    def read(self, document: Document) -> Any:
        """Show the settings, the error statistics and every attempt; `waiting` 0 means that all is over."""
        channel = find_channel(self._line, document)
        self._line.settle()
        return self._describe(channel)

    def change(self, document: Document) -> Any:
        """Take `active` ("use webhook") and `redelivery`, as a developer sets them in LINE's console."""
        channel = find_channel(self._line, document)
        webhook = channel.webhook
        webhook.active = document.read("active", bool, default=webhook.active)
        webhook.redelivers = document.read("redelivery", bool, default=webhook.redelivers)
        self._line.tell()
        return self._describe(channel)

    def clear(self, document: Document) -> Any:
        """Forget the attempts and the statistics; settings and what waits stay."""
        channel = find_channel(self._line, document)
        channel.webhook.attempts.clear()
        channel.webhook.failures.clear()
        return self._describe(channel)

    def add_fault(self, document: Document) -> Any:
        """Let the next `times` POSTs go wrong: `kind` is one of `FAULTS`.

        `duplicate` sends each twice, `reorder` sends all of them in reverse order once the last is there,
        `wrong_signature` signs with another secret.
        """
        webhook = find_channel(self._line, document).webhook
        kind, times = document.require("kind", str), document.read("times", int, default=1)
        least = 2 if kind == "reorder" else 1
        if kind not in FAULTS or not least <= times <= MOST_FAULTS:
            raise ControlError(f"kind: one of {FAULTS}; times: {least} to {MOST_FAULTS}")
        if kind == "duplicate":
            webhook.duplicates = times
        elif kind == "reorder":
            webhook.reordered = times
        else:
            webhook.wrong_signatures = times
        return {}

    def clear_faults(self, document: Document) -> Any:
        """Let everything go right again; what was held back to be overtaken goes out now."""
        find_channel(self._line, document).webhook.release()
        self._line.tell()
        return {}

    def _read_doing(self, account: Account, document: Document) -> Doing:
        kind, line = document.require("type", str), self._line
        match kind:
            case "follow":
                return partial(doings.follow, line, account)
            case "unfollow":
                return partial(doings.unfollow, line, account)
            case "message":
                return partial(doings.write, line, account, text=document.require("text", str))
            case "postback":
                params = _read_params(document)
                return partial(doings.press, line, account, data=document.require("data", str), params=params)
        raise ControlError("type: follow, unfollow, message or postback")

    def _describe(self, channel: Channel) -> dict[str, Any]:
        webhook = channel.webhook
        return {
            "endpoint": webhook.endpoint,
            "active": self._line.sends_webhooks(channel),
            "redelivery": webhook.redelivers,
            "waiting": len(webhook.happened) + len(webhook.waiting),
            "held": len(webhook.held),
            "suspended": webhook.suspended,
            "errors": dict(sorted(webhook.failures.items())),
            "attempts": [_describe_attempt(attempt, channel) for attempt in webhook.attempts],
        }


def _describe_attempt(attempt: Attempt, channel: Channel) -> dict[str, Any]:
    return {
        "time": attempt.time.isoformat(),
        "attempt": attempt.attempt,
        "url": attempt.url,
        "body": attempt.body,
        "signature": attempt.signature,
        "signature_ok": is_signed(channel.secret, attempt.body.encode(), attempt.signature),
        "status": attempt.status,
        "reason": attempt.reason,
    }


def _read_params(document: Document) -> dict[str, str] | None:
    params: dict[str, Any] | None = document.read("params", dict)
    if params is not None and not all(isinstance(value, str) for value in params.values()):
        raise ControlError("params: strings are expected")
    return params
