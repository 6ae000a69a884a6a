"""Findings, their tokens, and which of them refuse a send."""

from hypothesis import given
from hypothesis import strategies as st

from delivery.domain.policy.findings import Code, Finding, Severity, find_refusals

PARTS = st.tuples(
    st.text(max_size=5), st.sampled_from(Code), st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
)


def make_token(fingerprint: str, code: Code, field: str) -> str:
    """Return the token of a finding."""
    return Finding(code, Severity.ACKNOWLEDGE, field, "Read this.").with_token(fingerprint).acknowledgement


@given(first=PARTS, second=PARTS)
def test_token_stands_for_one_finding_of_one_campaign(
    first: tuple[str, Code, str], second: tuple[str, Code, str]
) -> None:
    """Two tokens are equal exactly when campaign, rule and field are."""
    assert (make_token(*first) == make_token(*second)) == (first == second)


def test_errors_and_unread_findings_refuse() -> None:
    """An error always refuses, a finding to acknowledge until its token is sent, a warning never."""
    warning = Finding(Code.LIST_NOT_APPLIED, Severity.WARNING, "a", "Read this.")
    unread = Finding(Code.NEGATIVE_TARGETING, Severity.ACKNOWLEDGE, "b", "Read this.", acknowledgement="t1")
    read = Finding(Code.EXCLUSION_NOT_APPLIED, Severity.ACKNOWLEDGE, "c", "Read this.", acknowledgement="t2")
    error = Finding(Code.CONTACT_LIST_REQUIRED, Severity.ERROR, "d", "Read this.")

    assert find_refusals((warning, unread, read, error), frozenset({"t2", "t9", ""})) == (unread, error)


def test_every_rule_names_its_requirement() -> None:
    """Each code tells the row of the requirements that it keeps, and no two codes are one."""
    assert len(Code) == 17
    assert {code.requirement for code in Code} == {"R1", "R2", "R3", "R5", "R7", "R8", "R10", "R11", "R14"}
