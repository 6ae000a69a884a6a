"""Statistics of an aggregation unit, and the calls that list units (LP 7.3)."""

from datetime import timedelta
from typing import Any

from sandbox.line.endpoint import PER_HOUR, Answer, Call, Endpoint
from sandbox.line.errors import LineError
from sandbox.line.insight.reactions import Reactions
from sandbox.line.insight.statistics import Summed, describe_bubbles, describe_clicks, describe_overview
from sandbox.line.model import Send
from sandbox.line.pages import read_limit, read_start
from sandbox.line.platform import Line
from sandbox.line.times import parse_day, read_japanese_day, read_japanese_month

LONGEST_DAYS = 30
LARGEST_PAGE = 100


def read_statistics(line: Line, call: Call) -> Answer:
    """Answer how people reacted to all messages of a unit that were sent `from` one JST day `to` another."""
    unit = call.query.get("customAggregationUnit")
    first, last = parse_day(call.query.get("from", "")), parse_day(call.query.get("to", ""))
    if not unit or first is None or last is None or not first <= last <= first + LONGEST_DAYS:
        raise _refuse()
    reactions = Summed([Reactions(send, line.now(), seed=line.seed) for send in _find(line, call, unit, first, last)])
    return Answer(
        {
            "overview": describe_overview(reactions),
            "messages": describe_bubbles(reactions, with_unique_impression=True),
            "clicks": describe_clicks(line, reactions),
        }
    )


def read_usage(line: Line, call: Call) -> Answer:
    """Answer how many names were used this month."""
    names = call.channel.account.units.of(read_japanese_month(line.now()))
    return Answer({"numOfCustomAggregationUnits": len(names)})


def read_names(line: Line, call: Call) -> Answer:
    """Answer a page of this month's names; `next` is there when there are more."""
    limit, start = read_limit(call, default=LARGEST_PAGE, largest=LARGEST_PAGE), read_start(line, call)
    names = call.channel.account.units.of(read_japanese_month(line.now()))
    shown: dict[str, Any] = {"customAggregationUnits": names[start : start + limit]}
    if start + limit < len(names):
        shown["next"] = line.page_tokens.issue(start + limit, line.now())
    return Answer(shown)


def _find(line: Line, call: Call, unit: str, first: int, last: int) -> list[Send]:
    oldest_shown = line.now() - timedelta(seconds=line.settings.insight_delay)
    return [
        send
        for send in line.sends.values()
        if send.unit == unit
        and send.channel.account is call.channel.account
        and first <= read_japanese_day(send.accepted) <= last
        and send.accepted <= oldest_shown
    ]


def _refuse() -> LineError:
    """Make the 400 of this endpoint, whose example says nothing at all (LP 1.4)."""
    return LineError(400, "", body=dict.fromkeys(("message", "key", "stacktrace", "code")))


ENDPOINTS = (
    Endpoint("GET", "/v2/bot/insight/message/event/aggregation", read_statistics, PER_HOUR),
    Endpoint("GET", "/v2/bot/message/aggregation/info", read_usage),
    Endpoint("GET", "/v2/bot/message/aggregation/list", read_names),
)
