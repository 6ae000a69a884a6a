"""Rules about the form of the trees."""

import pytest
from hypothesis import given

from delivery.domain.policy.findings import Code, Severity
from delivery.domain.policy.rules.trees import count_objects, is_negative
from delivery.domain.targeting.trees import (
    AgeFilter,
    AllBut,
    AllOf,
    AnyOf,
    AttributeNode,
    Audience,
    AudienceNode,
    Gender,
    GenderFilter,
)
from tests.strategies.policy import find, make_facts, make_subject, make_targeting, name_audience
from tests.strategies.targeting import AUDIENCE_NAMES, audience_trees, choose

FIRST, SECOND = Audience(name_audience(101)), Audience(name_audience(102))
WOMEN = GenderFilter((Gender.FEMALE,))


@pytest.mark.parametrize(
    ("audience", "attributes"),
    [
        (AllBut(FIRST), None),
        (None, AllBut(WOMEN)),
        (AllBut(FIRST), AllBut(WOMEN)),
        (AllOf((AllBut(FIRST), AllBut(SECOND))), None),
        (AllBut(AllOf((FIRST, SECOND))), None),
        (AnyOf((AllBut(FIRST), SECOND)), None),
    ],
)
def test_negation_alone_has_to_be_acknowledged(audience: AudienceNode | None, attributes: AttributeNode | None) -> None:
    """Targeting that only says who does not receive waits for the caller to accept what it means."""
    (finding,) = find(
        Code.NEGATIVE_TARGETING, make_subject(make_targeting(audience=audience, attributes=attributes)), make_facts()
    )

    assert finding.severity is Severity.ACKNOWLEDGE
    assert finding.acknowledgement
    assert finding.field == "targeting.line_audience"


@pytest.mark.parametrize(
    ("audience", "attributes"),
    [
        (FIRST, None),
        (AllOf((FIRST, AllBut(SECOND))), None),
        (AllBut(FIRST), WOMEN),
        (FIRST, AllBut(WOMEN)),
        (AllBut(AllBut(FIRST)), None),
        (AllBut(AnyOf((AllBut(FIRST), SECOND))), None),
    ],
)
def test_a_positive_condition_needs_no_acknowledgement(
    audience: AudienceNode | None, attributes: AttributeNode | None
) -> None:
    """One condition that says who receives is enough."""
    subject = make_subject(make_targeting(audience=audience, attributes=attributes))

    assert find(Code.NEGATIVE_TARGETING, subject) == []


@given(audience_trees)
def test_negative_trees_are_those_that_hold_strangers(tree: AudienceNode) -> None:
    """A tree is negative exactly when a friend who is in no audience at all receives."""
    nobody = {name: frozenset[int]() for name in AUDIENCE_NAMES}

    assert is_negative(tree) == (1 in choose(tree, nobody, frozenset({1})))


@pytest.mark.parametrize(("count", "refused"), [(10, False), (11, True)])
def test_ten_audiences_are_taken(count: int, refused: bool) -> None:  # noqa: FBT001 - a parameter
    """LINE takes ten audiences, repeated ones counted, and operators are free (LP 4.3)."""
    leaves: tuple[AudienceNode, ...] = (AllBut(AllBut(FIRST)), *((SECOND,) * (count - 1)))
    findings = find(Code.TARGETING_TOO_COMPLEX, make_subject(make_targeting(audience=AllOf(leaves))))

    assert [dict(finding.numbers) for finding in findings] == [{"maximum": 10, "audiences": 11}] * refused
    assert {finding.severity for finding in findings} <= {Severity.ERROR}


@pytest.mark.parametrize(
    ("filters", "operators", "severity"),
    [(9, 1, None), (10, 1, Severity.WARNING), (8, 3, Severity.WARNING), (11, 1, Severity.ERROR)],
)
def test_ten_attribute_filters_are_taken(filters: int, operators: int, severity: Severity | None) -> None:
    """Over ten filters are refused; where only operators exceed it, which LP 4.4 leaves open, the caller is warned."""
    tree: AttributeNode = AgeFilter(20)
    for _ in range(operators - 1):
        tree = AllBut(tree)
    tree = AnyOf((tree, *((AgeFilter(20),) * (filters - 1))))
    findings = find(Code.TARGETING_TOO_COMPLEX, make_subject(make_targeting(attributes=tree)))

    assert count_objects(tree) == (filters, operators)
    assert [finding.severity for finding in findings] == ([severity] if severity else [])
    assert all(finding.numbers == {"maximum": 10, "filters": filters, "operators": operators} for finding in findings)
