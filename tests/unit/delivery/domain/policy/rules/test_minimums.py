"""The thresholds T1 to T3 and the product's own minimum, at their edges."""

import pytest

from delivery.domain.policy.facts import Basis
from delivery.domain.policy.findings import Code, Severity
from delivery.domain.targeting.sizes import Size
from delivery.domain.targeting.trees import AgeFilter, AllBut, AllOf, AnyOf, Audience, AudienceNode
from tests.strategies.policy import (
    find,
    judge,
    make_audience,
    make_facts,
    make_subject,
    make_targeting,
    name_audience,
)

FIRST, SECOND = Audience(name_audience(101)), Audience(name_audience(102))
TREE = "targeting.line_audience.audience"


@pytest.mark.parametrize("restricted", [True, False])
@pytest.mark.parametrize(
    ("size", "refused"),
    [
        (Size(0, 0), True),
        (Size(0, 19), True),
        (Size(20, 20), True),
        (Size(49, 49), True),
        (Size(40, 49), True),
        (Size(50, 50), False),
        (Size(0, None), False),
    ],
)
def test_under_fifty_is_refused_before_the_call(
    size: Size,
    refused: bool,  # noqa: FBT001 - a parameter
    restricted: bool,  # noqa: FBT001 - a parameter
) -> None:
    """A send known to reach fewer than 50 is refused, to own uploads too: R7 holds for every send."""
    facts = make_facts([make_audience(size=size, restricted=restricted)])

    findings = find(Code.RECIPIENTS_BELOW_MINIMUM, facts=facts)

    assert bool(findings) == refused
    assert all(finding.severity is Severity.ERROR for finding in findings)
    assert all(finding.relax == (TREE,) for finding in findings)


@pytest.mark.parametrize(
    ("size", "unproven"),
    [
        (Size(49, 49), False),
        (Size(50, 50), True),
        (Size(199, 199), True),
        (Size(200, 200), False),
        (Size(190, 199), True),
        (Size(200, 209), False),
        (Size(0, None), True),
    ],
)
def test_little_certainty_is_told(size: Size, unproven: bool) -> None:  # noqa: FBT001 - a parameter
    """Between the minimum and 200, and where nothing is known, the caller is warned; under 50 the error says it."""
    findings = find(Code.RECIPIENTS_UNPROVEN, facts=make_facts([make_audience(size=size)]))

    assert bool(findings) == unproven
    assert all(finding.severity is Severity.WARNING for finding in findings)


@pytest.mark.parametrize("small", [101, 102])
@pytest.mark.parametrize("restricted", [True, False])
def test_which_condition_is_too_narrow_is_not_told(small: int, restricted: bool) -> None:  # noqa: FBT001 - a parameter
    """All conditions are named, in the same words, whichever of them is too narrow (R7, Q4)."""
    targeting = make_targeting(audience=AllOf((FIRST, SECOND)), attributes=AgeFilter(20))
    sizes = {101: Size(5000, 5000), 102: Size(5000, 5000), small: Size(30, 30)}
    facts = make_facts([make_audience(number, size=size, restricted=restricted) for number, size in sizes.items()])

    (finding,) = find(Code.RECIPIENTS_BELOW_MINIMUM, make_subject(targeting, recipient_limit=900), facts)
    (same,) = find(Code.RECIPIENTS_BELOW_MINIMUM, make_subject(recipient_limit=49))

    assert finding.relax == (TREE, "targeting.line_audience.attributes", "recipient_limit")
    assert (finding.field, finding.description) == (same.field, same.description)


@pytest.mark.parametrize(("recipient_limit", "refused"), [(49, True), (50, False)])
def test_own_limit_is_a_condition_too(recipient_limit: int, refused: bool) -> None:  # noqa: FBT001 - a parameter
    """A limit under 50 can reach no more."""
    findings = find(Code.RECIPIENTS_BELOW_MINIMUM, make_subject(recipient_limit=recipient_limit))

    assert [finding.relax for finding in findings] == [(TREE, "recipient_limit")] * refused


@pytest.mark.parametrize(
    ("reach", "attributes", "refused"),
    [
        (99, AgeFilter(20), True),
        (100, AgeFilter(20), False),
        (0, AgeFilter(20), True),
        (None, AgeFilter(20), False),
        (99, None, False),
    ],
)
def test_attributes_need_a_reach_of_a_hundred(
    reach: int | None,
    attributes: AgeFilter | None,
    refused: bool,  # noqa: FBT001 - a parameter
) -> None:
    """T1 refuses attributes on a reach under 100, and tells the minimum without the reach."""
    subject = make_subject(make_targeting(audience=FIRST, attributes=attributes))

    findings = find(Code.REACH_BELOW_MINIMUM, subject, make_facts(reach=reach))

    assert [finding.numbers for finding in findings] == [{"minimum": 100}] * refused
    assert all(finding.relax == ("targeting.line_audience.attributes",) for finding in findings)


@pytest.mark.parametrize(
    ("tree", "size", "restricted", "refused"),
    [
        (AnyOf((FIRST, SECOND)), Size(49, 49), True, True),
        (AnyOf((FIRST, SECOND)), Size(50, 50), True, False),
        (AnyOf((FIRST, SECOND)), Size(0, 19), True, True),
        (AnyOf((FIRST, SECOND)), Size(0, None), True, False),
        (AnyOf((FIRST, SECOND)), Size(5, 5), False, False),
        (AllOf((FIRST, AllBut(SECOND))), Size(49, 49), True, True),
        (AnyOf((FIRST, AllBut(SECOND))), Size(49, 49), True, True),
        (AllBut(SECOND), Size(49, 49), True, False),
        (AnyOf((SECOND, AllBut(SECOND))), Size(49, 49), True, False),
    ],
)
def test_restricted_audiences_are_combined_from_fifty_on(
    tree: AudienceNode,
    size: Size,
    restricted: bool,  # noqa: FBT001 - a parameter
    refused: bool,  # noqa: FBT001 - a parameter
) -> None:
    """T3 refuses a small restricted audience beside others, under a negation too; own uploads may be small."""
    facts = make_facts([make_audience(101), make_audience(102, size=size, restricted=restricted)])

    findings = judge(make_subject(make_targeting(audience=tree)), facts)
    codes = [finding.code for finding in findings]

    assert codes.count(Code.RECIPIENTS_BELOW_MINIMUM) == refused
    assert not (refused and Code.RECIPIENTS_UNPROVEN in codes)


def test_small_groups_are_not_told_apart() -> None:
    """The bound is told from published figures, and as 19 wherever it is lower (V1)."""
    told = {
        size: find(Code.RECIPIENTS_BELOW_MINIMUM, facts=make_facts([make_audience(size=Size(0, size))]))[0].numbers
        for size in (0, 7, 19, 45)
    }

    assert told == {
        0: {"minimum": 50, "at_most": 19},
        7: {"minimum": 50, "at_most": 19},
        19: {"minimum": 50, "at_most": 19},
        45: {"minimum": 50, "at_most": 45},
    }


@pytest.mark.parametrize("size", [Size(0, 0), Size(19, 19), Size(45, 45), Size(123, 123)])
def test_observed_figures_are_never_told(size: Size) -> None:
    """By the dispatcher's own figures the same rules speak, but no finding tells a figure of people (V7)."""
    subject = make_subject(make_targeting(audience=AllOf((FIRST, SECOND)), attributes=AgeFilter(20)))
    audiences = [make_audience(101, size=size), make_audience(102, size=size)]

    observed = judge(subject, make_facts(audiences, reach=70, basis=Basis.OBSERVED))
    published = judge(subject, make_facts(audiences, reach=70))

    assert [finding.code for finding in observed] == [finding.code for finding in published]
    assert all(finding.numbers.keys() <= {"minimum"} for finding in observed)
    assert all(str(size.at_most) not in finding.description for finding in observed if size.at_most)
