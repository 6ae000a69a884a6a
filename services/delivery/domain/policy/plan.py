"""What sending a campaign would do, for `CheckCampaign` to show before it is done (R14)."""

from dataclasses import dataclass

from delivery.domain.policy.case import Subject, compile_subject
from delivery.domain.policy.facts import TargetingFacts
from delivery.domain.targeting.narrowcast import require_line_audience
from delivery.domain.targeting.wording import list_unknowns, word_attributes, word_audiences


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """One call to LINE.

    Attributes:
        recipients: The audiences in words; empty when none is used.
        attributes: The attributes in words; empty when none is used.
        held_message_count: Most messages of the month that LINE holds back while it sends; None when not known.

    """

    recipients: str
    attributes: str
    held_message_count: int | None


@dataclass(frozen=True, slots=True)
class Plan:
    """The calls that a send makes, in order, and what can't be known before, one sentence each."""

    calls: tuple[PlannedCall, ...]
    unknowns: tuple[str, ...]


def draw_plan(subject: Subject, facts: TargetingFacts) -> Plan:
    """Return what sending would do; a function of the facts, so of published ones only where a caller reads it (V7).

    Raises `TargetingModeUnsupported` as the compiler does.
    """
    chosen = require_line_audience(subject.targeting)
    call = PlannedCall(
        recipients=word_audiences(chosen.audience) if chosen.audience else "",
        attributes=word_attributes(chosen.attributes) if chosen.attributes else "",
        held_message_count=compile_subject(subject, facts).count_held(facts.channel.reach),
    )
    return Plan((call,), list_unknowns(chosen))
