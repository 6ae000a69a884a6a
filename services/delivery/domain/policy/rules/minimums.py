"""Rules that foresee LINE's privacy thresholds T1 to T3, and the product's own minimum of 50 (R7; LP 4.5)."""

from collections.abc import Iterator

from delivery.domain.policy.case import Case
from delivery.domain.policy.findings import Code, Finding, Severity
from delivery.domain.targeting.references import ATTRIBUTES_PATH

LEAST_RECIPIENTS = 50
"""Fewest recipients of a send (R7, LP T2), and fewest people in each restricted audience beside others (LP T3)."""

LEAST_REACH = 100
"""Smallest target reach with which attributes may be used (LP T1)."""

COMFORTABLE_BOUND = 200
"""Bound below which blocks and LINE's lag may well leave fewer than 50 (architecture 4)."""


def require_recipients_minimum(case: Case) -> Iterator[Finding]:
    """Refuse a send that is known to reach fewer than 50, or that LINE will not combine from its audiences (R7).

    R7 holds for every send, also for own uploads and chat tags without attributes, where LINE itself has no minimum:
    what is known before the call refuses; only a smaller result afterwards is no failure there. Both causes are one
    finding, which names all conditions: which of them was too narrow would tell about people (Q4).
    """
    if not _is_below_minimum(case):
        return
    at_most = case.bounds.at_most
    is_bounded = at_most is not None and at_most < LEAST_RECIPIENTS
    yield Finding(
        Code.RECIPIENTS_BELOW_MINIMUM,
        Severity.ERROR,
        "targeting.line_audience",
        f"Fewer than {LEAST_RECIPIENTS} people can receive it, or are in one of several audiences; relax the "
        "conditions (条件を緩和してください).",
        case.tell_minimum(LEAST_RECIPIENTS, at_most if is_bounded else None),
        relax=case.subject.name_conditions(),
    )


def warn_recipients_unproven(case: Case) -> Iterator[Finding]:
    """Say that the minimum of 50 is not proven, unless it is known to be missed (R7)."""
    at_most, likely = case.bounds.at_most, case.bounds.likely
    if _is_below_minimum(case):
        return
    if likely < LEAST_RECIPIENTS or (at_most is not None and at_most < COMFORTABLE_BOUND):
        yield Finding(
            Code.RECIPIENTS_UNPROVEN,
            Severity.WARNING,
            "targeting.line_audience",
            f"It is not proven that {LEAST_RECIPIENTS} people match; with fewer the delivery fails (配信エラー).",
            case.tell_minimum(LEAST_RECIPIENTS, at_most),
            relax=case.subject.name_conditions(),
        )


def require_reach_minimum(case: Case) -> Iterator[Finding]:
    """Refuse attributes while the target reach is known to be under 100 (LP T1); the reach itself is not told."""
    reach = case.facts.channel.reach
    if case.chosen.attributes is not None and reach is not None and reach < LEAST_REACH:
        yield Finding(
            Code.REACH_BELOW_MINIMUM,
            Severity.ERROR,
            ATTRIBUTES_PATH,
            f"The Official Account's target reach is under {LEAST_REACH}, so LINE refuses attributes.",
            {"minimum": LEAST_REACH},
            relax=(ATTRIBUTES_PATH,),
        )


def _is_below_minimum(case: Case) -> bool:
    at_most = case.bounds.at_most
    return (at_most is not None and at_most < LEAST_RECIPIENTS) or _combines_small_audience(case)


def _combines_small_audience(case: Case) -> bool:
    """Tell whether a restricted audience known to be under 50 is used beside others, under `not` too (LP T3)."""
    if len({name for _, name, _ in case.audiences}) < 2:  # noqa: PLR2004 - the rule speaks of more than one
        return False
    bounds = [facts.size.at_most for _, _, facts in case.audiences if facts and facts.restricted]
    return any(bound is not None and bound < LEAST_RECIPIENTS for bound in bounds)
