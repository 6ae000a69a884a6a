"""Sends the ledger's rows: clear, write the intention down, call, record (architecture 5)."""

from datetime import timedelta

from delivery.application.facts_port import TargetingFactsSource, gather_facts
from delivery.application.line_port import Accepted, Deferred, InDoubt, LineMessages, Refused, SendOutcome
from delivery.application.ports import RequestClaim, Transaction
from delivery.application.sending.claims import LEASE, holding
from delivery.application.sending.following import follow_request
from delivery.domain.campaigns.campaign import Campaign, describe_subject
from delivery.domain.policy.clearance import Cleared, PolicyRefused, clear, clear_repeat
from delivery.domain.policy.facts import Basis, TargetingFacts
from delivery.domain.policy.findings import Finding
from delivery.domain.sending.failures import FailureReason
from delivery.domain.sending.ledger import MEMORY, RequestState, SendRequest
from kit.clock import Clock
from kit.errors import ServiceError
from kit.store.ports import UnitOfWork

FACTS_RETRY = timedelta(seconds=5)
"""When a row is looked at again that could not be cleared for want of facts."""

OLDEST_FACTS = timedelta(minutes=5)
"""How old facts of audiences may be at dispatch (architecture 4); older ones are waited for."""


class Dispatching:
    """Calls LINE for the rows that are due; any number of replicas may run it."""

    def __init__(
        self, *, uow: UnitOfWork[Transaction], facts: TargetingFactsSource, line: LineMessages, clock: Clock
    ) -> None:
        self._uow = uow
        self._facts = facts
        self._line = line
        self._clock = clock

    async def run_once(self) -> bool:
        """Work on one row that is due; False when there was none."""
        async with self._uow() as tx:
            claim = await tx.ledger.claim_call(now=self._clock.now(), lease=LEASE)
        if claim is None:
            return False
        async with holding(self._uow, claim):
            await (self._repeat(claim) if claim.request.repeats else self._begin(claim))
        return True

    async def _begin(self, claim: RequestClaim) -> None:
        """Make a first attempt, if policy clears it by fresh facts."""
        async with self._uow.read() as tx:
            campaign = await tx.campaigns.find(claim.request.campaign)
        if campaign is None:
            raise LookupError(claim.request.campaign)
        try:
            facts = await gather_facts(self._facts, describe_subject(campaign), basis=Basis.OBSERVED)
        except ServiceError as error:
            await self._postpone(claim, evidence=f"facts: {type(error).__name__}")
            return
        if facts.name_stale_audiences(at=self._clock.now(), oldest=OLDEST_FACTS):
            await self._postpone(claim, evidence="facts: too old")
            return
        try:
            cleared = self._clear(campaign, claim.request, facts)
        except PolicyRefused as refusal:
            await self._withdraw(claim, refusal.findings)
            return
        await self._attempt(claim, cleared)

    def _clear(self, campaign: Campaign, request: SendRequest, facts: TargetingFacts) -> Cleared:
        return clear(
            describe_subject(campaign),
            facts,
            at=self._clock.now(),
            acknowledgements=campaign.acknowledgements,
            messages=campaign.draft.messages,
            request=request.name,
        )

    async def _repeat(self, claim: RequestClaim) -> None:
        """Make another attempt with the same key and bytes, or give up when the key is too old (I3, I4)."""
        request, now = claim.request, self._clock.now()
        if request.state is RequestState.ACCEPTED and request.accept_time and now >= request.accept_time + MEMORY:
            await self._record(claim, request.forget(at=now), entry="FORGOTTEN", evidence="")
        elif not request.can_use_key(now):
            await self._record(claim, request.give_up(at=now), entry="GIVEN_UP", evidence="the key is too old")
        elif request.body is not None and request.sha256 is not None:
            cleared = clear_repeat(
                channel=request.channel, request=request.name, body=request.body, sha256=request.sha256
            )
            await self._attempt(claim, cleared)

    async def _attempt(self, claim: RequestClaim, cleared: Cleared) -> None:
        begun = await self._write_down(claim, cleared)
        if begun is None:
            return
        outcome = await self._line.send_narrowcast(cleared, retry_key=begun.retry_key)
        await self._record_outcome(claim, outcome)

    async def _write_down(self, claim: RequestClaim, cleared: Cleared) -> SendRequest | None:
        """Commit the intention before any byte leaves (I1); None when somebody else has the row by now."""
        async with self._uow() as tx:
            request, is_ours = await tx.ledger.hold(claim)
            if not is_ours:
                return None
            now = self._clock.now()
            begun = request.begin(cleared, at=now)
            await tx.ledger.save(begun)
            await tx.ledger.log(begun, entry="BEGUN", evidence="", at=now)
            return begun

    async def _record_outcome(self, claim: RequestClaim, outcome: SendOutcome) -> None:
        """Record an answer; an acceptance always, anything else only while the row is ours."""
        async with self._uow() as tx:
            request, is_ours = await tx.ledger.hold(claim)
            now = self._clock.now()
            await tx.ledger.log(request, entry=type(outcome).__name__.upper(), evidence=_evidence(outcome), at=now)
            if is_ours or isinstance(outcome, Accepted):
                await self._save(tx, self._apply(request, outcome))

    def _apply(self, request: SendRequest, outcome: SendOutcome) -> SendRequest:
        now = self._clock.now()
        match outcome:
            case Accepted(request_id):
                return request.accept(request_id, at=now)
            case Refused(kind):
                return request.refuse(FailureReason[kind.name], at=now)
            case Deferred(retry_after):
                return request.defer(until=now + retry_after)
            case InDoubt():
                return request.doubt(at=now)

    async def _postpone(self, claim: RequestClaim, *, evidence: str) -> None:
        later = claim.request.wait(until=self._clock.now() + FACTS_RETRY)
        await self._record(claim, later, entry="POSTPONED", evidence=evidence)

    async def _withdraw(self, claim: RequestClaim, findings: tuple[Finding, ...]) -> None:
        withdrawn = claim.request.withdraw(FailureReason.POLICY_REFUSED, at=self._clock.now())
        codes = ",".join(finding.code.name for finding in findings)
        await self._record(claim, withdrawn, entry="WITHDRAWN", evidence=codes, findings=findings)

    async def _record(
        self,
        claim: RequestClaim,
        changed: SendRequest,
        *,
        entry: str,
        evidence: str,
        findings: tuple[Finding, ...] = (),
    ) -> None:
        async with self._uow() as tx:
            _, is_ours = await tx.ledger.hold(claim)
            if is_ours:
                await tx.ledger.log(changed, entry=entry, evidence=evidence, at=self._clock.now())
                await self._save(tx, changed, findings)

    async def _save(self, tx: Transaction, request: SendRequest, findings: tuple[Finding, ...] = ()) -> None:
        await tx.ledger.save(request)
        await follow_request(tx, request, clock=self._clock, findings=findings)


def _evidence(outcome: SendOutcome) -> str:
    return f"request id {outcome.request_id}" if isinstance(outcome, Accepted) else outcome.evidence
