"""Generation of friends: seeded, with shares of attributes, unknowns, blocks and non-consent."""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from random import Random
from typing import Any

from sandbox import bits
from sandbox.identities import make_user_id
from sandbox.line.model import Account
from sandbox.line.people.population import Population

_AGES = {0: 2, 15: 7, 20: 11, 25: 12, 30: 12, 35: 11, 40: 10, 45: 10, 50: 9, 55: 7, 60: 4, 65: 3, 70: 2}
_AREAS = {
    "jp_13": 22,
    "jp_27": 14,
    "jp_14": 12,
    "jp_23": 10,
    "jp_11": 9,
    "jp_12": 8,
    "jp_28": 7,
    "jp_40": 7,
    "jp_01": 6,
}
_REST_OF_JAPAN = tuple(f"jp_{number:02}" for number in range(1, 48) if f"jp_{number:02}" not in _AREAS)


@dataclass(frozen=True, slots=True)
class Shares:
    """What part of the friends is how, each 0..1; `followed_days` is how far back friendships began, evenly."""

    unknown: float = 0.12
    female: float = 0.54
    ios: float = 0.58
    other_device: float = 0.02
    blocked: float = 0.15
    not_consenting: float = 0.04
    followed_days: int = 800

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Shares":
        """Read shares as the control face takes them; absent ones keep their default.

        Raises:
            ValueError: an unknown name or a value out of range.

        """
        known = {field.name for field in fields(cls)}
        for name, value in document.items():
            if name not in known or isinstance(value, bool) or not isinstance(value, (int, float)):
                raise ValueError(f"shares.{name}: unknown, or no number")
            if value < 0 or (name != "followed_days" and value > 1):
                raise ValueError(f"shares.{name}: 0 to 1 is expected")
        return cls(**document)


def add_friends(
    account: Account, count: int, *, seed: int, today: int, shares: Shares | None = None, began_on: int | None = None
) -> int:
    """Add `count` friends to an OA and return their set; the same arguments on the same OA add the same friends.

    `today` is a JST day ordinal; friendships began on days before, or all on `began_on`. People whose attributes are
    unknown lack gender, age and area together.
    """
    shares = shares or Shares()
    population = account.population
    first = len(population.ids)
    rng = Random(f"friends:{seed}:{account.bot_user_id}:{first}")  # noqa: S311 - reproducible, no secrets here
    ids = [make_user_id(seed, account.provider, number) for number in range(first, first + count)]
    days = array("i", (today - 1 - int(rng.random() * shares.followed_days) for _ in range(count)))
    if began_on is not None:
        days = array("i", [began_on]) * count
    added = population.add_many(ids, days)
    population.friends |= added
    population.consented |= added & ~bits.draw(rng, added, shares.not_consenting)
    _add_blocks(population, bits.draw(rng, added, shares.blocked), rng, today)
    _add_attributes(population, added, rng, shares)
    return added


def _add_blocks(population: Population, people: int, rng: Random, today: int) -> None:
    """Let people have begun to block on some day of the last 30, the first days first."""
    by_day: dict[int, list[int]] = {}
    for position in bits.members(people):
        by_day.setdefault(today - 1 - int(rng.random() * 30), []).append(position)
    for day in sorted(by_day):
        population.block(bits.of(by_day[day]), day=day)


def _add_attributes(population: Population, people: int, rng: Random, shares: Shares) -> None:
    known = people & ~bits.draw(rng, people, shares.unknown)
    female = bits.draw(rng, known, shares.female)
    _merge(population, "gender", {"female": female, "male": known & ~female})
    _merge(population, "age", _divide(rng, known, tuple(_AGES), tuple(_AGES.values())))
    areas = (*_AREAS, *_REST_OF_JAPAN)
    weights = (*_AREAS.values(), *(1 for _ in _REST_OF_JAPAN))
    _merge(population, "area", _divide(rng, known, areas, weights))
    on_phone = people & ~bits.draw(rng, people, shares.other_device)
    ios = bits.draw(rng, on_phone, shares.ios)
    _merge(population, "appType", {"ios": ios, "android": on_phone & ~ios})


def _divide(rng: Random, people: int, values: Sequence[str | int], weights: Sequence[int]) -> dict[str | int, int]:
    """Give each person exactly one value, in proportion to the weights."""
    found: dict[str | int, int] = {}
    left = sum(weights)
    for value, weight in zip(values, weights, strict=True):
        found[value] = bits.draw(rng, people, weight / left)
        people &= ~found[value]
        left -= weight
    return found


def _merge(population: Population, attribute: str, sets: Mapping[Any, int]) -> None:
    present = population.attributes[attribute]
    for value, people in sets.items():
        present[value] = present.get(value, 0) | people
