"""The use case that orders the send of a draft."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from delivery.application.campaigns.judge import Judge, Verdict
from delivery.application.campaigns.prospects import Stake, hold_stake, look_ahead
from delivery.application.lookup import find_campaign, hold_campaign
from delivery.application.opening import require_open
from delivery.application.ports import Transaction
from delivery.domain.campaigns.campaign import Campaign, Order
from delivery.domain.campaigns.events import CampaignSending
from delivery.domain.policy.clearance import require_clearance
from delivery.domain.policy.registry import foresee
from delivery.domain.sending.row import open_row
from delivery.domain.sending.values import Deadline, Reservation
from kit.clock import Clock
from kit.errors import EtagMismatch, FieldViolation, InvalidRequest
from kit.store.once import Once
from kit.store.ports import UnitOfWork

LONGEST_ORDER = timedelta(days=7)
"""How far ahead a caller may set the end of an order."""


@dataclass(frozen=True, slots=True)
class SendOrder:
    """A caller's wish to send.

    Attributes:
        name: The campaign.
        etag: As the caller knows it; empty: however it is.
        acknowledgements: Tokens of the findings that are accepted.
        not_after: After which it must not go out; None = one order lifetime of the channel.

    """

    name: str
    etag: str
    acknowledgements: frozenset[str]
    not_after: datetime | None = None


class Ordering:
    """Orders sends that policy allows."""

    def __init__(self, *, uow: UnitOfWork[Transaction], judge: Judge, clock: Clock) -> None:
        self._uow = uow
        self._judge = judge
        self._clock = clock

    async def order(self, order: SendOrder, once: Once) -> Campaign:
        """Order the send of a draft; a repetition returns the campaign as it is now (AIP-155).

        Raises as `Judge.judge`, and:
            NotFound: there is none of that name.
            CampaignNotDraft: it was ordered before.
            EtagMismatch: it is not as the caller knows it.
            PolicyRefused: a finding is an error, or has to be acknowledged and is not.
            LedgerNotFenced: the ledger was restored, and does not know what was sent.
            InvalidRequest: `not_after` is not in the future, or further ahead than orders last.

        """
        async with self._uow() as tx:
            if (name := await once.find(tx.requests)) is not None:
                return await find_campaign(tx, name)
        judged = await self.rehearse(order)
        async with self._uow() as tx:
            if (name := await once.find(tx.requests)) is not None:
                return await find_campaign(tx, name)
            await require_open(tx)
            started = await self._start(tx, order, judged)
            await once.keep(tx.requests, started.name)
            return started

    async def rehearse(self, order: SendOrder) -> Verdict:
        """Do all that `order` does, except ordering (AIP-163); raises what `order` raises."""
        _require_ahead(order.not_after, at=self._clock.now())
        async with self._uow.read() as tx:
            await require_open(tx)
            campaign = await find_campaign(tx, order.name)
        campaign.require_sendable(order.etag)
        verdict = await self._judge.judge(campaign, not_after=order.not_after)
        require_clearance(campaign.name, verdict.findings, order.acknowledgements)
        return verdict

    async def _start(self, tx: Transaction, order: SendOrder, judged: Verdict) -> Campaign:
        """Start a campaign, unless other orders have taken meanwhile what this one needs."""
        await hold_stake(tx, judged.stake, at=self._clock.now())
        # Of two orders of a channel the one that joins the queue later has the later time.
        now = self._clock.now()
        deadline = Deadline.choose(order.not_after, at=now, lifetime=judged.order_lifetime)
        prospects = await look_ahead(tx, judged.stake, deadline, at=now)
        draft = await hold_campaign(tx, order.name)
        draft.require_sendable(order.etag)
        if draft.revision != judged.campaign.revision:
            raise EtagMismatch(order.name)
        require_clearance(draft.name, foresee(prospects), order.acknowledgements)
        campaign = draft.start(Order(now, deadline, judged.order_lifetime), order.acknowledgements)
        await tx.campaigns.save(campaign)
        reservation = _reserve(judged.stake)
        row = open_row(campaign.name, uid=campaign.uid, number=1, deadline=deadline, at=now, reservation=reservation)
        await tx.ledger.add(row)
        await tx.outbox.add([CampaignSending(campaign.name, now, campaign.revision)])
        return campaign


def _reserve(stake: Stake) -> Reservation | None:
    """Return what an order holds of the month from now on; nothing where nothing bounds it."""
    return Reservation(stake.account, stake.needed_count) if stake.needed_count else None


def _require_ahead(not_after: datetime | None, *, at: datetime) -> None:
    if not_after is not None and not at < not_after <= at + LONGEST_ORDER:
        description = f"must be in the future, at most {LONGEST_ORDER.days} days ahead"
        raise InvalidRequest([FieldViolation("not_after", description, "OUT_OF_RANGE")])
