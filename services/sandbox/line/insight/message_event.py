"""Insight: friends of a day, and message statistics with LINE's null rule (LP 6.4, 7.2, 7.4)."""

from datetime import timedelta
from typing import Any

from sandbox.line.endpoint import PER_HOUR, Answer, Call, Endpoint
from sandbox.line.errors import NOT_FOUND, LineError
from sandbox.line.insight.reactions import PLAY_STEPS, Figure, Reactions, find_links
from sandbox.line.model import Send
from sandbox.line.platform import Line
from sandbox.line.times import parse_day, read_japanese_day

SMALLEST_SHOWN = 20
# "Before 2016-11-01 out of service" (LP 6.4).
_FIRST_DAY = parse_day("20161101") or 0
_STATISTICS_KINDS = ("narrowcast", "broadcast")


def read_followers(line: Line, call: Call) -> Answer:
    """Answer friends, target reach and blocks up to a JST day; nulls until that day is ready (LP 6.4)."""
    text = call.query.get("date")
    if not text:
        raise LineError(400, "date is required")
    day = parse_day(text)
    if day is None:
        raise LineError(400, "Bad Request")
    counts: dict[str, Any] = {"followers": None, "targetedReaches": None, "blocks": None}
    today = read_japanese_day(line.now())
    if day > today - line.settings.daily_delay_days:
        return Answer({"status": "unready", **counts})
    if day < _FIRST_DAY:
        return Answer({"status": "out_of_service", **counts})
    population = call.channel.account.population
    befriended = population.befriended_by(day)
    counts = {
        "followers": (befriended & population.friends).bit_count(),
        "targetedReaches": (befriended & population.reach()).bit_count(),
        "blocks": population.blocked_by(day),
    }
    return Answer({"status": "ready", **counts})


def read_message_event(line: Line, call: Call) -> Answer:
    """Answer how people reacted to a narrowcast or broadcast (LP 7.2); small values are null (LP 7.4)."""
    request_id = call.query.get("requestId", "")
    if not request_id:
        raise LineError(400, "requestId is required")
    send = line.find_send(call.channel.account, request_id)
    if send is None or send.kind not in _STATISTICS_KINDS:
        if line.settings.unknown_statistics == "not_found":
            raise LineError(404, NOT_FOUND)
        return Answer(_describe_nothing(request_id))
    return Answer(_describe(line, send))


def hide_small(figure: Figure) -> int | None:
    """Return the times, or null when they or the people behind them are under 20 (LP 7.4)."""
    if figure.times < SMALLEST_SHOWN or figure.people.bit_count() < SMALLEST_SHOWN:
        return None
    return figure.times


def count_people(people: int) -> int | None:
    """Return the number of people, or null when under 20 (LP 7.4)."""
    count = people.bit_count()
    return count if count >= SMALLEST_SHOWN else None


def _describe(line: Line, send: Send) -> dict[str, Any]:
    now = line.now()
    shown = _describe_nothing(send.request_id)
    overview = shown["overview"]
    overview["timestamp"] = int((send.started or send.accepted).timestamp())
    if send.phase != "succeeded" or send.completed is None:
        return shown
    # `delivered` is exempt from the null rule and known as soon as all is sent (LP 7.2).
    overview["delivered"] = send.delivered.bit_count()
    if now < send.completed + timedelta(seconds=line.settings.insight_delay):
        return shown
    reactions = Reactions(send, now, seed=line.seed)
    bubbles = range(1, len(send.messages) + 1)
    overview["uniqueImpression"] = count_people(reactions.opened())
    overview["uniqueClick"] = count_people(reactions.clicked())
    overview["uniqueMediaPlayed"] = _count_players(reactions, bubbles, 0)
    overview["uniqueMediaPlayed100Percent"] = _count_players(reactions, bubbles, 100)
    shown["messages"] = [_describe_bubble(reactions, seq) for seq in bubbles]
    shown["clicks"] = _describe_clicks(line, send, reactions)
    return shown


def _describe_nothing(request_id: str) -> dict[str, Any]:
    names = ("delivered", "uniqueImpression", "uniqueClick", "uniqueMediaPlayed", "uniqueMediaPlayed100Percent")
    overview: dict[str, Any] = {"requestId": request_id, "timestamp": None, **dict.fromkeys(names)}
    return {"overview": overview, "messages": [], "clicks": []}


def _count_players(reactions: Reactions, bubbles: range, percent: int) -> int | None:
    people = 0
    for seq in bubbles:
        people |= reactions.plays(seq, percent).people
    return count_people(people)


def _describe_bubble(reactions: Reactions, seq: int) -> dict[str, Any]:
    plays = {step: reactions.plays(seq, step) for step in (0, *PLAY_STEPS)}
    shown: dict[str, Any] = {"seq": seq, "impression": hide_small(reactions.impressions(seq))}
    for step, figure in plays.items():
        suffix = f"{step}Percent" if step else ""
        shown[f"mediaPlayed{suffix}"] = hide_small(figure)
        shown[f"uniqueMediaPlayed{suffix}"] = count_people(figure.people)
    return shown


def _describe_clicks(line: Line, send: Send, reactions: Reactions) -> list[dict[str, Any]]:
    links = find_links(send.messages)
    urls = list(dict.fromkeys(link.url for link in links))
    described = []
    for link in links:
        figure = reactions.clicks(link)
        by_bubble = line.settings.click_seq == "bubble"
        described.append(
            {
                "seq": link.seq if by_bubble else urls.index(link.url) + 1,
                "url": link.url,
                "click": hide_small(figure),
                "uniqueClick": count_people(figure.people),
                "uniqueClickOfRequest": count_people(reactions.clicked(link.url)),
            }
        )
    return described


ENDPOINTS = (
    Endpoint("GET", "/v2/bot/insight/followers", read_followers, PER_HOUR),
    Endpoint("GET", "/v2/bot/insight/message/event", read_message_event, PER_HOUR),
)
