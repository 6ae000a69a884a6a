"""Rules that foresee LINE's privacy thresholds T1 to T3, and the product's own minimum of 50 (R7; LP 4.5)."""

from collections.abc import Iterator

from delivery.domain.policy.case import Case
from delivery.domain.policy.findings import Code, Finding, Severity
from delivery.domain.targeting.bounds import find_conditions_below
from delivery.domain.targeting.references import ATTRIBUTES_PATH, AUDIENCE_PATH, name_conditions

LEAST_RECIPIENTS = 50
"""Fewest recipients of a send (R7, LP T2)."""

LEAST_AUDIENCE = 50
"""Fewest people in each restricted audience when several are used (LP T3)."""

LEAST_REACH = 100
"""Smallest target reach with which attributes may be used (LP T1)."""

COMFORTABLE_BOUND = 200
"""Bound below which blocks and LINE's lag may well leave fewer than 50 (architecture 4)."""

LIMIT_PATH = "recipient_limit"


def require_audience_minimum(case: Case) -> Iterator[Finding]:
    """Refuse a restricted audience known to be under 50 where several are used, under `not` too (LP T3)."""
    if len({name for _, name, _ in case.audiences}) < 2:  # noqa: PLR2004 - the rule speaks of more than one
        return
    for path, name, facts in case.audiences:
        at_most = facts.size.at_most if facts and facts.restricted else None
        if at_most is not None and at_most < LEAST_AUDIENCE:
            yield Finding(
                Code.AUDIENCE_BELOW_MINIMUM,
                Severity.ERROR,
                path,
                f"The audience {name} has fewer than {LEAST_AUDIENCE} people; LINE does not combine it with others.",
                case.tell_minimum(LEAST_AUDIENCE, at_most),
                relax=(path,),
            )


def require_recipients_minimum(case: Case) -> Iterator[Finding]:
    """Refuse a send that is known to reach fewer than 50 (R7).

    R7 holds for every send, also for own uploads and chat tags without attributes, where LINE itself has no minimum:
    what is known before the call refuses; only a smaller result afterwards is no failure there.
    """
    at_most = case.bounds.at_most
    if at_most is not None and at_most < LEAST_RECIPIENTS:
        yield Finding(
            Code.RECIPIENTS_BELOW_MINIMUM,
            Severity.ERROR,
            "targeting.line_audience",
            f"Fewer than {LEAST_RECIPIENTS} people can receive it; relax the conditions (条件を緩和してください).",
            case.tell_minimum(LEAST_RECIPIENTS, at_most),
            relax=_find_relaxable(case),
        )


def warn_recipients_unproven(case: Case) -> Iterator[Finding]:
    """Say that the minimum of 50 is not proven, unless it is known to be missed (R7)."""
    at_most, likely = case.bounds.at_most, case.bounds.likely
    if at_most is not None and at_most < LEAST_RECIPIENTS:
        return
    if likely < LEAST_RECIPIENTS or (at_most is not None and at_most < COMFORTABLE_BOUND):
        yield Finding(
            Code.RECIPIENTS_UNPROVEN,
            Severity.WARNING,
            "targeting.line_audience",
            f"It is not proven that {LEAST_RECIPIENTS} people match; with fewer the delivery fails (配信エラー).",
            case.tell_minimum(LEAST_RECIPIENTS, at_most),
            relax=name_conditions(case.subject.targeting),
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


def _find_relaxable(case: Case) -> tuple[str, ...]:
    """Return what keeps the recipients under the minimum: the caller's own limit, certain audiences, or both."""
    limit, tree = case.subject.recipient_limit, case.chosen.audience
    own = (LIMIT_PATH,) if limit is not None and limit < LEAST_RECIPIENTS else ()
    if tree is None:
        return own
    return own + find_conditions_below(tree, case.facts.sizes(), LEAST_RECIPIENTS, AUDIENCE_PATH)
