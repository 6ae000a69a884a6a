"""What people do to an OA by themselves, with the webhook events that tell of it (LP 8.4)."""

from collections.abc import Mapping
from typing import Any

from sandbox import bits
from sandbox.line.model import Account
from sandbox.line.platform import Line
from sandbox.line.times import read_japanese_day


def follow(line: Line, account: Account, people: int) -> None:
    """Let people add the OA, or unblock it; who is a friend already and does not block does nothing."""
    population = account.population
    new, back = people & ~population.friends, people & population.friends & population.blocked
    population.befriend(new, day=read_japanese_day(line.now()))
    population.unblock(people, day=read_japanese_day(line.now()))
    tell_follows(line, account, new)
    tell_follows(line, account, back, unblocked=True)


def unfollow(line: Line, account: Account, people: int) -> None:
    """Let people block the OA; only friends who do not block yet are events."""
    population = account.population
    leaving = people & population.deliverable
    population.block(people, day=read_japanese_day(line.now()))
    line.happen(account, "unfollow", leaving)


def unblock(line: Line, account: Account, people: int) -> None:
    """Let people stop blocking the OA; for friends that is a follow event."""
    population = account.population
    back = people & population.friends & population.blocked
    population.unblock(people, day=read_japanese_day(line.now()))
    tell_follows(line, account, back, unblocked=True)


def write(line: Line, account: Account, people: int, text: str) -> None:
    """Let people write a text; for a week they can then be pushed without being friends (LP 5.1)."""
    for person in bits.members(people):
        account.wrote_at[person] = line.now()
    line.happen(account, "message", people, {"type": "text", "text": text})


def press(line: Line, account: Account, people: int, data: str, params: Mapping[str, Any] | None = None) -> None:
    """Let people tap a postback action; `params` is what a picker or a menu switch adds."""
    line.happen(account, "postback", people, {"data": data} if params is None else {"data": data, "params": params})


def tell_follows(line: Line, account: Account, people: int, *, unblocked: bool = False) -> None:
    """Tell of people who just became friends, or are friends again."""
    line.happen(account, "follow", people, {"isUnblocked": unblocked})
