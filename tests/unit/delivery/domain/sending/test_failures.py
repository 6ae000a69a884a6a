"""What a caller reads of a campaign that failed."""

import pytest

from delivery.domain.policy.facts import AudienceState, Basis
from delivery.domain.policy.findings import Code, Finding, Severity
from delivery.domain.sending.failures import REASONS, Failure, FailureReason, NarrowcastFailure, explain
from delivery.domain.targeting.sizes import Size
from delivery.domain.targeting.trees import AgeFilter, AllOf, Audience
from tests.strategies.policy import judge, make_audience, make_facts, make_subject, make_targeting, name_audience

TARGETING = make_targeting(
    audience=AllOf((Audience(name_audience(101)), Audience(name_audience(102)))), attributes=AgeFilter(20)
)
ALL_CONDITIONS = ("targeting.line_audience.audience", "targeting.line_audience.attributes", "recipient_limit")
TOO_FEW = Failure(FailureReason.RECIPIENTS_BELOW_MINIMUM, ALL_CONDITIONS)


def refuse(*, first: Size, second: Size, reach: int = 1000, state: AudienceState = AudienceState.READY) -> Failure:
    """Let policy refuse a campaign by the dispatcher's own figures, and explain it."""
    audiences = [make_audience(101, size=first, state=state), make_audience(102, size=second)]
    facts = make_facts(audiences, reach=reach, basis=Basis.OBSERVED)
    findings = judge(make_subject(TARGETING, recipient_limit=900), facts)
    errors = tuple(finding for finding in findings if finding.severity is Severity.ERROR)
    return explain(FailureReason.POLICY_REFUSED, TARGETING, errors, recipient_limit=900)


@pytest.mark.parametrize(
    ("first", "second"), [(Size(30, 30), Size(5000, 5000)), (Size(5000, 5000), Size(49, 49)), (Size(1, 1), Size(2, 2))]
)
def test_policys_minimums_and_lines_are_one(first: Size, second: Size) -> None:
    """Whether policy or LINE finds too few people, and in which audience, is not to be told apart (Q4)."""
    by_line = explain(REASONS[NarrowcastFailure.RECIPIENTS_BELOW_MINIMUM], TARGETING, recipient_limit=900)

    assert refuse(first=first, second=second) == by_line == TOO_FEW


def test_a_minimum_beside_another_refusal_is_not_told() -> None:
    """What else policy refuses is the reason then, and the codes say nothing of numbers of people."""
    failure = refuse(first=Size(30, 30), second=Size(5000, 5000), state=AudienceState.EXPIRED)

    assert (failure.reason, failure.codes) == (FailureReason.POLICY_REFUSED, (Code.AUDIENCE_UNUSABLE,))


def test_a_small_reach_is_a_reason_of_its_own() -> None:
    """LINE's 403 and policy's own finding about the reach are one reason, which only attributes cause."""
    by_policy = refuse(first=Size(5000, 5000), second=Size(5000, 5000), reach=99)
    by_line = explain(FailureReason.REACH_BELOW_MINIMUM, TARGETING, recipient_limit=900)

    assert by_policy == by_line
    assert by_line == Failure(FailureReason.REACH_BELOW_MINIMUM, ("targeting.line_audience.attributes",))


def test_other_refusals_keep_their_codes() -> None:
    """Each code is told once, with all that may be relaxed."""
    findings = tuple(
        Finding(Code.TARGETING_TOO_COMPLEX, Severity.ERROR, path, "Too many.", relax=(path,)) for path in ("a", "b")
    )

    failure = explain(FailureReason.POLICY_REFUSED, TARGETING, findings)

    assert failure == Failure(FailureReason.POLICY_REFUSED, ("a", "b"), (Code.TARGETING_TOO_COMPLEX,))


@pytest.mark.parametrize("name", ["AUDIENCE_BELOW_MINIMUM", "RECIPIENTS_BELOW_MINIMUM"])
def test_what_earlier_versions_stored_is_read_as_the_one_reason(name: str) -> None:
    """A reason and a code that are no longer told are still read."""
    assert FailureReason[name] is FailureReason.RECIPIENTS_BELOW_MINIMUM
    assert Code[name] is Code.RECIPIENTS_BELOW_MINIMUM


def test_every_failure_but_a_duplicate_has_a_reason() -> None:
    """Nothing that LINE may tell is left without a word for a caller."""
    assert REASONS.keys() == set(NarrowcastFailure) - {NarrowcastFailure.DUPLICATE}
