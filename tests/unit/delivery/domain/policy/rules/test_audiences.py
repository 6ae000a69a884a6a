"""The rule that every audience can be sent to."""

from datetime import timedelta

import pytest

from delivery.domain.policy.facts import AudienceFacts, AudienceState
from delivery.domain.policy.findings import Code, Severity
from delivery.domain.targeting.trees import AllBut, AllOf, Audience, AudienceNode
from tests.strategies.policy import NOW, find, make_audience, make_facts, make_subject, make_targeting, name_audience

MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize("state", [state for state in AudienceState if state is not AudienceState.READY])
def test_audiences_that_are_not_ready_are_refused(state: AudienceState) -> None:
    """Only READY audiences are sent to; the finding names the state."""
    (finding,) = find(Code.AUDIENCE_UNUSABLE, facts=make_facts([make_audience(state=state)]))

    assert finding.severity is Severity.ERROR
    assert finding.field == "targeting.line_audience.audience.audience"
    assert state.value in finding.description


@pytest.mark.parametrize(
    ("audience", "usable"),
    [
        (make_audience(), True),
        (make_audience(jobs_unfinished=True), False),
        (make_audience(expire_time=NOW - MOMENT), False),
        (make_audience(expire_time=NOW), False),
        (make_audience(expire_time=NOW + MOMENT), True),
    ],
)
def test_audiences_must_be_whole_and_last(audience: AudienceFacts, usable: bool) -> None:  # noqa: FBT001 - a parameter
    """An audience that is taking in members, or is over by the time of the send, is refused."""
    assert (find(Code.AUDIENCE_UNUSABLE, facts=make_facts([audience])) == []) == usable


def test_unknown_audiences_are_refused_under_a_negation_too() -> None:
    """An exclusion that LINE could not evaluate is never dropped: the send is refused (R1)."""
    tree: AudienceNode = AllOf((Audience(name_audience(101)), AllBut(Audience(name_audience(102)))))

    (finding,) = find(Code.AUDIENCE_UNUSABLE, make_subject(make_targeting(audience=tree)))

    assert finding.field == "targeting.line_audience.audience.all_of.nodes[1].all_but.audience"
    assert "not known" in finding.description
