"""Bounds of recipients: checked by hand at the edges and against random people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.domain.targeting.bounds import Bounds, bound_above, bound_recipients
from delivery.domain.targeting.sizes import Size
from delivery.domain.targeting.trees import AgeFilter, AllBut, AllOf, AnyOf, Audience, AudienceNode, LineAudience
from tests.strategies.targeting import AUDIENCE_NAMES, audience_trees, choose

PEOPLE = st.frozensets(st.integers(0, 60), max_size=60)
FIRST, SECOND, THIRD, FOURTH = map(Audience, AUDIENCE_NAMES)
SIZES = {
    FIRST.name: Size(40, 40),
    SECOND.name: Size(0, 19),
    THIRD.name: Size(300, 309),
}


@given(
    tree=audience_trees,
    members=st.fixed_dictionaries(dict.fromkeys(AUDIENCE_NAMES, PEOPLE)),
    friends=PEOPLE,
    known=st.frozensets(st.sampled_from(AUDIENCE_NAMES)),
    slack=st.integers(0, 30),
    recipient_limit=st.none() | st.integers(1, 60),
)
def test_bound_holds_for_all_people(
    tree: AudienceNode,
    members: dict[str, frozenset[int]],
    friends: frozenset[int],
    known: frozenset[str],
    slack: int,
    recipient_limit: int | None,
) -> None:
    """However people are spread, and whoever blocks, no more receive than the bound says, and as many are meant."""
    sizes = {name: Size(max(0, len(members[name]) - slack), len(members[name]) + slack) for name in known}
    everybody = friends.union(*members.values())

    bounds = bound_recipients(LineAudience(tree), sizes, recipient_limit=recipient_limit)

    limit = recipient_limit if recipient_limit is not None else len(everybody)
    received = min(limit, len(choose(tree, members, friends)))
    assert bounds.at_most is None or received <= bounds.at_most
    assert bounds.likely <= min(limit, len(choose(tree, members, everybody)))


@pytest.mark.parametrize(
    ("tree", "at_most"),
    [
        (FIRST, 40),
        (SECOND, 19),
        (FOURTH, None),
        (AllBut(FIRST), None),
        (AllBut(AllBut(FIRST)), 40),
        (AllOf((FIRST, THIRD)), 40),
        (AllOf((FIRST, FOURTH)), 40),
        (AllOf((FIRST, AllBut(THIRD))), 40),
        (AnyOf((FIRST, SECOND)), 59),
        (AnyOf((FIRST, FIRST)), 40),
        (AnyOf((FIRST, FOURTH)), None),
        (AllBut(AnyOf((AllBut(FIRST), SECOND))), 40),
        (AllBut(AllOf((AllBut(FIRST), AllBut(SECOND)))), 59),
    ],
)
def test_bounds_follow_the_operators(tree: AudienceNode, at_most: int | None) -> None:
    """`and` takes the least, `or` the sum, and a negation is bounded only where another undoes it."""
    assert bound_above(tree, SIZES) == at_most


@pytest.mark.parametrize(
    ("tree", "likely"),
    [
        (FIRST, 40),
        (FOURTH, 0),
        (AllBut(FIRST), 0),
        (AllBut(AllBut(FIRST)), 40),
        (AnyOf((FIRST, THIRD)), 300),
        (AllOf((FIRST, THIRD)), 0),
        (AllOf((FIRST, FIRST)), 40),
    ],
)
def test_only_members_are_likely(tree: AudienceNode, likely: int) -> None:
    """Members that are surely meant count; an intersection of two audiences may be empty."""
    assert bound_recipients(LineAudience(tree), SIZES).likely == likely


def test_attributes_prove_nobody() -> None:
    """With attributes nobody is known to match, and without an audience nothing bounds them."""
    assert bound_recipients(LineAudience(THIRD, AgeFilter(20)), SIZES) == Bounds(309, 0)
    assert bound_recipients(LineAudience(None, AgeFilter(20)), SIZES) == Bounds(None, 0)


def test_own_limit_bounds_too() -> None:
    """The caller's own limit is a bound like any other."""
    assert bound_recipients(LineAudience(None, AgeFilter(20)), SIZES, recipient_limit=70) == Bounds(70, 0)
    assert bound_recipients(LineAudience(THIRD), SIZES, recipient_limit=70) == Bounds(70, 70)
