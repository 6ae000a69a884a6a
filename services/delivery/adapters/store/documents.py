"""Content facts, failures, uncertainties and decisions as JSON documents of the campaigns' table."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from delivery.domain.campaigns.campaign import Decision, Resolution, Uncertainty
from delivery.domain.content.inspection import ContentFacts, MessageViolation, TokenUse
from delivery.domain.policy.findings import Code
from delivery.domain.sending.failures import Failure, FailureReason, UncertaintyReason


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


def write_uncertainty(uncertainty: Uncertainty) -> dict[str, Any]:
    """Write what is known of an uncertain send."""
    return {
        "reason": uncertainty.reason.name,
        "first_attempt_time": _write_time(uncertainty.first_attempt_time),
        "last_attempt_time": _write_time(uncertainty.last_attempt_time),
        "attempt_count": uncertainty.attempt_count,
        "line_request_ids": list(uncertainty.line_request_ids),
        "since": _write_time(uncertainty.since),
    }


def read_uncertainty(document: Mapping[str, Any]) -> Uncertainty:
    """Read it back."""
    return Uncertainty(
        reason=UncertaintyReason[document["reason"]],
        first_attempt_time=_read_time(document["first_attempt_time"]),
        last_attempt_time=_read_time(document["last_attempt_time"]),
        attempt_count=document["attempt_count"],
        line_request_ids=tuple(document["line_request_ids"]),
        since=_read_time(document["since"]),
    )


def write_resolution(resolution: Resolution) -> dict[str, Any]:
    """Write a person's decision."""
    return {
        "decision": resolution.decision.name,
        "time": resolution.time.isoformat(),
        "resolver": resolution.resolver,
    }


def read_resolution(document: Mapping[str, Any]) -> Resolution:
    """Read it back."""
    time = datetime.fromisoformat(document["time"])
    return Resolution(Decision[document["decision"]], time, document["resolver"])


def _write_time(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()


def _read_time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
