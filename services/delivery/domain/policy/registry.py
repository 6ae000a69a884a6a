"""The ordered register of all rules, and their evaluation (architecture 4)."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TypeAlias

from delivery.domain.policy.case import Case, Subject, open_case
from delivery.domain.policy.facts import TargetingFacts
from delivery.domain.policy.findings import Finding, Severity
from delivery.domain.policy.prospects import Prospects
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
from delivery.domain.policy.rules.prospects import require_quota, require_reachable_end, warn_rate_budget
from delivery.domain.policy.rules.trees import (
    require_few_attributes,
    require_few_audiences,
    require_negation_acknowledged,
)

Rule: TypeAlias = Callable[[Case], Iterator[Finding]]
ProspectRule: TypeAlias = Callable[[Prospects], Iterator[Finding]]

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
"""All rules of a send, in the order in which their findings are told: that of architecture 4."""

PROSPECT_RULES: tuple[ProspectRule, ...] = (require_quota, warn_rate_budget, require_reachable_end)
"""All rules of an order, told after those of the send itself; the dispatcher does not ask them."""


def evaluate(subject: Subject, facts: TargetingFacts, *, at: datetime) -> tuple[Finding, ...]:
    """Return everything that policy says of a send at `at`, in a stable order: by rule, then as the fields are written.

    Raises `TargetingModeUnsupported` for LIST_APPLIED and for targeting without `line_audience`, and `FactsUnknown`
    where something is not known that decides.
    """
    case = open_case(subject, facts, at=at)
    findings = tuple(finding for rule in RULES for finding in rule(case))
    if all(finding.severity is not Severity.ACKNOWLEDGE for finding in findings):
        return findings
    fingerprint = subject.fingerprint()
    return tuple(
        finding.with_token(fingerprint) if finding.severity is Severity.ACKNOWLEDGE else finding for finding in findings
    )


def foresee(prospects: Prospects) -> tuple[Finding, ...]:
    """Return everything that policy says of an order, in a stable order; nothing of it can be acknowledged."""
    return tuple(finding for rule in PROSPECT_RULES for finding in rule(prospects))
