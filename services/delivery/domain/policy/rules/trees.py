"""Rules about the form of the two trees (R2)."""

from collections.abc import Iterable, Iterator
from typing import Any

from delivery.domain.policy.case import Case
from delivery.domain.policy.findings import Code, Finding, Severity
from delivery.domain.targeting.references import ATTRIBUTES_PATH, AUDIENCE_PATH
from delivery.domain.targeting.trees import AllBut, AllOf, AnyOf

MOST_AUDIENCES = 10
"""Audience objects that LINE takes in a request; operators don't count (LP 4.3)."""

MOST_ATTRIBUTES = 10
"""Demographic objects that LINE takes in a request; whether operators count is unconfirmed (LP 4.4)."""


def require_negation_acknowledged(case: Case) -> Iterator[Finding]:
    """Refuse targeting that only says who does not receive, until that is acknowledged (architecture 2)."""
    trees = (case.chosen.audience, case.chosen.attributes)
    if all(is_negative(tree) for tree in trees if tree is not None):
        yield Finding(
            Code.NEGATIVE_TARGETING,
            Severity.ACKNOWLEDGE,
            "targeting.line_audience",
            "The conditions only say who does not receive: all other friends of the Official Account do.",
        )


def require_few_audiences(case: Case) -> Iterator[Finding]:
    """Refuse more audiences than LINE takes in one request (LP 4.3)."""
    leaves, _ = count_objects(case.chosen.audience) if case.chosen.audience else (0, 0)
    if leaves > MOST_AUDIENCES:
        yield Finding(
            Code.TARGETING_TOO_COMPLEX,
            Severity.ERROR,
            AUDIENCE_PATH,
            f"LINE takes at most {MOST_AUDIENCES} audiences in one request; {leaves} are used.",
            {"maximum": MOST_AUDIENCES, "audiences": leaves},
            relax=(AUDIENCE_PATH,),
        )


def require_few_attributes(case: Case) -> Iterator[Finding]:
    """Refuse more attribute filters than LINE takes, and warn where it may count operators too (LP 4.4)."""
    filters, operators = count_objects(case.chosen.attributes) if case.chosen.attributes else (0, 0)
    if filters + operators <= MOST_ATTRIBUTES:
        return
    certain = filters > MOST_ATTRIBUTES
    consequence = "it refuses the request" if certain else "if it counts operators too, it refuses the request"
    yield Finding(
        Code.TARGETING_TOO_COMPLEX,
        Severity.ERROR if certain else Severity.WARNING,
        ATTRIBUTES_PATH,
        f"LINE takes at most {MOST_ATTRIBUTES} attribute filters in one request; {filters} filters and {operators} "
        f"operators are used: {consequence}.",
        {"maximum": MOST_ATTRIBUTES, "filters": filters, "operators": operators},
        relax=(ATTRIBUTES_PATH,),
    )


def exceeds_limits(findings: Iterable[Finding]) -> bool:
    """Tell whether the trees are surely larger than LINE takes; where that is only possible, the finding warns."""
    return any(f.code is Code.TARGETING_TOO_COMPLEX and f.severity is Severity.ERROR for f in findings)


def is_negative(node: Any) -> bool:
    """Tell whether a tree holds everybody but some: it grows with the number of friends, not with what it names."""
    match node:
        case AllBut(operand):
            return not is_negative(operand)
        case AllOf(nodes):
            return all(map(is_negative, nodes))
        case AnyOf(nodes):
            return any(map(is_negative, nodes))
    return False


def count_objects(node: Any) -> tuple[int, int]:
    """Return the numbers of leaves and of operators in a tree."""
    match node:
        case AllBut(operand):
            leaves, operators = count_objects(operand)
            return leaves, operators + 1
        case AllOf(nodes) | AnyOf(nodes):
            counts = [count_objects(operand) for operand in nodes]
            return sum(leaves for leaves, _ in counts), 1 + sum(operators for _, operators in counts)
    return 1, 0
