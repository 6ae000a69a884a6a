"""Read-back of sends and deliveries, and interactions that a test tells of."""

from collections import Counter
from functools import partial
from typing import Any

from aiohttp import web

from sandbox import bits
from sandbox.control import ControlError, Document, serve
from sandbox.line.account.counts import MANAGER_COUNTERS
from sandbox.line.control.scope import CHANNEL, find_channel, find_send, read_people
from sandbox.line.errors import is_integer
from sandbox.line.model import Interaction, Send
from sandbox.line.platform import Line
from sandbox.line.times import parse_day

INTERACTIONS = {"opens": "open", "clicks": "click", "plays": "play"}


def routes(line: Line) -> list[web.RouteDef]:
    """Return the control routes of sends."""
    face = _Control(line)
    told = [web.post(f"{CHANNEL}/{path}", serve(partial(face.tell, kind))) for path, kind in INTERACTIONS.items()]
    return [
        web.get(CHANNEL + "/narrowcasts", serve(face.read_narrowcasts)),
        web.get(CHANNEL + "/sends", serve(face.read_sends)),
        web.get(CHANNEL + "/deliveries", serve(face.read_deliveries)),
        web.post(CHANNEL + "/daily-counts", serve(face.count_manager)),
        *told,
    ]


class _Control:
    """The handlers."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def read_narrowcasts(self, document: Document) -> Any:
        """Show the OA's narrowcasts in order, with `recipients` when the query says `recipients=true`."""
        sends = [send for send in self._sends(document) if send.kind == "narrowcast"]
        return {"narrowcasts": [self._describe(send, document) for send in sends]}

    def read_sends(self, document: Document) -> Any:
        """Show the OA's sends of every kind in order."""
        return {"sends": [self._describe(send, document) for send in self._sends(document)]}

    def read_deliveries(self, document: Document) -> Any:
        """Count what each user got, in all or (query `request_id`) by one send."""
        channel = find_channel(self._line, document)
        wanted = document.query.get("request_id")
        received: Counter[int] = Counter()
        for send in self._sends(document):
            if wanted in (None, send.request_id):
                received.update(bits.members(send.delivered))
        ids = channel.account.population.ids
        by_user = {ids[person]: count for person, count in sorted(received.items())}
        return {"total": received.total(), "users": len(by_user), "by_user": by_user}

    def tell(self, kind: str, document: Document) -> Any:
        """Let people open, tap or play: `request_id`; `user_ids`, `count` or `share` of who got it; `times` each.

        `url` is required for taps; `seq` is a bubble from 1, absent: every one that fits.
        """
        channel = find_channel(self._line, document)
        self._line.settle()
        send = find_send(self._line, channel, document.require("request_id", str))
        people = read_people(self._line, channel, document, among=send.delivered)
        event = Interaction(
            kind=kind,
            time=self._line.now(),
            people=people,
            times=document.read("times", int, default=1),
            url=document.require("url", str) if kind == "click" else None,
            seq=document.read("seq", int),
        )
        send.interactions.append(event)
        return {"people": people.bit_count()}

    def count_manager(self, document: Document) -> Any:
        """Count what OA Manager sent on `date` (yyyyMMdd): `counters` by their names in LP 7.5."""
        counts = find_channel(self._line, document).account.counts
        day = parse_day(document.require("date", str))
        counters = document.require("counters", dict)
        if day is None or not all(name in MANAGER_COUNTERS and is_integer(n) for name, n in counters.items()):
            raise ControlError(f"date: yyyyMMdd; counters: numbers of {MANAGER_COUNTERS}")
        for name, count in counters.items():
            counts.add(day, name, count)
        return {}

    def _sends(self, document: Document) -> list[Send]:
        account = find_channel(self._line, document).account
        self._line.settle()
        return [send for send in self._line.sends.values() if send.channel.account is account]

    def _describe(self, send: Send, document: Document) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "request_id": send.request_id,
            "kind": send.kind,
            "channel_id": send.channel.channel_id,
            "retry_key": send.retry_key,
            "unit": send.unit,
            "body": send.body,
            "accepted_time": send.accepted.isoformat(),
            "phase": send.phase,
            "error_code": send.error_code,
            "matched_count": send.matched.bit_count(),
            "target_count": send.targets,
            "delivered_count": send.delivered.bit_count(),
        }
        if document.query.get("recipients") == "true":
            shown["recipients"] = send.channel.account.population.name(send.delivered)
        return shown
