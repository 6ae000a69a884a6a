"""Use cases of policy: telling what it says of a campaign, and ordering a send."""

import dataclasses
from dataclasses import dataclass

from delivery.application.campaigns import require_campaign
from delivery.application.facts_port import TargetingFactsSource
from delivery.application.line_port import LineMessages
from delivery.application.ports import Transaction
from delivery.domain.campaign import Campaign, describe_subject
from delivery.domain.compile import NarrowcastRequest
from delivery.domain.events import CampaignSending
from delivery.domain.facts import Basis, TargetingFacts
from delivery.domain.findings import Code, Finding
from delivery.domain.ledger import open_request
from delivery.domain.policy.case import Subject, plan_request
from delivery.domain.policy.clearance import require_clearance
from delivery.domain.policy.registry import evaluate
from delivery.domain.references import name_audiences, name_contact_lists
from kit.clock import Clock
from kit.errors import EtagMismatch
from kit.store.once import Once
from kit.store.ports import UnitOfWork


@dataclass(frozen=True, slots=True)
class SendOrder:
    """A caller's wish to send: the campaign, its `etag` or "", and the tokens of the findings that are accepted."""

    name: str
    etag: str
    acknowledgements: frozenset[str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What policy says of a campaign as it is; `request` is None where no request can be made of the targeting."""

    campaign: Campaign
    findings: tuple[Finding, ...]
    request: NarrowcastRequest | None


class Sending:
    """Judges campaigns by published figures alone (V7) and orders their sends."""

    def __init__(
        self, *, uow: UnitOfWork[Transaction], facts: TargetingFactsSource, line: LineMessages, clock: Clock
    ) -> None:
        self._uow = uow
        self._facts = facts
        self._line = line
        self._clock = clock

    async def check(self, name: str) -> Verdict:
        """Return what policy says of a campaign now.

        Raises:
            NotFound: there is none of that name.
            Unavailable: facts can't be had, or LINE does not validate the messages.
            LineCredentialsRefused: LINE refuses the channel's credentials.

        """
        async with self._uow.read() as tx:
            campaign = require_campaign(await tx.campaigns.find(name), name)
        return await self._judge(campaign)

    async def send(self, order: SendOrder, once: Once[Campaign]) -> bytes:
        """Order the send of a draft; return the encoded answer (AIP-155).

        Raises as `check`, and:
            CampaignNotDraft: it was ordered before.
            EtagMismatch: it is not as the caller knows it.
            PolicyRefused: a finding is an error, or has to be acknowledged and is not.

        """
        async with self._uow() as tx:
            if (answer := await once.find(tx.requests)) is not None:
                return answer
        judged = await self.rehearse(order)
        async with self._uow() as tx:
            if (answer := await once.find(tx.requests)) is not None:
                return answer
            campaign = require_campaign(await tx.campaigns.hold(order.name), order.name)
            campaign.require_sendable(order.etag)
            if campaign.revision != judged.revision:
                raise EtagMismatch(order.name)
            return await once.keep(tx.requests, await self._start(tx, campaign, order.acknowledgements))

    async def rehearse(self, order: SendOrder) -> Campaign:
        """Do all that `send` does, except sending (AIP-163); raises what `send` raises."""
        async with self._uow.read() as tx:
            campaign = require_campaign(await tx.campaigns.find(order.name), order.name)
        campaign.require_sendable(order.etag)
        verdict = await self._judge(campaign)
        require_clearance(campaign.name, verdict.findings, order.acknowledgements)
        return campaign

    async def _start(self, tx: Transaction, draft: Campaign, acknowledgements: frozenset[str]) -> Campaign:
        now = self._clock.now()
        campaign = draft.start(acknowledgements, at=now)
        await tx.campaigns.save(campaign)
        await tx.ledger.add(open_request(campaign.name, number=1, at=now))
        await tx.outbox.add([CampaignSending(campaign.name, now, campaign.revision)])
        return campaign

    async def _judge(self, campaign: Campaign) -> Verdict:
        subject = await self._ask_line(campaign, describe_subject(campaign))
        facts = await gather_facts(self._facts, subject, basis=Basis.PUBLISHED)
        findings = evaluate(subject, facts, at=self._clock.now())
        is_complex = any(finding.code is Code.TARGETING_TOO_COMPLEX for finding in findings)
        return Verdict(campaign, findings, None if is_complex else plan_request(subject, facts))

    async def _ask_line(self, campaign: Campaign, subject: Subject) -> Subject:
        """Add what LINE has against the messages, unless our own inspection has found enough (R10)."""
        if subject.content.violations or subject.content.contact_tokens:
            return subject
        violations = await self._line.validate(campaign.channel, campaign.draft.messages)
        return dataclasses.replace(subject, line_violations=violations)


async def gather_facts(source: TargetingFactsSource, subject: Subject, *, basis: Basis) -> TargetingFacts:
    """Ask for the facts of everything that a campaign names."""
    targeting = subject.targeting
    return await source.gather(subject.channel, name_audiences(targeting), name_contact_lists(targeting), basis=basis)
