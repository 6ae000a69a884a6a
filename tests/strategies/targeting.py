"""Random targetings, and what they mean by the plainest reading: sets of people."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from delivery.domain.targeting.trees import (
    OS,
    AgeFilter,
    AllBut,
    AllOf,
    AnyOf,
    AreaFilter,
    AttributeNode,
    Audience,
    AudienceNode,
    FriendshipFilter,
    Gender,
    GenderFilter,
    LineAudience,
    ListMode,
    OSFilter,
    Targeting,
)

AUDIENCE_NAMES = tuple(f"channels/acme/audiences/{number}" for number in range(101, 105))
AGES = tuple(range(15, 75, 5))
DAYS = (7, 30, 90, 180, 365)
AREAS = ("jp_01", "jp_13", "jp_27", "jp_47")

People = frozenset[int]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whose attributes LINE knows."""

    gender: Gender
    age: int
    os: OS
    area: str
    days: int


people = st.builds(
    Person,
    gender=st.sampled_from(Gender),
    age=st.integers(10, 80),
    os=st.sampled_from(OS),
    area=st.sampled_from(AREAS),
    days=st.integers(0, 400),
)


def ranges(steps: tuple[int, ...]) -> st.SearchStrategy[tuple[int | None, int | None]]:
    """Draw both ends of a range, of which one may be open."""
    pairs = st.lists(st.sampled_from(steps), min_size=2, max_size=2, unique=True).map(sorted)
    return st.tuples(pairs, st.sampled_from(((True, True), (True, False), (False, True)))).map(
        lambda drawn: (drawn[0][0] if drawn[1][0] else None, drawn[0][1] if drawn[1][1] else None)
    )


attribute_filters = st.one_of(
    st.builds(GenderFilter, st.lists(st.sampled_from(Gender), min_size=1, max_size=3).map(tuple)),
    ranges(AGES).map(lambda ends: AgeFilter(*ends)),
    st.builds(OSFilter, st.lists(st.sampled_from(OS), min_size=1, max_size=3).map(tuple)),
    st.builds(AreaFilter, st.lists(st.sampled_from(AREAS), min_size=1, max_size=3).map(tuple)),
    ranges(DAYS).map(lambda ends: FriendshipFilter(*ends)),
)


def trees(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw trees of any operators over `leaves`."""
    return st.recursive(
        leaves,
        lambda nodes: st.one_of(
            st.lists(nodes, min_size=1, max_size=3).map(lambda operands: AllOf(tuple(operands))),
            st.lists(nodes, min_size=1, max_size=3).map(lambda operands: AnyOf(tuple(operands))),
            nodes.map(AllBut),
        ),
        max_leaves=8,
    )


audience_trees: st.SearchStrategy[AudienceNode] = trees(st.sampled_from(AUDIENCE_NAMES).map(Audience))
attribute_trees: st.SearchStrategy[AttributeNode] = trees(attribute_filters)

_list_names = st.lists(st.integers(1, 9).map("channels/acme/contactLists/{}".format), max_size=3).map(tuple)
line_audiences: st.SearchStrategy[LineAudience] = st.one_of(
    st.builds(LineAudience, audience_trees, st.none() | attribute_trees, st.sampled_from(ListMode)),
    st.builds(LineAudience, st.none(), attribute_trees, st.sampled_from(ListMode)),
)
targetings: st.SearchStrategy[Targeting] = st.builds(Targeting, _list_names, _list_names, st.none() | line_audiences)


def choose(node: AudienceNode, members: Mapping[str, People], everybody: People) -> People:
    """Return the friends whom an audience tree means; `members` may hold people who are no friends."""
    match node:
        case Audience(name):
            return members[name] & everybody
        case AllBut(operand):
            return everybody - choose(operand, members, everybody)
        case AllOf(nodes):
            return everybody.intersection(*(choose(operand, members, everybody) for operand in nodes))
        case AnyOf(nodes):
            return frozenset().union(*(choose(operand, members, everybody) for operand in nodes))


def matches(node: AttributeNode, person: Person) -> bool:  # noqa: PLR0911 - one case per kind of node
    """Tell whether an attribute tree means a person."""
    match node:
        case AllBut(operand):
            return not matches(operand, person)
        case AllOf(nodes):
            return all(matches(operand, person) for operand in nodes)
        case AnyOf(nodes):
            return any(matches(operand, person) for operand in nodes)
        case GenderFilter(one_of):
            return person.gender in one_of
        case AgeFilter(low, high):
            return _within(person.age, low, high)
        case OSFilter(systems):
            return person.os in systems
        case AreaFilter(codes):
            return person.area in codes
        case FriendshipFilter(low, high):
            return _within(person.days, low, high)


def _within(value: int, low: int | None, high: int | None) -> bool:
    return (low is None or value >= low) and (high is None or value < high)
