"""The ordered register of all rules, and their evaluation (architecture 4)."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TypeAlias

from delivery.domain.policy.case import Case, Subject, open_case
from delivery.domain.policy.facts import TargetingFacts
from delivery.domain.policy.findings import Finding, Severity
from delivery.domain.policy.rules.attributes import require_supported_areas, require_supported_values
from delivery.domain.policy.rules.audiences import require_usable_audiences
from delivery.domain.policy.rules.contact_lists import (
    require_contact_list,
    require_exclusion_acknowledged,
    require_usable_lists,
    warn_list_not_applied,
)
from delivery.domain.policy.rules.messages import refuse_contact_tokens, require_valid_messages
from delivery.domain.policy.rules.minimums import (
    require_reach_minimum,
    require_recipients_minimum,
    warn_recipients_unproven,
)
from delivery.domain.policy.rules.trees import (
    require_few_attributes,
    require_few_audiences,
    require_negation_acknowledged,
)

Rule: TypeAlias = Callable[[Case], Iterator[Finding]]

RULES: tuple[Rule, ...] = (
    require_contact_list,
    require_usable_lists,
    warn_list_not_applied,
    require_exclusion_acknowledged,
    require_negation_acknowledged,
    refuse_contact_tokens,
    require_valid_messages,
    require_usable_audiences,
    require_recipients_minimum,
    warn_recipients_unproven,
    require_reach_minimum,
    require_few_audiences,
    require_few_attributes,
    require_supported_values,
    require_supported_areas,
)
"""All rules, in the order in which their findings are told: that of architecture 4."""


def evaluate(subject: Subject, facts: TargetingFacts, *, at: datetime) -> tuple[Finding, ...]:
    """Return everything that policy says of a send at `at`, in a stable order: by rule, then as the fields are written.

    Raises `TargetingModeUnsupported` for LIST_APPLIED and for targeting without `line_audience`.
    """
    case = open_case(subject, facts, at=at)
    findings = tuple(finding for rule in RULES for finding in rule(case))
    if all(finding.severity is not Severity.ACKNOWLEDGE for finding in findings):
        return findings
    fingerprint = subject.fingerprint()
    return tuple(
        finding.with_token(fingerprint) if finding.severity is Severity.ACKNOWLEDGE else finding for finding in findings
    )
