"""Rules about messages."""

from delivery.domain.content.inspection import MessageViolation, TokenUse
from delivery.domain.policy.findings import Code, Severity
from tests.strategies.policy import find, make_content, make_subject


def test_contact_tokens_are_refused_where_they_are() -> None:
    """Each use of a contact token is refused by its field, and its words are not repeated (R8)."""
    uses = (make_use("messages[0].text"), make_use("messages[1].line_message.altText"))

    findings = find(Code.CONTACT_TOKEN_NOT_ALLOWED, make_subject(content=make_content(tokens=uses)))

    assert [finding.field for finding in findings] == ["messages[0].text", "messages[1].line_message.altText"]
    assert {finding.severity for finding in findings} == {Severity.ERROR}


def test_violations_of_both_inspections_refuse() -> None:
    """What we find ourselves comes first, then what LINE's validate endpoint finds (R10)."""
    ours = MessageViolation("messages[0].text", "At most 5000 characters.")
    theirs = MessageViolation("messages[1].line_message.contents", "LINE refuses this value.")

    findings = find(
        Code.MESSAGE_INVALID, make_subject(content=make_content(violations=(ours,)), line_violations=(theirs,))
    )

    assert [(finding.field, finding.description) for finding in findings] == [
        (ours.field, ours.description),
        (theirs.field, theirs.description),
    ]
    assert {finding.severity for finding in findings} == {Severity.ERROR}


def make_use(field: str) -> TokenUse:
    """Make one use of a contact token."""
    return TokenUse(field)
