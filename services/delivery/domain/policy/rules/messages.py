"""Rules about the messages, judged by what their inspection and LINE's validate endpoint found (R8, R10)."""

from collections.abc import Iterator

from delivery.domain.policy.case import Case
from delivery.domain.policy.findings import Code, Finding, Severity


def refuse_contact_tokens(case: Case) -> Iterator[Finding]:
    """Refuse contact tokens: a narrowcast's recipients are unknown, so nothing can be filled in (R8)."""
    for use in case.subject.content.contact_tokens:
        yield Finding(
            Code.CONTACT_TOKEN_NOT_ALLOWED,
            Severity.ERROR,
            use.field,
            "Contact tokens can't be filled in when LINE chooses the recipients; remove the token.",
        )


def require_valid_messages(case: Case) -> Iterator[Finding]:
    """Refuse messages that break LINE's limits, as our inspection or LINE itself found (LP 5.3)."""
    for violation in (*case.subject.content.violations, *case.subject.line_violations):
        yield Finding(Code.MESSAGE_INVALID, Severity.ERROR, violation.field, violation.description)
