"""Recipient and demographic trees of a narrowcast: their nodes and how they are read (LP 4.3, 4.4)."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.line.errors import Problems, is_integer

MOST_LEAVES = 10
OPERATORS = ("and", "or", "not")

GENDERS = ("male", "female")
APP_TYPES = ("ios", "android")
AREAS = (
    *(f"jp_{number:02}" for number in range(1, 48)),
    *(f"tw_{number:02}" for number in range(1, 23)),
    *(f"th_{number:02}" for number in range(1, 9)),
)
AGE_STEPS = {f"age_{years}": years for years in range(15, 71, 5)}
PERIOD_STEPS = {f"day_{days}": days for days in (7, 30, 90, 180, 365)}

CHOICES: Mapping[str, tuple[str, ...]] = {"gender": GENDERS, "appType": APP_TYPES, "area": AREAS}
RANGES: Mapping[str, Mapping[str, int]] = {"age": AGE_STEPS, "subscriptionPeriod": PERIOD_STEPS}


@dataclass(frozen=True, slots=True)
class AudienceLeaf:
    """The members of an audience."""

    audience_id: int


@dataclass(frozen=True, slots=True)
class RedeliveryLeaf:
    """The recipients of an earlier narrowcast."""

    request_id: str


@dataclass(frozen=True, slots=True)
class ChoiceLeaf:
    """People whose attribute has one of some values."""

    attribute: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RangeLeaf:
    """People whose age (years) or friendship (days) is at least `gte` and below `lt`."""

    attribute: str
    gte: int | None
    lt: int | None


@dataclass(frozen=True, slots=True)
class Both:
    """Everyone in all children."""

    children: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """Everyone in any child."""

    children: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Everyone but the child."""

    child: "Tree"


Leaf = AudienceLeaf | RedeliveryLeaf | ChoiceLeaf | RangeLeaf
Tree = Leaf | Both | Either | Not


def leaves(tree: Tree | None) -> Iterator[Leaf]:
    """Yield the leaves from left to right; none for no tree."""
    match tree:
        case None:
            return
        case Both(children) | Either(children):
            for child in children:
                yield from leaves(child)
        case Not(child):
            yield from leaves(child)
        case _:
            yield tree


def read_recipient(value: Any, problems: Problems) -> Tree | None:
    """Read `recipient`; None when absent, or when something is wrong, which is noted then."""
    if value is None:
        return None
    tree = _read(value, "recipient", _read_recipient_leaf, problems)
    if sum(1 for _ in leaves(tree)) > MOST_LEAVES:
        problems.add("recipient", f"Size must be between 1 and {MOST_LEAVES}")
    return tree


def read_demographic(value: Any, problems: Problems, *, count_operators: bool) -> Tree | None:
    """Read `filter.demographic`; None when absent, or when something is wrong, which is noted then."""
    if value is None:
        return None
    tree = _read(value, "filter.demographic", _read_demographic_leaf, problems)
    size = sum(1 for _ in leaves(tree)) + (_count_operators(tree) if count_operators else 0)
    if size > MOST_LEAVES:
        problems.add("filter.demographic", f"Size must be between 1 and {MOST_LEAVES}")
    return tree


LeafReader = Callable[[dict[str, Any], str, Problems], Leaf | None]


def _read(value: Any, path: str, read_leaf: LeafReader, problems: Problems) -> Tree | None:
    if not problems.require_object(value, path):
        return None
    if value.get("type") != "operator":
        return read_leaf(value, path, problems)
    used = [key for key in OPERATORS if value.get(key) is not None]
    if len(used) != 1:
        problems.add(path, "Exactly one of and, or, not must be given")
        return None
    key = used[0]
    if key == "not":
        child = _read(value["not"], f"{path}.not", read_leaf, problems)
        return None if child is None else Not(child)
    if not isinstance(value[key], list) or not value[key]:
        problems.add(f"{path}.{key}", "May not be empty")
        return None
    children = [_read(item, f"{path}.{key}[{i}]", read_leaf, problems) for i, item in enumerate(value[key])]
    found = tuple(child for child in children if child is not None)
    return Both(found) if key == "and" else Either(found)


def _read_recipient_leaf(value: dict[str, Any], path: str, problems: Problems) -> Leaf | None:
    match value.get("type"):
        case "audience":
            if is_integer(value.get("audienceGroupId")):
                return AudienceLeaf(value["audienceGroupId"])
            problems.add(f"{path}.audienceGroupId", "May not be empty")
        case "redelivery":
            if problems.require_text(value.get("requestId"), f"{path}.requestId"):
                return RedeliveryLeaf(value["requestId"])
        case _:
            problems.require_one_of(value.get("type"), f"{path}.type", ("audience", "redelivery", "operator"))
    return None


def _read_demographic_leaf(value: dict[str, Any], path: str, problems: Problems) -> Leaf | None:
    kind = value.get("type")
    if isinstance(kind, str) and kind in CHOICES:
        return _read_choice(kind, value.get("oneOf"), f"{path}.oneOf", problems)
    if isinstance(kind, str) and kind in RANGES:
        return _read_range(kind, value, path, problems)
    problems.require_one_of(kind, f"{path}.type", (*CHOICES, *RANGES, "operator"))
    return None


def _read_choice(attribute: str, values: Any, path: str, problems: Problems) -> Leaf | None:
    if not isinstance(values, list) or not values:
        problems.add(path, "May not be empty")
        return None
    fine = [problems.require_one_of(item, f"{path}[{i}]", CHOICES[attribute]) for i, item in enumerate(values)]
    return ChoiceLeaf(attribute, tuple(values)) if all(fine) else None


def _read_range(attribute: str, value: dict[str, Any], path: str, problems: Problems) -> Leaf | None:
    steps = RANGES[attribute]
    bounds: dict[str, int | None] = {}
    for key in ("gte", "lt"):
        step = value.get(key)
        if step is not None and not problems.require_one_of(step, f"{path}.{key}", tuple(steps)):
            return None
        bounds[key] = None if step is None else steps[step]
    gte, lt = bounds["gte"], bounds["lt"]
    if gte is None and lt is None:
        problems.add(path, "gte or lt must be given")
        return None
    if gte is not None and lt is not None and gte >= lt:
        problems.add(path, "gte must be less than lt")
        return None
    return RangeLeaf(attribute, gte, lt)


def _count_operators(tree: Tree | None) -> int:
    match tree:
        case Both(children) | Either(children):
            return 1 + sum(_count_operators(child) for child in children)
        case Not(child):
            return 1 + _count_operators(child)
        case _:
            return 0
