"""The use case that takes a person's decision about an uncertain send (invariant I8)."""

from dataclasses import dataclass, field
from datetime import datetime

import structlog

from delivery.application.campaigns.judge import Judge
from delivery.application.lookup import Sight, find_campaign, hold_order, look_up
from delivery.application.opening import require_open
from delivery.application.ports import Transaction
from delivery.domain.campaigns.campaign import Campaign, Decision, Resolution
from delivery.domain.campaigns.events import CampaignEvent, CampaignSending, tell_changes
from delivery.domain.campaigns.resolving import Decided, DecisionRecord, decide, require_decidable, warn
from delivery.domain.policy.clearance import require_clearance
from kit.clock import Clock
from kit.store.once import Once
from kit.store.ports import UnitOfWork

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Ruling:
    """A person's wish to decide.

    Attributes:
        name: The campaign.
        etag: As the person has seen it.
        decision: What is decided.
        resolver: Who decides, the `sub` of their token.
        acknowledgements: Tokens of findings that are accepted, beside those of the order, if it is sent again.

    """

    name: str
    etag: str
    decision: Decision
    resolver: str
    acknowledgements: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Resolved:
    """A campaign as its caller sees it, and what the decision may bring about, one sentence each."""

    sight: Sight
    warnings: tuple[str, ...]


class Resolving:
    """Takes people's decisions."""

    def __init__(self, *, uow: UnitOfWork[Transaction], judge: Judge, clock: Clock) -> None:
        self._uow = uow
        self._judge = judge
        self._clock = clock

    async def resolve(self, ruling: Ruling, once: Once) -> Resolved:
        """Decide about an uncertain campaign; a repetition returns it as it is now (AIP-155).

        What is sent again has to pass policy first, by the facts of now: refused just before the call it would end as
        not delivered, and nobody would ask any more what became of the first send.

        Raises:
            NotFound: there is no such campaign.
            EtagMismatch: it is not as the person has seen it.
            CampaignNotUncertain: nobody has to decide.
            AttemptMayStillRun, DeadlinePassed: it can't be sent again yet, or any more.
            PolicyRefused, Unavailable, LineCredentialsRefused: as for an order, if it is to be sent again.
            Unavailable, LedgerNotFenced: an earlier decision may be forgotten.

        """
        async with self._uow() as tx:
            if (name := await once.find(tx.requests)) is not None:
                return await self._show(tx, name, ruling.decision)
        if ruling.decision is Decision.SEND_AGAIN:
            await self._judge_again(ruling)
        async with self._uow() as tx:
            if (name := await once.find(tx.requests)) is not None:
                return await self._show(tx, name, ruling.decision)
            await require_open(tx)
            record = await self._decide(tx, ruling)
            await once.keep(tx.requests, ruling.name)
            shown = await self._show(tx, ruling.name, ruling.decision)
        _log.info(
            "campaign_resolved",
            campaign=record.campaign,
            row=record.row,
            decision=ruling.decision.name,
            resolver=ruling.resolver,
        )
        return shown

    async def _judge_again(self, ruling: Ruling) -> None:
        """Let policy judge what is to be sent again, after all that needs no facts."""
        async with self._uow.read() as tx:
            await require_open(tx)
            campaign = await find_campaign(tx, ruling.name)
        now = self._clock.now()
        campaign.require_etag(ruling.etag)
        require_decidable(campaign, ruling.decision, at=now)
        verdict = await self._judge.judge(campaign, not_after=_find_own_end(campaign, at=now))
        require_clearance(campaign.name, verdict.findings, campaign.acknowledgements | ruling.acknowledgements)

    async def _decide(self, tx: Transaction, ruling: Ruling) -> DecisionRecord:
        now = self._clock.now()
        before, row = await hold_order(tx, ruling.name, at=now)
        before.require_etag(ruling.etag)
        resolution = Resolution(ruling.decision, now, ruling.resolver)
        decided = decide(before, row, resolution, acknowledgements=ruling.acknowledgements)
        await _store(tx, decided, resolution)
        await tx.decisions.add(decided.record)
        await tx.outbox.add(_tell(before, decided))
        return decided.record

    async def _show(self, tx: Transaction, name: str, decision: Decision) -> Resolved:
        """Return a decided campaign as it is now, with what there was to know when that was decided."""
        sight = await look_up(tx, name, at=self._clock.now())
        known = [line for line in await tx.decisions.list_of_campaign(name) if line.resolution.decision is decision]
        return Resolved(sight, warn(decision, known[-1].uncertainty))


def _find_own_end(campaign: Campaign, *, at: datetime) -> datetime | None:
    """Return the end that the caller's own leaves to another send; None where the channel's lifetime comes first."""
    deadline = campaign.order.again(at=at).deadline if campaign.order else None
    return deadline.time if deadline is not None and deadline.callers_own else None


async def _store(tx: Transaction, decided: Decided, resolution: Resolution) -> None:
    await tx.ledger.save(decided.row)
    successor = decided.successor
    evidence = resolution.decision.name if successor is None else f"{resolution.decision.name} as {successor.name}"
    await tx.ledger.log(decided.row, entry="RESOLVED", evidence=evidence, at=resolution.time)
    if successor is not None:
        await tx.ledger.add(successor)
        await tx.ledger.log(successor, entry="OPENED", evidence=f"again {decided.row.name}", at=resolution.time)
    await tx.campaigns.save(decided.campaign)


def _tell(before: Campaign, decided: Decided) -> tuple[CampaignEvent, ...]:
    after = decided.campaign
    if decided.successor is not None:
        return (CampaignSending(after.name, decided.successor.order_time, after.revision),)
    return tell_changes(before, after, decided.row)
