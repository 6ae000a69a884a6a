"""What the rules judge: one revision of a campaign, seen with the facts of one moment."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from delivery.domain.content.canonical import canonical_json
from delivery.domain.content.inspection import ContentFacts, MessageViolation
from delivery.domain.policy.facts import AudienceFacts, Basis, FactsUnknown, TargetingFacts
from delivery.domain.targeting.bounds import Bounds, bound_recipients
from delivery.domain.targeting.narrowcast import Narrowcast, compile_narrowcast, require_line_audience
from delivery.domain.targeting.references import attribute_leaves, audience_leaves, name_conditions
from delivery.domain.targeting.sizes import LARGEST_MASKED
from delivery.domain.targeting.trees import AreaFilter, AttributeFilter, LineAudience, Targeting


@dataclass(frozen=True, slots=True)
class Subject:
    """One revision of a campaign, as far as policy judges it.

    Attributes:
        campaign: `channels/{channel}/campaigns/{campaign}`.
        revision: Counts the changes of what is sent and to whom.
        targeting: To whom.
        content: What the inspection of the messages found.
        recipient_limit: Most people who may receive it, the caller's own limit; None when there is none.
        notification_disabled: Whether devices stay silent.
        line_violations: What LINE's validate endpoint found; empty when it was not asked.

    """

    campaign: str
    revision: int
    targeting: Targeting
    content: ContentFacts
    recipient_limit: int | None = None
    notification_disabled: bool = False
    line_violations: tuple[MessageViolation, ...] = ()

    @property
    def channel(self) -> str:
        """The campaign's channel, `channels/{channel}`."""
        return self.campaign.partition("/campaigns/")[0]

    def name_conditions(self) -> tuple[str, ...]:
        """Return the paths of everything that narrows the recipients (R7)."""
        return name_conditions(self.targeting, recipient_limit=self.recipient_limit)

    def fingerprint(self) -> str:
        """Return a hash over everything that is sent and to whom; acknowledgements are bound to it."""
        targeting = self.targeting
        parts = [
            self.campaign,
            self.revision,
            targeting.contact_lists,
            targeting.excluded_contact_lists,
            compile_narrowcast(targeting, at_most=None, recipient_limit=self.recipient_limit).to_json(),
            self.notification_disabled,
            self.content.digest,
        ]
        return hashlib.sha256(canonical_json(parts)).hexdigest()


@dataclass(frozen=True, slots=True)
class Case:
    """A subject with the facts that it is judged by, and what follows from both.

    Attributes:
        subject: What is judged.
        facts: What is known.
        at: When it would be sent.
        chosen: Whom LINE should choose; lists are not applied.
        bounds: The recipients, the caller's own limit included.
        audiences: Path, name and facts of each audience as written; no facts means that the channel has none such.
        attributes: Path and filter of each attribute as written.

    """

    subject: Subject
    facts: TargetingFacts
    at: datetime
    chosen: LineAudience
    bounds: Bounds
    audiences: tuple[tuple[str, str, AudienceFacts | None], ...]
    attributes: tuple[tuple[str, AttributeFilter], ...]

    def tell_minimum(self, minimum: int, at_most: int | None) -> dict[str, int]:
        """Return the figures of a finding about too few people.

        The bound is told where it follows from published figures, and never below 19: that a group is smaller still is
        nobody's business (V1, V7).
        """
        if at_most is None or self.facts.basis is not Basis.PUBLISHED:
            return {"minimum": minimum}
        return {"minimum": minimum, "at_most": max(at_most, LARGEST_MASKED)}


def open_case(subject: Subject, facts: TargetingFacts, *, at: datetime) -> Case:
    """Bring a subject and its facts together.

    Raises:
        TargetingModeUnsupported: as the compiler does.
        FactsUnknown: something is not known that the rules ask for, so there is nothing to judge yet.

    """
    chosen = require_line_audience(subject.targeting)
    targeting = subject.targeting
    audiences = tuple((path, leaf.name, facts.audiences.get(leaf.name)) for path, leaf in audience_leaves(targeting))
    attributes = tuple(attribute_leaves(targeting))
    unknown = facts.name_unknown(uses_areas=any(isinstance(leaf, AreaFilter) for _, leaf in attributes))
    if unknown:
        raise FactsUnknown(unknown)
    bounds = bound_recipients(chosen, facts.sizes(), recipient_limit=subject.recipient_limit)
    return Case(subject, facts, at, chosen, bounds, audiences, attributes)


def compile_subject(subject: Subject, facts: TargetingFacts) -> Narrowcast:
    """Return the narrowcast that sending makes; raises `TargetingModeUnsupported` as the compiler does."""
    chosen = require_line_audience(subject.targeting)
    at_most = bound_recipients(chosen, facts.sizes()).at_most
    return compile_narrowcast(subject.targeting, at_most=at_most, recipient_limit=subject.recipient_limit)


def count_needed(subject: Subject, facts: TargetingFacts) -> int | None:
    """Return the messages of the month that a send must find left; None when nothing bounds it; raises as compiling."""
    return compile_subject(subject, facts).count_needed(facts.channel.reach)
