"""Friends, target reach and blocks of a day (LP 6.4)."""

from typing import Any

from sandbox.line.endpoint import PER_HOUR, Answer, Call, Endpoint
from sandbox.line.errors import LineError
from sandbox.line.insight.daily import describe_day
from sandbox.line.platform import Line
from sandbox.line.times import parse_day

# "Before 2016-11-01 out of service" (LP 6.4).
_FIRST_DAY = parse_day("20161101") or 0


def read_followers(line: Line, call: Call) -> Answer:
    """Answer friends, target reach and blocks up to a JST day; nulls until that day is ready (LP 6.4)."""
    text = call.query.get("date")
    if not text:
        raise LineError(400, "date is required")
    day = parse_day(text)
    if day is None:
        raise LineError(400, "Bad Request")
    counts: dict[str, Any] = {"followers": None, "targetedReaches": None, "blocks": None}
    status = describe_day(line, day, first=_FIRST_DAY)
    if status != "ready":
        return Answer({"status": status, **counts})
    population = call.channel.account.population
    befriended, blocked = population.befriended_by(day) & population.friends, population.blocked_at(day)
    counts = {
        # Who added the OA once stays counted, whatever came after (LP 6.4).
        "followers": befriended.bit_count(),
        "targetedReaches": population.well_known(befriended & ~blocked).bit_count(),
        "blocks": (befriended & blocked).bit_count(),
    }
    return Answer({"status": status, **counts})


ENDPOINTS = (Endpoint("GET", "/v2/bot/insight/followers", read_followers, PER_HOUR),)
