"""The evaluation of all rules together."""

import dataclasses

import pytest
from hypothesis import given

from delivery.domain.content.inspection import MessageViolation, TokenUse
from delivery.domain.policy.findings import Code, Severity
from delivery.domain.targeting.narrowcast import TargetingModeUnsupported
from delivery.domain.targeting.sizes import Size
from delivery.domain.targeting.trees import (
    AgeFilter,
    AllBut,
    AllOf,
    AreaFilter,
    AttributeNode,
    Audience,
    AudienceNode,
    LineAudience,
    ListMode,
    Targeting,
)
from tests.strategies.policy import (
    find,
    judge,
    make_audience,
    make_content,
    make_facts,
    make_subject,
    make_targeting,
    name_audience,
)
from tests.strategies.targeting import audience_trees

EXCLUDED = ("channels/acme/contactLists/10",)


def test_a_plain_campaign_is_only_told_that_lists_are_not_applied() -> None:
    """Where nothing stands against a send, the mode's warning is all that policy says."""
    assert [(finding.code, finding.severity) for finding in judge()] == [(Code.LIST_NOT_APPLIED, Severity.WARNING)]


def test_findings_come_in_the_order_of_the_register() -> None:
    """A campaign with all faults at once is told each of them, in the order of architecture 4."""
    attributes: AttributeNode = AllOf((AllBut(AgeFilter(21)), AreaFilter(("tw_01",)), *((AgeFilter(20),) * 9)))
    tree: AudienceNode = AllOf(
        (Audience(name_audience(101)), Audience(name_audience(102)), Audience(name_audience(103)))
    )
    targeting = make_targeting(audience=tree, attributes=attributes, contact_lists=(), excluded_contact_lists=EXCLUDED)
    content = make_content(
        tokens=(TokenUse("messages[0].text"),),
        violations=(MessageViolation("messages[0]", "Must hold one kind."),),
    )
    small = [make_audience(101, size=Size(30, 30)), make_audience(102)]

    findings = judge(make_subject(targeting, content=content), make_facts(small, contact_lists=(), reach=99))

    assert [finding.code for finding in findings] == [
        Code.CONTACT_LIST_REQUIRED,
        Code.CONTACT_LIST_UNUSABLE,
        Code.LIST_NOT_APPLIED,
        Code.EXCLUSION_NOT_APPLIED,
        Code.CONTACT_TOKEN_NOT_ALLOWED,
        Code.MESSAGE_INVALID,
        Code.AUDIENCE_UNUSABLE,
        Code.RECIPIENTS_BELOW_MINIMUM,
        Code.REACH_BELOW_MINIMUM,
        Code.TARGETING_TOO_COMPLEX,
        Code.ATTRIBUTE_VALUE_UNSUPPORTED,
        Code.AREA_NOT_SUPPORTED,
    ]


@given(audience_trees)
def test_findings_are_stable(tree: AudienceNode) -> None:
    """The same campaign and facts give the same findings in the same order, whatever the order of the facts."""
    subject = make_subject(make_targeting(audience=tree, excluded_contact_lists=EXCLUDED))
    audiences = [make_audience(101, size=Size(30, 30)), make_audience(102), make_audience(103, size=Size(0, 19))]

    assert judge(subject, make_facts(audiences)) == judge(subject, make_facts(audiences[::-1]))


@pytest.mark.parametrize(
    "change",
    [
        {"revision": 2},
        {"campaign": "channels/acme/campaigns/june"},
        {"content": make_content(messages=b"[]")},
        {"recipient_limit": 500},
        {"notification_disabled": True},
        {"targeting": make_targeting(audience=Audience(name_audience(102)), excluded_contact_lists=EXCLUDED)},
        {"targeting": make_targeting(attributes=AgeFilter(20), excluded_contact_lists=EXCLUDED)},
        {"targeting": make_targeting(excluded_contact_lists=EXCLUDED * 2)},
    ],
)
def test_any_change_voids_an_acknowledgement(change: dict[str, object]) -> None:
    """A token holds for one revision and its content only; whatever changes, there is another."""
    subject = make_subject(make_targeting(excluded_contact_lists=EXCLUDED))
    changed = dataclasses.replace(subject, **change)  # type: ignore[arg-type]  # the parts that the case varies

    (before,) = find(Code.EXCLUSION_NOT_APPLIED, subject)
    (after,) = find(Code.EXCLUSION_NOT_APPLIED, changed)

    assert before.acknowledgement != after.acknowledgement


def test_an_acknowledgement_outlives_fresh_facts() -> None:
    """New facts about an unchanged campaign leave its tokens as they were."""
    subject = make_subject(make_targeting(excluded_contact_lists=EXCLUDED))

    (before,) = find(Code.EXCLUSION_NOT_APPLIED, subject)
    (after,) = find(Code.EXCLUSION_NOT_APPLIED, subject, make_facts([make_audience(size=Size(300, 300))], reach=90))

    assert before.acknowledgement == after.acknowledgement


@pytest.mark.parametrize("chosen", [None, LineAudience(None, AgeFilter(20), ListMode.LIST_APPLIED)])
def test_unsupported_modes_are_not_judged(chosen: LineAudience | None) -> None:
    """Policy doesn't pretend to judge what can't be sent."""
    with pytest.raises(TargetingModeUnsupported):
        judge(make_subject(Targeting(line_audience=chosen)))
