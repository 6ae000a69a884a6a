"""The control face of the LINE stand-in, on paths that LINE does not have: channels, people, switches."""

import dataclasses
from typing import Any

from aiohttp import web

from sandbox.control import ControlError, Document, serve
from sandbox.line.account.standing import CHAT_MODES, COUNTRIES, MARK_AS_READ_MODES
from sandbox.line.control import audiences as control_audiences
from sandbox.line.control import life as control_life
from sandbox.line.control import sends as control_sends
from sandbox.line.control import tokens as control_tokens
from sandbox.line.control import webhooks as control_webhooks
from sandbox.line.control.scope import CHANNEL, ROOT, find_channel, read_people
from sandbox.line.model import Behaviour, Channel
from sandbox.line.people.generate import Shares, add_friends
from sandbox.line.people.population import Person, is_user_id
from sandbox.line.platform import Line
from sandbox.line.times import read_japanese_day
from sandbox.line.webhooks import doings

MOST_FRIENDS = 5_000_000


def routes(line: Line) -> list[web.RouteDef]:
    """Return every control route of LINE; a request that makes no sense is a 400 or 404 with a `message`."""
    face = _Control(line)
    return [
        web.get(ROOT + "/settings", serve(face.read_settings)),
        web.post(ROOT + "/settings", serve(face.change_settings)),
        web.get(ROOT + "/behaviour", serve(face.read_behaviour)),
        web.post(ROOT + "/behaviour", serve(face.change_behaviour)),
        web.get(ROOT + "/channels", serve(face.read_channels)),
        web.post(ROOT + "/channels", serve(face.create_channel)),
        web.get(CHANNEL, serve(face.read_channel)),
        web.post(CHANNEL + "/friends", serve(face.add_friends)),
        web.post(CHANNEL + "/blocks", serve(face.block)),
        web.delete(CHANNEL + "/blocks", serve(face.unblock)),
        web.post(CHANNEL + "/quota", serve(face.set_quota)),
        web.post(CHANNEL + "/standing", serve(face.change_standing)),
        *control_audiences.routes(line),
        *control_sends.routes(line),
        *control_life.routes(line),
        *control_tokens.routes(line),
        *control_webhooks.routes(line),
    ]


class _Control:
    """The handlers."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def read_settings(self, _: Document) -> Any:
        return dataclasses.asdict(self._line.settings)

    def change_settings(self, document: Document) -> Any:
        """Set some switches; the others stay."""
        self._line.settings = self._line.settings.change(document.body)
        return dataclasses.asdict(self._line.settings)

    def read_behaviour(self, _: Document) -> Any:
        return _describe_behaviour(self._line.behaviour)

    def change_behaviour(self, document: Document) -> Any:
        """Change how people react to messages whose delivery ends from now on; what is absent stays."""
        self._line.settle()
        self._line.behaviour = _read_behaviour(self._line.behaviour, document)
        return _describe_behaviour(self._line.behaviour)

    def read_channels(self, _: Document) -> Any:
        return {"channels": [self._describe(channel) for channel in self._line.channels.values()]}

    def read_channel(self, document: Document) -> Any:
        return self._describe(find_channel(self._line, document))

    def create_channel(self, document: Document) -> Any:
        """Take `channel_id`, `secret`, and optionally `bot_user_id` (of an OA that may exist), `provider`, `quota`."""
        channel = self._line.create_channel(
            document.require("channel_id", str),
            document.require("secret", str),
            bot_user_id=document.read("bot_user_id", str),
            provider=document.read("provider", str, default="provider-1"),
            display_name=document.read("display_name", str, default="Sandbox OA"),
            quota_limit=document.read("quota", int),
        )
        return self._describe(channel)

    def add_friends(self, document: Document) -> Any:
        """Take `count` with optional `shares` and `seed` to generate friends, or `people` one by one."""
        channel = find_channel(self._line, document)
        population = channel.account.population
        today = read_japanese_day(self._line.now())
        people = [_read_person(entry, today) for entry in document.read("people", list, default=[])]
        count = document.read("count", int, default=0)
        if not 0 <= count <= MOST_FRIENDS:
            raise ValueError(f"count: 0 to {MOST_FRIENDS}")
        shares = Shares.from_json(document.read("shares", dict, default={}))
        seed, before = document.read("seed", int, default=self._line.seed), population.everyone
        population.add(people, today=today)
        add_friends(channel.account, count, seed=seed, today=today, shares=shares)
        doings.tell_follows(self._line, channel.account, population.deliverable & ~before)
        return self._describe(channel)

    def block(self, document: Document) -> Any:
        """Let `user_ids`, or `count` reachable friends, block the OA."""
        channel = find_channel(self._line, document)
        self._line.settle()
        population = channel.account.population
        people = read_people(self._line, channel, document, among=population.deliverable)
        doings.unfollow(self._line, channel.account, people)
        return self._describe(channel)

    def unblock(self, document: Document) -> Any:
        """Let `user_ids`, or `count` of those who block, stop blocking the OA."""
        channel = find_channel(self._line, document)
        population = channel.account.population
        people = read_people(self._line, channel, document, among=population.blocked)
        doings.unblock(self._line, channel.account, people)
        return self._describe(channel)

    def set_quota(self, document: Document) -> Any:
        """Set `limit` (null: unlimited) and `used` of this month; what is absent stays."""
        channel = find_channel(self._line, document)
        quota = channel.account.quota
        if "limit" in document.body:
            quota.limit = document.read("limit", int)
        used = document.read("used", int)
        if used is not None:
            quota.used[self._line.quota_month()] = used
        return self._describe(channel)

    def change_standing(self, document: Document) -> Any:
        """Change `country`, `verified`, `premium_id`, `picture_url`, `chat_mode`, `mark_as_read_mode`."""
        account = find_channel(self._line, document).account
        allowed = {"country": COUNTRIES, "chat_mode": CHAT_MODES, "mark_as_read_mode": MARK_AS_READ_MODES}
        for name, values in allowed.items():
            if document.body.get(name, values[0]) not in values:
                raise ControlError(f"{name}: one of {values}")
        changes: dict[str, Any] = {name: document.body[name] for name in allowed if name in document.body}
        changes |= {name: document.read(name, str) for name in ("premium_id", "picture_url") if name in document.body}
        if "verified" in document.body:
            changes["verified"] = document.require("verified", bool)
        account.standing = dataclasses.replace(account.standing, **changes)
        return dataclasses.asdict(account.standing)

    def _describe(self, channel: Channel) -> dict[str, Any]:
        self._line.settle()
        account = channel.account
        month = self._line.quota_month()
        return {
            "channel_id": channel.channel_id,
            "bot_user_id": account.bot_user_id,
            "provider": account.provider,
            "display_name": account.display_name,
            "friends": account.population.friends.bit_count(),
            "blocks": (account.population.friends & account.population.blocked).bit_count(),
            "target_reach": account.population.reach().bit_count(),
            "quota": account.quota.limit,
            "used": account.quota.used[month],
            "held": sum(account.quota.holds.values()),
        }


def _describe_behaviour(behaviour: Behaviour) -> dict[str, Any]:
    return {**dataclasses.asdict(behaviour), "click_shares": dict(behaviour.click_shares)}


def _read_behaviour(behaviour: Behaviour, document: Document) -> Behaviour:
    values: dict[str, Any] = {}
    for name in ("open_share", "click_share", "play_share", "repeat_share", "loyalty"):
        values[name] = _check_share(name, document.read(name, float, default=getattr(behaviour, name)))
    shares = document.read("click_shares", dict, default=dict(behaviour.click_shares))
    values["click_shares"] = tuple((url, _check_share(url, share)) for url, share in shares.items())
    return Behaviour(**values)


def _check_share(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise ValueError(f"{name}: 0 to 1 is expected")
    return float(value)


def _read_person(entry: Any, today: int) -> Person:
    """Read one person: `user_id`, attributes, `days_since_followed` (default 30), `friend`, `blocked`, `consented`."""
    if not isinstance(entry, dict) or not is_user_id(entry.get("user_id")):
        raise ValueError("people: user_id is required in the form of LINE")
    values = dict(entry)
    days = values.pop("days_since_followed", 30)
    known = {field.name for field in dataclasses.fields(Person)}
    if not isinstance(days, int) or values.keys() - known:
        raise ValueError(f"people: the fields are {sorted(known)} and days_since_followed")
    if not 0 <= days <= _LONGEST_FRIENDSHIP_DAYS:
        raise ValueError(f"people: days_since_followed is 0 to {_LONGEST_FRIENDSHIP_DAYS}")
    for name, kind in _PERSON_TYPES.items():
        if values.get(name) is not None and type(values[name]) is not kind:
            raise ValueError(f"people: {name} is a {kind.__name__}")
    return dataclasses.replace(Person(**values), followed_on=today - days)


_LONGEST_FRIENDSHIP_DAYS = 36_500
_PERSON_TYPES: dict[str, type] = {
    "gender": str,
    "age": int,
    "area": str,
    "app_type": str,
    "friend": bool,
    "blocked": bool,
    "consented": bool,
}
