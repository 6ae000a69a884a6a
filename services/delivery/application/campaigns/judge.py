"""What policy says of a campaign by published figures alone (V7), LINE's own judgement of its messages included."""

import dataclasses
from dataclasses import dataclass
from datetime import timedelta

from delivery.application.facts_port import TargetingFactsSource, gather_facts
from delivery.application.line_port import LineMessages
from delivery.domain.campaigns.campaign import Campaign, describe_subject
from delivery.domain.policy.case import Subject
from delivery.domain.policy.facts import Basis, FactsUnknown
from delivery.domain.policy.findings import Finding
from delivery.domain.policy.plan import Plan, draw_plan
from delivery.domain.policy.registry import evaluate
from delivery.domain.policy.rules.trees import exceeds_limits
from kit.clock import Clock
from kit.errors import Unavailable

FACTS_PAUSE = timedelta(seconds=30)
"""After which facts that are not known now may be: the audience service asks LINE again within it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What policy says of a campaign as it is.

    Attributes:
        campaign: The campaign that was judged.
        findings: Everything that policy says.
        plan: What sending would do; None where LINE takes no request of the targeting.
        order_lifetime: How long an order of the channel lasts whose caller names no end (R11).

    """

    campaign: Campaign
    findings: tuple[Finding, ...]
    plan: Plan | None
    order_lifetime: timedelta


class Judge:
    """Asks for the facts of a campaign and lets policy judge it."""

    def __init__(self, *, facts: TargetingFactsSource, line: LineMessages, clock: Clock) -> None:
        self._facts = facts
        self._line = line
        self._clock = clock

    async def judge(self, campaign: Campaign) -> Verdict:
        """Return what policy says of a campaign now.

        Raises:
            Unavailable: facts can't be had or are not known, or LINE does not validate the messages.
            LineCredentialsRefused: LINE refuses the channel's credentials.

        """
        subject = await self._ask_line(campaign, describe_subject(campaign))
        facts = await gather_facts(self._facts, subject, basis=Basis.PUBLISHED)
        try:
            findings = evaluate(subject, facts, at=self._clock.now())
        except FactsUnknown as unknown:
            raise Unavailable("audience", retry_after=FACTS_PAUSE) from unknown
        plan = None if exceeds_limits(findings) else draw_plan(subject, facts)
        return Verdict(campaign, findings, plan, facts.channel.order_lifetime)

    async def _ask_line(self, campaign: Campaign, subject: Subject) -> Subject:
        """Add what LINE has against the messages, unless our own inspection has found enough (R10)."""
        if subject.content.violations or subject.content.contact_tokens:
            return subject
        violations = await self._line.validate(campaign.channel, campaign.draft.messages)
        return dataclasses.replace(subject, line_violations=violations)
