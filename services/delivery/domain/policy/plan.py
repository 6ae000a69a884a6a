"""What sending a campaign would do, for `CheckCampaign` to show before it is done (R14)."""

from dataclasses import dataclass
from datetime import datetime

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
        earliest_time: When LINE can be asked at the earliest; None when not known.

    """

    recipients: str
    attributes: str
    held_message_count: int | None
    earliest_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The calls that a send makes, in order, and what can't be known before, one sentence each."""

    calls: tuple[PlannedCall, ...]
    unknowns: tuple[str, ...]


def draw_plan(subject: Subject, facts: TargetingFacts, *, earliest_time: datetime | None = None) -> Plan:
    """Return what sending would do; a function of the facts, so of published ones only where a caller reads it (V7).

    `earliest_time` is when the channel's turn comes. Raises `TargetingModeUnsupported` as the compiler does.
    """
    chosen = require_line_audience(subject.targeting)
    call = PlannedCall(
        recipients=word_audiences(chosen.audience) if chosen.audience else "",
        attributes=word_attributes(chosen.attributes) if chosen.attributes else "",
        held_message_count=compile_subject(subject, facts).count_held(facts.channel.reach),
        earliest_time=earliest_time,
    )
    return Plan((call,), list_unknowns(chosen))
