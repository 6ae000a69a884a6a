"""The age of facts, and what is not known of them."""

from datetime import timedelta

import pytest

from delivery.domain.policy.facts import AudienceState, FactsUnknown, TargetingFacts
from delivery.domain.policy.findings import Code
from delivery.domain.targeting.trees import AgeFilter, AreaFilter
from tests.strategies.policy import (
    NOW,
    find,
    judge,
    make_audience,
    make_facts,
    make_list,
    make_subject,
    make_targeting,
)

AUDIENCE = "channels/acme/audiences/101"


def test_old_facts_are_named() -> None:
    """Audiences of which LINE was asked too long ago are named; the allowed age itself is not too long."""
    facts = make_facts([make_audience(101)])

    assert facts.name_stale_audiences(at=NOW, oldest=timedelta(minutes=1)) == ()
    assert facts.name_stale_audiences(at=NOW, oldest=timedelta(seconds=59)) == (AUDIENCE,)


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        (make_facts([make_audience(state=None)]), AUDIENCE),
        (make_facts([make_audience(jobs_unfinished=None)]), AUDIENCE),
        (make_facts(contact_lists=[make_list(state=None)]), "channels/acme/contactLists/9"),
        (make_facts(area_prefix=None), "channels/acme"),
    ],
    ids=["state", "jobs", "list", "areas"],
)
def test_what_is_not_known_is_not_judged(facts: TargetingFacts, name: str) -> None:
    """Neither yes nor no follows from what is not known, of whatever kind it is."""
    subject = make_subject(make_targeting(attributes=AreaFilter(("jp_13",))))

    with pytest.raises(FactsUnknown) as unknown:
        judge(subject, facts)

    assert unknown.value.names == (name,)


def test_what_nobody_asks_for_need_not_be_known() -> None:
    """Without areas the country plays no part, and without attributes nor does the reach."""
    facts = make_facts(area_prefix=None, reach=None)

    assert judge(facts=facts) == judge()
    assert judge(make_subject(make_targeting(attributes=AgeFilter(20))), facts)


def test_a_channel_without_a_reach_may_use_attributes() -> None:
    """LINE tells a new account's reach after days; until then its own refusal decides (LP T1)."""
    subject = make_subject(make_targeting(attributes=AgeFilter(20)))

    assert find(Code.REACH_BELOW_MINIMUM, subject, make_facts(reach=None)) == []


def test_what_is_over_is_known_whatever_its_jobs_do() -> None:
    """Of an audience that can't be used anyway nothing more need be known."""
    facts = make_facts([make_audience(state=AudienceState.EXPIRED, jobs_unfinished=None)])

    assert find(Code.AUDIENCE_UNUSABLE, facts=facts)
