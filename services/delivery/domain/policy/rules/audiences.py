"""The rule that every audience named can be sent to (R1)."""

from collections.abc import Iterator
from datetime import datetime

from delivery.domain.policy.case import Case
from delivery.domain.policy.facts import AudienceFacts, AudienceState, FactsUnknown
from delivery.domain.policy.findings import Code, Finding, Severity


def require_usable_audiences(case: Case) -> Iterator[Finding]:
    """Refuse audiences that LINE would refuse or that would miss people, under `not` too: none is ever dropped (R1)."""
    for path, name, facts in case.audiences:
        problem = _find_problem(facts, case.at)
        if problem:
            yield Finding(Code.AUDIENCE_UNUSABLE, Severity.ERROR, path, f"The audience {name} {problem}.")


def _find_problem(facts: AudienceFacts | None, at: datetime) -> str | None:
    if facts is None:
        return "is not known in the channel"
    if facts.state is None:
        raise FactsUnknown((facts.name,))
    if facts.state is not AudienceState.READY:
        return f"is in the state {facts.state.value}, not READY"
    if facts.expire_time is not None and facts.expire_time <= at:
        return "expires before the send"
    if facts.jobs_unfinished:
        return "is still taking in members"
    return None
