"""Rules about contact lists while LINE alone decides who receives (R3, R5)."""

from collections.abc import Iterator

from delivery.domain.policy.case import Case
from delivery.domain.policy.facts import ContactListState
from delivery.domain.policy.findings import Code, Finding, Severity
from delivery.domain.targeting.references import contact_list_leaves


def require_contact_list(case: Case) -> Iterator[Finding]:
    """Refuse a campaign without a delivery list: an audience alone is not enough (R3)."""
    if not case.subject.targeting.contact_lists:
        yield Finding(
            Code.CONTACT_LIST_REQUIRED,
            Severity.ERROR,
            "targeting.contact_lists",
            "Name at least one delivery list; a LINE audience or attributes alone are not enough.",
        )


def require_usable_lists(case: Case) -> Iterator[Finding]:
    """Refuse lists that the channel lacks or that are gone; their contacts are not used, so no more is asked (R5)."""
    for path, name in contact_list_leaves(case.subject.targeting):
        facts = case.facts.contact_lists.get(name)
        if facts is None or facts.state is ContactListState.GONE:
            problem = "is not bound to the channel" if facts is None else "is gone from HubSpot"
            yield Finding(Code.CONTACT_LIST_UNUSABLE, Severity.ERROR, path, f"The list {name} {problem}.")


def warn_list_not_applied(_: Case) -> Iterator[Finding]:
    """Say that the delivery lists don't narrow the recipients, which surprises people (R5)."""
    yield Finding(
        Code.LIST_NOT_APPLIED,
        Severity.WARNING,
        "targeting.line_audience.list_mode",
        "LINE alone decides who receives: people who match the LINE audience and attributes receive the message even "
        "if they are on none of the delivery lists.",
    )


def require_exclusion_acknowledged(case: Case) -> Iterator[Finding]:
    """Refuse exclusion lists until the caller has read that they are not excluded (R5)."""
    if case.subject.targeting.excluded_contact_lists:
        yield Finding(
            Code.EXCLUSION_NOT_APPLIED,
            Severity.ACKNOWLEDGE,
            "targeting.excluded_contact_lists",
            "People on the exclusion lists (配信しない) are not excluded: LINE alone decides who receives.",
        )
