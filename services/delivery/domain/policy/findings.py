"""What policy says of a campaign: findings, how much each weighs, and the token by which one is acknowledged."""

import dataclasses
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from delivery.domain.content.canonical import canonical_json

TOKEN_LENGTH = 32
"""Hexadecimal digits of an acknowledgement token, 128 bits."""


class Severity(Enum):
    """What a finding means for a send: nothing, refused until acknowledged, refused."""

    WARNING = "WARNING"
    ACKNOWLEDGE = "ACKNOWLEDGE"
    ERROR = "ERROR"


class Code(Enum):
    """Names a rule of architecture 4; the value is the requirement that the rule keeps, after the rule's own number.

    `AUDIENCE_BELOW_MINIMUM` is another name of `RECIPIENTS_BELOW_MINIMUM`, under which earlier versions have stored it.
    """

    CONTACT_LIST_REQUIRED = (1, "R3")
    CONTACT_LIST_UNUSABLE = (2, "R5")
    LIST_NOT_APPLIED = (3, "R5")
    EXCLUSION_NOT_APPLIED = (4, "R5")
    NEGATIVE_TARGETING = (5, "R2")
    CONTACT_TOKEN_NOT_ALLOWED = (6, "R8")
    MESSAGE_INVALID = (7, "R10")
    AUDIENCE_UNUSABLE = (8, "R1")
    RECIPIENTS_BELOW_MINIMUM = (10, "R7")
    AUDIENCE_BELOW_MINIMUM = RECIPIENTS_BELOW_MINIMUM
    RECIPIENTS_UNPROVEN = (11, "R7")
    REACH_BELOW_MINIMUM = (12, "R7")
    TARGETING_TOO_COMPLEX = (13, "R2")
    ATTRIBUTE_VALUE_UNSUPPORTED = (14, "R2")
    AREA_NOT_SUPPORTED = (15, "R2")
    QUOTA_INSUFFICIENT = (16, "R14")
    RATE_BUDGET_EXHAUSTED = (17, "R14")
    DEADLINE_UNREACHABLE = (18, "R11")

    @property
    def requirement(self) -> str:
        """Row of the requirements, as `R5`."""
        return self.value[1]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that policy says of a campaign.

    Attributes:
        code: The rule.
        severity: What it means for a send.
        field: Path of the field of the campaign that it is about.
        description: One or two sentences for a person; names no figure of people.
        numbers: Figures that the rule compared, keyed by what they are; functions of published facts only (V7).
        relax: Paths of the fields whose conditions could be relaxed (条件を緩和, R7).
        acknowledgement: What the caller sends to accept it; empty unless the severity is `ACKNOWLEDGE`.

    """

    code: Code
    severity: Severity
    field: str
    description: str
    numbers: Mapping[str, int] = dataclasses.field(default_factory=dict)
    relax: tuple[str, ...] = ()
    acknowledgement: str = ""

    @property
    def requirement(self) -> str:
        """Row of the requirements that the rule keeps."""
        return self.code.requirement

    def with_token(self, fingerprint: str) -> "Finding":
        """Return the finding with its token, which is void once the campaign's fingerprint changes."""
        parts = [fingerprint, self.code.name, self.field]
        token = hashlib.sha256(canonical_json(parts)).hexdigest()[:TOKEN_LENGTH]
        return dataclasses.replace(self, acknowledgement=token)


def find_refusals(findings: Iterable[Finding], acknowledgements: frozenset[str]) -> tuple[Finding, ...]:
    """Return the findings that forbid a send: errors, and whatever has to be acknowledged and is not."""
    return tuple(finding for finding in findings if _refuses(finding, acknowledgements))


def _refuses(finding: Finding, acknowledgements: frozenset[str]) -> bool:
    if finding.severity is Severity.ACKNOWLEDGE:
        return finding.acknowledgement not in acknowledgements
    return finding.severity is Severity.ERROR
