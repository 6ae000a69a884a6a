"""The only source of `Cleared`, without which nothing is sent to LINE (architecture 4, ST 5)."""

import hashlib
import hmac
from dataclasses import InitVar, dataclass, field
from datetime import datetime

from delivery.domain.policy.case import Subject, compile_subject
from delivery.domain.policy.facts import TargetingFacts
from delivery.domain.policy.findings import Finding, find_refusals
from delivery.domain.policy.registry import evaluate
from kit.errors import PreconditionViolation, ServiceError

_SEAL = object()


MOST_VIOLATIONS = 20
"""Findings that a refusal tells at most: a status travels in headers, which are small; CheckCampaign tells all."""


class PolicyRefused(ServiceError):  # noqa: N818 - named like the reason that callers see
    """Policy forbids the send.

    Attributes:
        findings: The errors and the findings that lack an acknowledgement, in policy's order; at least one.

    """

    def __init__(self, campaign: str, findings: tuple[Finding, ...]) -> None:
        codes = dict.fromkeys(finding.code.name for finding in findings)
        super().__init__(
            "Correct or acknowledge what CheckCampaign finds.",
            metadata={"campaign": campaign, "codes": ",".join(codes)},
            preconditions=[
                PreconditionViolation(finding.code.name, finding.field, finding.description)
                for finding in findings[:MOST_VIOLATIONS]
            ],
        )
        self.findings = findings


class BytesAltered(Exception):  # noqa: N818 - reads as the state that it reports
    """The bytes are not those that were inspected or cleared: a bug or a damaged store, never the caller's fault."""


@dataclass(frozen=True, slots=True)
class Cleared:
    """Exactly the bytes that policy allows to be sent, and for what; made by `clear` and `clear_repeat` alone.

    Attributes:
        channel: `channels/{channel}`, whose credentials are to be used.
        row: Name of the ledger row that the bytes belong to.
        body: The request to LINE.
        sha256: Hexadecimal SHA-256 of `body`, which the ledger keeps.

    """

    channel: str
    row: str
    body: bytes = field(repr=False)  # message texts stay out of logs (N6)
    sha256: str
    seal: InitVar[object]

    def __post_init__(self, seal: object) -> None:
        if seal is not _SEAL:
            raise TypeError("only policy makes a Cleared")


def require_clearance(campaign: str, findings: tuple[Finding, ...], acknowledgements: frozenset[str]) -> None:
    """Raise `PolicyRefused` if a finding is an error, or has to be acknowledged and is not."""
    refusals = find_refusals(findings, acknowledgements)
    if refusals:
        raise PolicyRefused(campaign, refusals)


def clear(
    subject: Subject,
    facts: TargetingFacts,
    *,
    at: datetime,
    acknowledgements: frozenset[str],
    messages: bytes,
    row: str,
) -> Cleared:
    """Judge a campaign by fresh facts, before the first attempt of its request, and compile what is sent.

    Args:
        subject: What is judged.
        facts: What is known now.
        at: Now, in business time.
        acknowledgements: The tokens that the caller sent with this revision.
        messages: The stored canonical JSON array of the messages, those that `subject.content` tells of.
        row: Name of the ledger row.

    Raises:
        PolicyRefused: A finding is an error, or has to be acknowledged and is not.
        FactsUnknown: Something is not known that decides; ask again later.
        BytesAltered: The messages are not those that were inspected.
        TargetingModeUnsupported: For LIST_APPLIED and for targeting without `line_audience`.

    """
    require_clearance(subject.campaign, evaluate(subject, facts, at=at), acknowledgements)
    _require_digest(messages, subject.content.digest)
    body = compile_subject(subject, facts).to_body(messages, notification_disabled=subject.notification_disabled)
    return Cleared(subject.channel, row, body, hashlib.sha256(body).hexdigest(), seal=_SEAL)


def clear_repeat(*, channel: str, row: str, body: bytes, sha256: str) -> Cleared:
    """Clear another attempt of a request, whose first attempt was cleared.

    Policy is not asked again: a repetition goes out with the first attempt's key and exactly its bytes (I2). `body` and
    `sha256` are what the ledger committed before that attempt (I1). Raises `BytesAltered` if they don't fit together.
    """
    _require_digest(body, sha256)
    return Cleared(channel, row, body, sha256, seal=_SEAL)


def _require_digest(data: bytes, sha256: str) -> None:
    if not hmac.compare_digest(hashlib.sha256(data).hexdigest(), sha256):
        raise BytesAltered
