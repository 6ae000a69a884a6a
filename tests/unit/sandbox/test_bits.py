"""Sets of people as integers."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from sandbox import bits


def make_random(seed: int) -> Random:
    """Return a source that gives the same numbers each time."""
    return Random(seed)  # noqa: S311 - reproducible, no secrets here


PEOPLE = st.sets(st.integers(min_value=0, max_value=300))


@given(PEOPLE)
def test_of_and_members_are_inverse(people: set[int]) -> None:
    """A set survives the way into an integer and back, in order."""
    assert list(bits.members(bits.of(people))) == sorted(people)


@given(st.lists(st.booleans()))
def test_where(flags: list[bool]) -> None:
    """Exactly the persons whose flag is set are in the set."""
    assert list(bits.members(bits.where(flags))) == [index for index, flag in enumerate(flags) if flag]


@given(PEOPLE, st.integers(min_value=0, max_value=400), st.integers())
def test_pick(people: set[int], count: int, seed: int) -> None:
    """A pick has the size asked for, or everybody, and holds nobody from outside."""
    picked = bits.pick(make_random(seed), bits.of(people), count)

    assert picked.bit_count() == min(count, len(people))
    assert picked & ~bits.of(people) == 0


@given(PEOPLE, st.floats(min_value=0, max_value=1), st.integers())
def test_draw_stays_inside(people: set[int], share: float, seed: int) -> None:
    """A random part holds nobody from outside; shares of 0 and 1 are exact."""
    everyone = bits.of(people)

    assert bits.draw(make_random(seed), everyone, share) & ~everyone == 0
    assert bits.draw(make_random(seed), everyone, 0) == 0
    assert bits.draw(make_random(seed), everyone, 1) == everyone


def test_draw_share() -> None:
    """Of 100,000 people a share of 0.3 draws about 30,000."""
    drawn = bits.draw(make_random(1), bits.everyone(100_000), 0.3)

    assert abs(drawn.bit_count() - 30_000) < 800
