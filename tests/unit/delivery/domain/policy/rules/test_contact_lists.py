"""Rules about contact lists in the mode LIST_NOT_APPLIED."""

import pytest

from delivery.domain.policy.facts import ContactListState
from delivery.domain.policy.findings import Code, Severity
from tests.strategies.policy import CONTACT_LIST, find, make_facts, make_list, make_subject, make_targeting

EXCLUDED = "channels/acme/contactLists/10"


def test_a_delivery_list_is_required() -> None:
    """Without a delivery list the send is refused, exclusion lists or not (R3)."""
    targeting = make_targeting(contact_lists=(), excluded_contact_lists=(EXCLUDED,))

    (finding,) = find(Code.CONTACT_LIST_REQUIRED, make_subject(targeting), make_facts())

    assert (finding.severity, finding.field) == (Severity.ERROR, "targeting.contact_lists")
    assert find(Code.CONTACT_LIST_REQUIRED) == []


@pytest.mark.parametrize("state", [ContactListState.SYNCING, ContactListState.READY, ContactListState.FAILED])
def test_lists_need_only_exist(state: ContactListState) -> None:
    """While lists are not applied, one that is being read or could not be read stands against nothing."""
    facts = make_facts(contact_lists=[make_list(state=state)])

    assert find(Code.CONTACT_LIST_UNUSABLE, facts=facts) == []


def test_missing_and_gone_lists_are_refused() -> None:
    """A list that the channel lacks or that is gone is refused where it is named, exclusion lists too."""
    targeting = make_targeting(contact_lists=(CONTACT_LIST,), excluded_contact_lists=(EXCLUDED,))
    facts = make_facts(contact_lists=[make_list(EXCLUDED, ContactListState.GONE)])

    findings = find(Code.CONTACT_LIST_UNUSABLE, make_subject(targeting), facts)

    assert [finding.field for finding in findings] == [
        "targeting.contact_lists[0]",
        "targeting.excluded_contact_lists[0]",
    ]
    assert {finding.severity for finding in findings} == {Severity.ERROR}
    assert ["not bound" in finding.description for finding in findings] == [True, False]


def test_lists_not_applied_is_always_said() -> None:
    """Every send in this mode is told that LINE alone decides who receives (R5)."""
    (finding,) = find(Code.LIST_NOT_APPLIED)

    assert finding.severity is Severity.WARNING
    assert "LINE alone decides" in finding.description


def test_exclusion_lists_have_to_be_acknowledged() -> None:
    """With exclusion lists the send waits for the caller to accept that nobody is excluded (R5)."""
    targeting = make_targeting(excluded_contact_lists=(EXCLUDED,))

    (finding,) = find(Code.EXCLUSION_NOT_APPLIED, make_subject(targeting))

    assert finding.severity is Severity.ACKNOWLEDGE
    assert finding.acknowledgement
    assert finding.field == "targeting.excluded_contact_lists"
    assert find(Code.EXCLUSION_NOT_APPLIED) == []
