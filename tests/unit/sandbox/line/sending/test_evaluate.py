"""Trees over integers give what naive sets give."""

from hypothesis import given
from hypothesis import strategies as st

from sandbox import bits
from sandbox.line.sending.evaluate import Sides, evaluate
from sandbox.line.sending.trees import AudienceLeaf, Both, Either, Leaf, Not, Tree

SIZE = 40
EVERYONE = set(range(SIZE))
PEOPLE = st.sets(st.integers(min_value=0, max_value=SIZE - 1))
LEAVES = st.integers(min_value=0, max_value=5).map(AudienceLeaf)
TREES: st.SearchStrategy[Tree] = st.recursive(
    LEAVES,
    lambda children: (
        st.lists(children, min_size=1, max_size=4).map(lambda found: Both(tuple(found)))
        | st.lists(children, min_size=1, max_size=4).map(lambda found: Either(tuple(found)))
        | children.map(Not)
    ),
    max_leaves=12,
)
Naive = tuple[set[int], set[int]]


def evaluate_naively(tree: Tree, sides: list[Naive]) -> Naive:
    """Evaluate person by person the slow way: (certainly in, certainly out)."""
    match tree:
        case AudienceLeaf(number):
            return sides[number]
        case Both(children):
            found = [evaluate_naively(child, sides) for child in children]
            return set.intersection(*(yes for yes, _ in found)), set.union(*(no for _, no in found))
        case Either(children):
            found = [evaluate_naively(child, sides) for child in children]
            return set.union(*(yes for yes, _ in found)), set.intersection(*(no for _, no in found))
        case Not(child):
            yes, no = evaluate_naively(child, sides)
            return no, yes
        case _:
            raise AssertionError(tree)


@given(TREES, st.lists(PEOPLE, min_size=6, max_size=6))
def test_known_leaves_are_set_algebra(tree: Tree, members: list[set[int]]) -> None:
    """With nothing unknown the two sides are complementary and equal to plain set operations."""
    sides = [(people, EVERYONE - people) for people in members]
    result = evaluate(tree, _resolver(sides))
    yes, _ = evaluate_naively(tree, sides)

    assert set(bits.members(result.yes)) == yes
    assert set(bits.members(result.no)) == EVERYONE - yes


@given(TREES, st.lists(st.tuples(PEOPLE, PEOPLE), min_size=6, max_size=6))
def test_unknown_people_are_on_no_side(tree: Tree, pairs: list[tuple[set[int], set[int]]]) -> None:
    """With unknowns nobody is on both sides, and who is unknown to every leaf is on none."""
    sides = [(yes, no - yes) for yes, no in pairs]
    result = evaluate(tree, _resolver(sides))
    yes, no = evaluate_naively(tree, sides)

    assert (set(bits.members(result.yes)), set(bits.members(result.no))) == (yes, no)
    assert result.yes & result.no == 0
    assert (yes | no) <= set().union(*(one | other for one, other in sides))


class _Resolver:
    """Gives the sides of audience leaves from a list."""

    def __init__(self, sides: list[Naive]) -> None:
        self._sides = sides

    def __call__(self, leaf: Leaf) -> Sides:
        assert isinstance(leaf, AudienceLeaf)
        yes, no = self._sides[leaf.audience_id]
        return Sides(bits.of(yes), bits.of(no))


def _resolver(sides: list[Naive]) -> _Resolver:
    return _Resolver(sides)
