"""Rules about attribute values."""

import pytest

from delivery.domain.policy.findings import Code, Severity
from delivery.domain.targeting.trees import AgeFilter, AllBut, AllOf, AreaFilter, AttributeNode, FriendshipFilter
from tests.strategies.policy import find, make_facts, make_subject, make_targeting
from tests.strategies.targeting import AGES, DAYS

PATH = "targeting.line_audience.attributes"


@pytest.mark.parametrize("tree", [*map(AgeFilter, AGES), *map(FriendshipFilter, DAYS)])
def test_all_of_lines_steps_are_taken(tree: AttributeNode) -> None:
    """Every age and every number of days that LINE has can be used (LP 4.4)."""
    assert find(Code.ATTRIBUTE_VALUE_UNSUPPORTED, make_subject(make_targeting(attributes=tree))) == []


@pytest.mark.parametrize(
    ("tree", "found"),
    [
        (AgeFilter(14), [("age.from_age", 14)]),
        (AgeFilter(below_age=71), [("age.below_age", 71)]),
        (AgeFilter(21, 44), [("age.from_age", 21), ("age.below_age", 44)]),
        (AgeFilter(75), [("age.from_age", 75)]),
        (AgeFilter(-5, 20), [("age.from_age", -5)]),
        (AllBut(FriendshipFilter(8, 30)), [("all_but.friendship.from_days", 8)]),
        (AllOf((FriendshipFilter(7, 366),)), [("all_of.nodes[0].friendship.below_days", 366)]),
    ],
)
def test_values_between_the_steps_are_refused(tree: AttributeNode, found: list[tuple[str, int]]) -> None:
    """Each end that is no step of LINE's is refused by its field."""
    findings = find(Code.ATTRIBUTE_VALUE_UNSUPPORTED, make_subject(make_targeting(attributes=tree)))

    assert [(finding.field, finding.numbers["value"]) for finding in findings] == [
        (f"{PATH}.{field}", value) for field, value in found
    ]
    assert {finding.severity for finding in findings} == {Severity.ERROR}


@pytest.mark.parametrize(("prefix", "last"), [("jp", 47), ("tw", 22), ("th", 8)])
def test_areas_of_the_accounts_country_are_taken(prefix: str, last: int) -> None:
    """All areas of the Official Account's own country, and no more, can be used (LP 4.4)."""
    codes = tuple(f"{prefix}_{number:02}" for number in range(last + 2))
    subject = make_subject(make_targeting(attributes=AreaFilter(codes)))

    findings = find(Code.AREA_NOT_SUPPORTED, subject, make_facts(area_prefix=prefix))

    assert [finding.field for finding in findings] == [
        f"{PATH}.area.one_of[0]",
        f"{PATH}.area.one_of[{last + 1}]",
    ]


@pytest.mark.parametrize("code", ["tw_01", "id_01", "xx_01"])
def test_areas_of_other_countries_are_refused(code: str) -> None:
    """An area of another country is refused for a Japanese account."""
    subject = make_subject(make_targeting(attributes=AreaFilter(("jp_13", code))))

    (finding,) = find(Code.AREA_NOT_SUPPORTED, subject)

    assert finding.field == f"{PATH}.area.one_of[1]"
    assert finding.severity is Severity.ERROR


def test_unknown_country_has_no_areas() -> None:
    """Where LINE has no areas for the account, none is taken."""
    subject = make_subject(make_targeting(attributes=AreaFilter(("kr_01",))))

    assert find(Code.AREA_NOT_SUPPORTED, subject, make_facts(area_prefix="kr"))
