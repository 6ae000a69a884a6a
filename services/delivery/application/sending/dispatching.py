"""Works on the ledger's rows that LINE is to be called for: settle, clear, call (architecture 5)."""

from datetime import timedelta

from delivery.application.facts_port import TargetingFactsSource, gather_facts
from delivery.application.following import record
from delivery.application.line_port import LineCall
from delivery.application.lookup import find_campaign
from delivery.application.ports import Transaction
from delivery.application.sending.calling import Calling
from delivery.application.sending.reserving import Reserving
from delivery.domain.campaigns.campaign import Campaign, describe_subject
from delivery.domain.policy.case import count_needed
from delivery.domain.policy.clearance import Cleared, PolicyRefused, clear, clear_repeat
from delivery.domain.policy.facts import Basis, FactsUnknown, TargetingFacts
from delivery.domain.policy.findings import Finding
from delivery.domain.sending.failures import FailureReason
from delivery.domain.sending.lanes import Endpoint
from delivery.domain.sending.row import SendRow
from delivery.domain.sending.settling import settle
from delivery.domain.sending.values import RowState, WaitReason
from kit.clock import Clock
from kit.errors import ServiceError
from kit.store.holding import LEASE, holding
from kit.store.ports import Claim, UnitOfWork

OLDEST_FACTS = timedelta(minutes=5)
"""How old facts of audiences may be at dispatch (architecture 4); older ones are waited for."""


class Dispatching:
    """Brings rows to LINE; any number of replicas may run it."""

    def __init__(
        self,
        *,
        uow: UnitOfWork[Transaction],
        facts: TargetingFactsSource,
        reserving: Reserving,
        calling: Calling,
        clock: Clock,
    ) -> None:
        self._uow = uow
        self._facts = facts
        self._reserving = reserving
        self._calling = calling
        self._clock = clock

    async def claim(self) -> Claim[SendRow] | None:
        """Take a row that is due; None when there is none."""
        async with self._uow() as tx:
            return await tx.ledger.claim(Endpoint.NARROWCAST, now=self._clock.now(), lease=LEASE)

    async def work(self, claim: Claim[SendRow]) -> None:
        """Do what is due for a row that was claimed, and give it back."""
        async with holding(self._uow, lambda tx: tx.ledger, claim):
            if await self._settle(claim):
                return
            call = await self._calling.open(claim)
            if call is not None and claim.item.repeats:
                await self._calling.make(call, claim, _clear_again(claim.item))
            elif call is not None:
                await self._begin(call, claim)

    async def review(self) -> bool:
        """Find due rows that nobody has announced, and take over what replicas of the last release have left."""
        async with self._uow() as tx:
            await tx.lanes.review(now=self._clock.now())
        return False

    async def _settle(self, claim: Claim[SendRow]) -> bool:
        """End the row if there is nothing to call LINE for; True as well when somebody else has it by now."""
        async with self._uow() as tx:
            row = await tx.ledger.hold(claim)
            if row is None:
                return True
            settled = settle(row, at=self._clock.now(), age=await tx.ledger.measure_key_age(row))
            # Its caller may have ended it since the claim.
            if settled is not None and settled is not row:
                await record(tx, settled, clock=self._clock, entry=settled.state.name)
            return settled is not None

    async def _begin(self, call: LineCall, claim: Claim[SendRow]) -> None:
        """Make a first attempt, unless facts, policy or the month's messages stand against it."""
        async with self._uow.read() as tx:
            campaign = await find_campaign(tx, claim.item.campaign)
        facts = await self._gather(claim, campaign)
        cleared = None if facts is None else await self._judge(claim, campaign, facts)
        if facts is None or cleared is None:
            return
        needed = count_needed(describe_subject(campaign), facts)
        share = await self._reserving.look(claim, account=facts.channel.account, needed_count=needed)
        if share is not None:
            await self._calling.make(call, claim, cleared, share)

    async def _gather(self, claim: Claim[SendRow], campaign: Campaign) -> TargetingFacts | None:
        """Return fresh facts; None when the row waits for them."""
        try:
            facts = await gather_facts(self._facts, describe_subject(campaign), basis=Basis.OBSERVED)
        except ServiceError as error:
            await self._postpone(claim, evidence=f"facts: {type(error).__name__}")
            return None
        if facts.name_stale_audiences(at=self._clock.now(), oldest=OLDEST_FACTS):
            await self._postpone(claim, evidence="facts: too old")
            return None
        return facts

    async def _judge(self, claim: Claim[SendRow], campaign: Campaign, facts: TargetingFacts) -> Cleared | None:
        try:
            return clear(
                describe_subject(campaign),
                facts,
                at=self._clock.now(),
                acknowledgements=campaign.acknowledgements,
                messages=campaign.draft.messages,
                row=claim.item.name,
            )
        except FactsUnknown:
            await self._postpone(claim, evidence="facts: not known")
        except PolicyRefused as refusal:
            await self._withdraw(claim, refusal.findings)
        return None

    async def _postpone(self, claim: Claim[SendRow], *, evidence: str) -> None:
        async with self._uow() as tx:
            row = await tx.ledger.hold(claim)
            if row is not None and row.state.is_open:
                later = row.postpone(WaitReason.FACTS_UNKNOWN, at=self._clock.now())
                await record(tx, later, clock=self._clock, entry="POSTPONED", evidence=evidence)

    async def _withdraw(self, claim: Claim[SendRow], findings: tuple[Finding, ...]) -> None:
        async with self._uow() as tx:
            row = await tx.ledger.hold(claim)
            if row is not None and row.state is RowState.READY:
                withdrawn = row.withdraw(FailureReason.POLICY_REFUSED, at=self._clock.now())
                codes = ",".join(finding.code.name for finding in findings)
                await record(tx, withdrawn, clock=self._clock, entry="WITHDRAWN", evidence=codes, findings=findings)


def _clear_again(row: SendRow) -> Cleared:
    attempt = row.require_attempt()
    return clear_repeat(channel=row.channel, row=row.name, body=attempt.body, sha256=attempt.sha256)
