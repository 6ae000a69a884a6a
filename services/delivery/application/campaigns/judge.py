"""What policy says of a campaign by published figures alone (V7), LINE's own judgement of its messages included."""

import dataclasses
from dataclasses import dataclass
from datetime import datetime, timedelta

from delivery.application.campaigns.prospects import QUOTA_PAUSE, Stake, look_ahead
from delivery.application.facts_port import TargetingFactsSource, gather_facts
from delivery.application.line_port import LineMessages, LineUnavailable
from delivery.application.ports import Transaction
from delivery.application.quota import QuotaBook
from delivery.domain.campaigns.campaign import Campaign, describe_subject
from delivery.domain.policy.case import Subject, count_needed
from delivery.domain.policy.facts import Basis, FactsUnknown, TargetingFacts
from delivery.domain.policy.findings import Finding
from delivery.domain.policy.plan import Plan, draw_plan
from delivery.domain.policy.prospects import Prospects
from delivery.domain.policy.registry import evaluate, foresee
from delivery.domain.policy.rules.trees import exceeds_limits
from delivery.domain.sending.values import Deadline
from kit.clock import Clock
from kit.errors import Unavailable
from kit.store.ports import UnitOfWork

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
        stake: What an order asks of its channel and its account.

    """

    campaign: Campaign
    findings: tuple[Finding, ...]
    plan: Plan | None
    order_lifetime: timedelta
    stake: Stake


class Judge:
    """Asks for the facts of a campaign and lets policy judge it."""

    def __init__(
        self,
        *,
        uow: UnitOfWork[Transaction],
        facts: TargetingFactsSource,
        line: LineMessages,
        quota: QuotaBook,
        clock: Clock,
    ) -> None:
        self._uow = uow
        self._facts = facts
        self._line = line
        self._quota = quota
        self._clock = clock

    async def judge(self, campaign: Campaign, *, not_after: datetime | None = None) -> Verdict:
        """Return what policy says of a campaign now, and of an order of it that ends at `not_after`.

        Without `not_after` the order ends one order lifetime of the channel from now.

        Raises:
            Unavailable: facts or the month's quota can't be had or are not known, or LINE does not validate the
                messages.
            LineCredentialsRefused: LINE refuses the channel's credentials.

        """
        subject = await self._ask_line(campaign, describe_subject(campaign))
        facts = await gather_facts(self._facts, subject, basis=Basis.PUBLISHED)
        try:
            findings = evaluate(subject, facts, at=self._clock.now())
        except FactsUnknown as unknown:
            raise Unavailable("audience", retry_after=FACTS_PAUSE) from unknown
        stake = await self._find_stake(subject, facts)
        prospects = await self._look_ahead(stake, facts.channel.order_lifetime, not_after)
        plan = None
        if not exceeds_limits(findings):
            plan = draw_plan(subject, facts, earliest_time=prospects.turn_time)
        return Verdict(campaign, (*findings, *foresee(prospects)), plan, facts.channel.order_lifetime, stake)

    async def _find_stake(self, subject: Subject, facts: TargetingFacts) -> Stake:
        account = facts.channel.account
        try:
            plan_size = await self._quota.open_day(subject.channel, account)
        except LineUnavailable as error:
            raise LineUnavailable(retry_after=error.retry_after or QUOTA_PAUSE) from error
        return Stake(subject.campaign, account, count_needed(subject, facts), plan_size)

    async def _look_ahead(self, stake: Stake, lifetime: timedelta, not_after: datetime | None) -> Prospects:
        now = self._clock.now()
        async with self._uow.read() as tx:
            return await look_ahead(tx, stake, Deadline.choose(not_after, at=now, lifetime=lifetime), at=now)

    async def _ask_line(self, campaign: Campaign, subject: Subject) -> Subject:
        """Add what LINE has against the messages, unless our own inspection has found enough (R10)."""
        if subject.content.violations or subject.content.contact_tokens:
            return subject
        violations = await self._line.validate(campaign.channel, campaign.draft.messages)
        return dataclasses.replace(subject, line_violations=violations)
