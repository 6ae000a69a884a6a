"""The life of an OA's people over time: who comes, goes, visits, buys and is tagged, day by day.

It is drawn from the seed, the OA and the day, so that the same world lives the same life. A day happens at its end, in
order, when the clock has passed it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sandbox import bits
from sandbox.line.insight.reactions import Reactions
from sandbox.line.model import Account, Send
from sandbox.line.people.generate import Shares, add_friends
from sandbox.line.platform import Line
from sandbox.line.times import JST, read_japanese_day

BOUGHT_PAGE = "/thanks"
BUYER_TAG = "購入者"
# People react to a message for so long (LP 7.4).
_REACTING = timedelta(days=14)


class LifeError(ValueError):
    """A life of no meaning; the text says which field and why."""


@dataclass(frozen=True, slots=True)
class Life:
    """What happens on a day. Shares are 0..1 of the people in question; weights are relative.

    `paths` weighs the friend paths that newcomers take. `pages` gives each page its share of the friends; of those who
    tapped a link `visit_share` is seen on `landing_page`, and of all visitors `buy_share` buys: seen on `/thanks` and
    tagged 購入者. `message_block_share` of a message's recipients block on the day they got it.
    """

    adds: float = 0.0
    paths: tuple[tuple[str, float], ...] = (("店頭QR", 3.0), ("検索", 2.0), ("広告", 1.0))
    block_share: float = 0.0
    unblock_share: float = 0.0
    message_block_share: float = 0.0
    pages: tuple[tuple[str, float], ...] = ()
    landing_page: str = "/"
    visit_share: float = 0.0
    buy_share: float = 0.0
    shares: Shares = field(default_factory=lambda: Shares(blocked=0.0))

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Life":
        """Read a life as the control face takes it; what is absent keeps its default.

        Raises:
            LifeError: an unknown name, or a value of no meaning; the text names it.

        """
        values = dict(document)
        known = {spec.name for spec in fields(cls)}
        for name, value in values.items():
            if name not in known:
                raise LifeError(f"unknown: {name}")
            values[name] = _READERS.get(name, _read_share)(name, value)
        return cls(**values)


def live(line: Line, account: Account, life: Life) -> None:
    """Let an OA's people live so from today on; a life that they had before ends."""
    account.life_number += 1
    _plan(line, account, life, read_japanese_day(line.now()), account.life_number)


def _plan(line: Line, account: Account, life: Life, day: int, number: int) -> None:
    end = datetime.fromordinal(day + 1).replace(tzinfo=JST).astimezone(UTC)

    def happen(time: datetime) -> None:
        if account.life_number != number:
            return
        _Day(line, account, life, day, time).happen()
        _plan(line, account, life, day + 1, number)

    line.plan(end, happen)


class _Day:
    """One day of one OA."""

    def __init__(self, line: Line, account: Account, life: Life, day: int, time: datetime) -> None:
        self._line = line
        self._account = account
        self._life = life
        self._day = day
        self._time = time - timedelta(seconds=1)
        self._rng = Random(f"life:{line.seed}:{account.bot_user_id}:{day}")  # noqa: S311 - reproducible, no secrets

    def happen(self) -> None:
        """Let everything of the day happen."""
        self._welcome_newcomers()
        self._change_blocks()
        self._visit_and_buy()

    def _welcome_newcomers(self) -> None:
        count = int(self._life.adds) + (self._rng.random() < self._life.adds % 1)
        if not count:
            return
        account, shares = self._account, self._life.shares
        seed, today = self._line.seed, self._day
        added = add_friends(account, count, seed=seed, today=today, shares=shares, began_on=today)
        left, weight = added, sum(share for _, share in self._life.paths)
        for path, share in self._life.paths:
            people = bits.draw(self._rng, left, share / weight) if weight > share else left
            account.traces.come(path, people)
            left, weight = left & ~people, weight - share
        self._line.happen(account, "follow", added, {"isUnblocked": False}, time=self._time)

    def _change_blocks(self) -> None:
        population, line, life = self._account.population, self._line, self._life
        leaving = bits.draw(self._rng, population.deliverable, life.block_share)
        for send in self._sends(since=timedelta(days=1)):
            leaving |= bits.draw(self._rng, send.delivered & population.deliverable, life.message_block_share)
        returning = bits.draw(self._rng, population.friends & population.blocked, life.unblock_share)
        population.unblock(returning, day=self._day)
        line.happen(self._account, "follow", returning, {"isUnblocked": True}, time=self._time)
        population.block(leaving, day=self._day)
        line.happen(self._account, "unfollow", leaving, time=self._time)

    def _visit_and_buy(self) -> None:
        life, traces = self._life, self._account.traces
        visitors = 0
        for page, share in life.pages:
            seen = bits.draw(self._rng, self._account.population.friends, share)
            traces.visit(page, seen, day=self._day)
            visitors |= seen
        for send in self._sends(since=_REACTING):
            landed = bits.draw(self._rng, self._tapped_today(send), life.visit_share)
            traces.visit(life.landing_page, landed, day=self._day)
            visitors |= landed
        buyers = bits.draw(self._rng, visitors, life.buy_share)
        traces.visit(BOUGHT_PAGE, buyers, day=self._day)
        traces.tag(BUYER_TAG, buyers)

    def _tapped_today(self, send: Send) -> int:
        """Return who tapped a link of a message on this day for the first time."""
        before = Reactions(send, self._time - timedelta(days=1), seed=self._line.seed).clicked()
        return Reactions(send, self._time, seed=self._line.seed).clicked() & ~before

    def _sends(self, *, since: timedelta) -> list[Send]:
        """Return the messages that were delivered within a time before the end of the day."""
        return [
            send
            for send in self._line.sends.values()
            if send.channel.account is self._account
            and send.completed is not None
            and self._time - since < send.completed <= self._time
        ]


def _read_share(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise LifeError(f"{name}: 0 to 1 is expected")
    return float(value)


def _read_count(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MOST_ADDS:
        raise LifeError(f"{name}: 0 to {_MOST_ADDS} is expected")
    return float(value)


def _read_text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise LifeError(f"{name}: a text is expected")
    return value


def _read_weights(name: str, value: Any) -> tuple[tuple[str, float], ...]:
    if not isinstance(value, dict) or not value:
        raise LifeError(f"{name}: an object of numbers is expected")
    weights = tuple((key, _read_count(name, weight)) for key, weight in value.items())
    if not sum(weight for _, weight in weights):
        raise LifeError(f"{name}: some weight is expected")
    return weights


def _read_pages(name: str, value: Any) -> tuple[tuple[str, float], ...]:
    if not isinstance(value, dict):
        raise LifeError(f"{name}: an object of shares is expected")
    return tuple((page, _read_share(name, share)) for page, share in value.items())


def _read_shares(name: str, value: Any) -> Shares:
    if not isinstance(value, dict):
        raise LifeError(f"{name}: an object is expected")
    return Shares.from_json({"blocked": 0.0, **value})


_MOST_ADDS = 1_000_000
_READERS = {
    "adds": _read_count,
    "paths": _read_weights,
    "pages": _read_pages,
    "landing_page": _read_text,
    "shares": _read_shares,
}
