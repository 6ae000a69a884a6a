"""Who an OA knows, and what LINE thinks of them."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from sandbox import bits
from sandbox.identities import make_user_id
from sandbox.line.model import Account
from sandbox.line.people.generate import Shares, add_friends
from sandbox.line.people.population import Person, Population
from sandbox.line.sending.trees import ChoiceLeaf, RangeLeaf

TODAY = 740_000


def match(population: Population, leaf: ChoiceLeaf | RangeLeaf, *, not_matches_unknown: bool = False) -> set[int]:
    """Return who matches a leaf without any lag."""
    sides = population.match(leaf, today=TODAY, lag_days=0, not_matches_unknown=not_matches_unknown)
    return set(bits.members(sides.yes))


def make(*people: Person) -> Population:
    """Return a population of some people."""
    population = Population()
    population.add(people, today=TODAY)
    return population


def test_age_brackets() -> None:
    """An age range takes whole brackets, from `gte` up to but not including `lt`; under 15 is below every step."""
    population = make(*(Person(f"u{age}", age=age) for age in (0, 15, 20, 25, 70)), Person("unknown"))

    assert match(population, RangeLeaf("age", 20, 30)) == {2, 3}
    assert match(population, RangeLeaf("age", None, 15)) == {0}
    assert match(population, RangeLeaf("age", 70, None)) == {4}


def test_reach() -> None:
    """Target reach leaves out blocks, people who are no friends, and people of unknown attributes."""
    known = Person("a", gender="male", age=30, area="jp_13")
    population = make(
        known,
        replace(known, user_id="b", blocked=True),
        replace(known, user_id="c", friend=False),
        Person("d", gender="male", age=30),
    )
    before = population.reach()
    population.unblock(0b10, day=10)

    assert list(bits.members(before)) == [0]
    assert list(bits.members(population.reach())) == [0, 1]


def test_generated_shares() -> None:
    """Generated friends have about the shares asked for, and every attribute value at most once."""
    account = Account("U" + "0" * 32, "p", "name", "@id")
    add_friends(account, 20_000, seed=1, today=TODAY, shares=Shares(unknown=0.2, blocked=0.1))
    population = account.population
    areas = list(population.attributes["area"].values())

    assert abs(population.blocked.bit_count() - 2_000) < 200
    assert abs(population.known("gender").bit_count() - 16_000) < 300
    assert sum(people.bit_count() for people in areas) == population.known("area").bit_count()
    assert population.ids[0] == make_user_id(1, "p", 0)


def test_generated_friends_grow() -> None:
    """Generating in two steps adds other people and keeps the first."""
    account = Account("U" + "0" * 32, "p", "name", "@id")
    add_friends(account, 100, seed=1, today=TODAY)
    first = list(account.population.ids)
    add_friends(account, 50, seed=1, today=TODAY)

    assert account.population.ids[:100] == first
    assert len(set(account.population.ids)) == 150
    assert account.population.friends == bits.everyone(150)


Arrivals = st.lists(st.tuples(st.booleans(), st.integers(0, 60), st.integers(0, 9)), max_size=25)


@given(Arrivals, st.lists(st.integers(-5, 70), max_size=12))
def test_friends_by_a_day(arrivals: list[tuple[bool, int, int]], days: list[int]) -> None:
    """Whatever was asked before and whoever came since, a day has exactly those who came until then."""
    population = Population()
    for number, (is_new, day, other) in enumerate(arrivals):
        for asked in days[: number % 4]:
            population.befriended_by(asked)
        if is_new or not population.ids:
            population.add([Person(str(number), followed_on=day, friend=number % 3 > 0)], today=60)
        else:
            population.befriend(1 << other % len(population.ids), day=day)
    expected = {day: {person for person, came in enumerate(population.followed_on) if came <= day} for day in days}

    assert {day: set(bits.members(population.befriended_by(day))) for day in days} == expected
