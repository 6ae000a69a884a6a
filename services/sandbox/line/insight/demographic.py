"""Who an OA's friends are, in percentages (LP 6.5)."""

from collections.abc import Iterable
from typing import Any

from sandbox.line.endpoint import PER_HOUR, Answer, Call, Endpoint
from sandbox.line.insight.area_names import AREA_NAMES
from sandbox.line.people.population import Population
from sandbox.line.platform import Line
from sandbox.line.times import read_japanese_day

SMALLEST_REACH = 20
COUNTRIES = ("JP", "TH", "TW")
_KINDS = ("genders", "ages", "areas", "appTypes", "subscriptionPeriods")
_FIFTY = 50
_AGES = {0: "from0to14", **{low: f"from{low}to{low + 4}" for low in range(15, 70, 5)}, 70: "from70"}
# Thai accounts are not told of people under 20.
_CHILDREN = ("from0to14", "from15to19")
_PERIODS = (
    (7, "within7days"),
    (30, "within30days"),
    (90, "within90days"),
    (180, "within180days"),
    (365, "within365days"),
)

Rows = list[tuple[str, int]]


def read_demographic(line: Line, call: Call) -> Answer:
    """Answer shares of the reachable friends, about three days old; nothing with a target reach under 20."""
    account = call.channel.account
    population = account.population
    if population.reach().bit_count() < SMALLEST_REACH or account.standing.country not in COUNTRIES:
        return Answer({"available": False, **{kind: [] for kind in _KINDS}})
    day = read_japanese_day(line.now()) - int(line.settings.attribute_lag_days)
    people = population.deliverable & population.befriended_by(day)
    ages = _count_ages(population, people)
    if account.standing.country == "TH":
        ages = [row for row in ages if row[0] not in _CHILDREN]
    rows = {
        "genders": _count(population, people, "gender", {"male": "male", "female": "female"}, "unknown"),
        "ages": ages,
        "areas": [row for row in _count(population, people, "area", AREA_NAMES, "unknown") if row[1]],
        "appTypes": _count(population, people, "appType", {"ios": "ios", "android": "android"}, "others"),
        "subscriptionPeriods": _count_periods(population, people, day),
    }
    total = people.bit_count()
    keys = ("gender", "age", "area", "appType", "subscriptionPeriod")
    shown = {kind: _show(rows[kind], key, total) for kind, key in zip(_KINDS, keys, strict=True)}
    return Answer({"available": True, **shown})


def _count(population: Population, people: int, attribute: str, names: Any, rest: str) -> Rows:
    """Count people by value; who has none of them is the rest."""
    sets = population.attributes[attribute]
    rows = [(name, (sets.get(value, 0) & people).bit_count()) for value, name in names.items()]
    return [*rows, (rest, people.bit_count() - sum(count for _, count in rows))]


def _count_ages(population: Population, people: int) -> Rows:
    """Count ages; `from50` overlaps the finer brackets that came later (LP 6.5)."""
    brackets: dict[int, int] = dict.fromkeys(_AGES, 0)
    for age, holders in population.attributes["age"].items():
        low = max(low for low in _AGES if low <= int(age))
        brackets[low] += (holders & people).bit_count()
    rows = [(_AGES[low], count) for low, count in brackets.items() if low < _FIFTY]
    rows.append(("from50", sum(count for low, count in brackets.items() if low >= _FIFTY)))
    rows += [(_AGES[low], count) for low, count in brackets.items() if low >= _FIFTY]
    return [*rows, ("unknown", people.bit_count() - sum(brackets.values()))]


def _count_periods(population: Population, people: int, day: int) -> Rows:
    rows: Rows = []
    newer = 0
    for days, name in _PERIODS:
        within = people & ~population.befriended_by(day - days)
        rows.append((name, within.bit_count() - newer))
        newer = within.bit_count()
    return [*rows, ("over365days", people.bit_count() - newer), ("unknown", 0)]


def _show(rows: Iterable[tuple[str, int]], key: str, total: int) -> list[dict[str, Any]]:
    return [{key: name, "percentage": round(100 * count / total, 1) if total else 0.0} for name, count in rows]


ENDPOINTS = (Endpoint("GET", "/v2/bot/insight/demographic", read_demographic, PER_HOUR),)
