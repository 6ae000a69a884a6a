"""Content facts and failures as JSON documents of the campaigns' table."""

from collections.abc import Mapping
from typing import Any

from delivery.domain.content.inspection import ContentFacts, MessageViolation, TokenUse
from delivery.domain.policy.findings import Code
from delivery.domain.sending.failures import Failure, FailureReason


def write_content(content: ContentFacts) -> dict[str, Any]:
    """Write what the inspection found."""
    return {
        "message_count": content.message_count,
        "contact_tokens": [use.field for use in content.contact_tokens],
        "violations": [[violation.field, violation.description] for violation in content.violations],
        "digest": content.digest,
    }


def read_content(document: Mapping[str, Any]) -> ContentFacts:
    """Read it back."""
    return ContentFacts(
        message_count=document["message_count"],
        contact_tokens=tuple(TokenUse(field) for field in document["contact_tokens"]),
        violations=tuple(MessageViolation(field, text) for field, text in document["violations"]),
        digest=document["digest"],
    )


def write_failure(failure: Failure) -> dict[str, Any]:
    """Write why a campaign failed."""
    return {
        "reason": failure.reason.name,
        "relax": list(failure.relax),
        "codes": [code.name for code in failure.codes],
    }


def read_failure(document: Mapping[str, Any]) -> Failure:
    """Read it back."""
    codes = tuple(Code[name] for name in document["codes"])
    return Failure(FailureReason[document["reason"]], tuple(document["relax"]), codes)
