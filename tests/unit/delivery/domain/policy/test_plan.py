"""What a caller is told that sending would do."""

import pytest

from delivery.domain.policy.plan import PlannedCall, draw_plan
from delivery.domain.targeting.sizes import Size
from delivery.domain.targeting.trees import AgeFilter, AllBut, Audience
from tests.strategies.policy import make_audience, make_facts, make_subject, make_targeting, name_audience

FIRST = Audience(name_audience(101))


@pytest.mark.parametrize(
    ("most", "reach", "held"),
    [(5000, 3000, 3000), (5000, 2991, 3000), (500, 3000, 550), (500, None, 550), (500, 95, 100)],
)
def test_the_hold_is_what_line_holds(most: int, reach: int | None, held: int) -> None:
    """LINE holds the lesser of reach and limit (LP 4.7); a friend more or less does not show (V7)."""
    plan = draw_plan(make_subject(), make_facts([make_audience(size=Size(most, most))], reach=reach))

    assert plan.calls == (PlannedCall("audiences/101", "", held),)


@pytest.mark.parametrize(("reach", "held"), [(3001, 3010), (None, None)])
def test_what_nothing_bounds_holds_the_reach(reach: int | None, held: int | None) -> None:
    """Without a bound all that LINE can hold is the reach, which may be unknown."""
    subject = make_subject(make_targeting(audience=AllBut(FIRST), attributes=AgeFilter(20)))

    plan = draw_plan(subject, make_facts(reach=reach))

    assert plan.calls == (PlannedCall("not audiences/101", "age is 20 or more", held),)


def test_an_own_limit_holds_no_more() -> None:
    """The caller's own limit is LINE's."""
    plan = draw_plan(make_subject(recipient_limit=70), make_facts())

    assert plan.calls[0].held_message_count == 70


def test_attributes_add_to_what_is_not_known() -> None:
    """Whom attributes fit nobody knows before; the rest is unknown of every send."""
    with_attributes = draw_plan(make_subject(make_targeting(attributes=AgeFilter(20))), make_facts())
    without = draw_plan(make_subject(), make_facts())

    assert with_attributes.unknowns[: len(without.unknowns)] == without.unknowns
    assert len(with_attributes.unknowns) == len(without.unknowns) + 1
