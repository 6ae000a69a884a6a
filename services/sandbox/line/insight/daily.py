"""How many messages were sent on a day (LP 6.1, 7.5)."""

from typing import Any

from sandbox.line.account.counts import API_COUNTERS, COUNTERS
from sandbox.line.endpoint import OTHERS, PER_HOUR, Answer, Call, Endpoint, Handler
from sandbox.line.errors import LineError
from sandbox.line.platform import Line
from sandbox.line.times import parse_day, read_japanese_day

_KINDS = ("reply", "push", "multicast", "broadcast")
# "Before" these days "out of service" (LP 6.1, 7.5).
_FIRST_OF_KIND = parse_day("20180331") or 0
_FIRST_OF_ALL = parse_day("20170301") or 0


def read_kind(kind: str) -> Handler:
    """Return the handler of `message/delivery/{kind}`: what was sent by API on a JST day."""

    def read(line: Line, call: Call) -> Answer:
        day = parse_day(call.query.get("date", ""))
        if day is None:
            raise LineError(400, "The value for the 'date' parameter is invalid")
        status = describe_day(line, day, first=_FIRST_OF_KIND)
        if status != "ready":
            return Answer({"status": status})
        count = call.channel.account.counts.read(day, API_COUNTERS[kind])
        return Answer({"status": status, "success": count})

    return read


def read_all(line: Line, call: Call) -> Answer:
    """Answer every counter of a JST day, what OA Manager sent included; a counter of 0 is left out (LP 7.5)."""
    day = parse_day(call.query.get("date", ""))
    if day is None:
        raise LineError(400, "Bad Request")
    shown: dict[str, Any] = {"status": describe_day(line, day, first=_FIRST_OF_ALL)}
    if shown["status"] == "ready":
        counts = call.channel.account.counts
        shown |= {counter: counts.read(day, counter) for counter in COUNTERS if counts.read(day, counter)}
    return Answer(shown)


def describe_day(line: Line, day: int, *, first: int) -> str:
    """Return whether the numbers of a JST day are `ready`, not yet, or from before `first`."""
    if day > read_japanese_day(line.now()) - line.settings.daily_delay_days:
        return "unready"
    return "out_of_service" if day < first else "ready"


ENDPOINTS = (
    *(Endpoint("GET", f"/v2/bot/message/delivery/{kind}", read_kind(kind), OTHERS) for kind in _KINDS),
    Endpoint("GET", "/v2/bot/insight/message/delivery", read_all, PER_HOUR),
)
