"""The use case that orders the send of a draft."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from delivery.application.campaigns.judge import Judge, Verdict
from delivery.application.lookup import find_campaign, hold_campaign
from delivery.application.opening import require_open
from delivery.application.ports import Transaction
from delivery.domain.campaigns.campaign import Campaign, Order
from delivery.domain.campaigns.events import CampaignSending
from delivery.domain.policy.clearance import require_clearance
from delivery.domain.sending.lanes import Endpoint
from delivery.domain.sending.row import open_row
from delivery.domain.sending.values import Deadline
from kit.clock import Clock
from kit.errors import EtagMismatch
from kit.store.once import Once
from kit.store.ports import UnitOfWork


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

        """
        async with self._uow() as tx:
            if (name := await once.find(tx.requests)) is not None:
                return await find_campaign(tx, name)
        judged = await self.rehearse(order)
        async with self._uow() as tx:
            if (name := await once.find(tx.requests)) is not None:
                return await find_campaign(tx, name)
            await require_open(tx)
            await tx.lanes.hold(judged.campaign.channel, Endpoint.NARROWCAST, at=self._clock.now())
            campaign = await hold_campaign(tx, order.name)
            campaign.require_sendable(order.etag)
            if campaign.revision != judged.campaign.revision:
                raise EtagMismatch(order.name)
            await once.keep(tx.requests, campaign.name)
            return await self._start(tx, campaign, order, judged.order_lifetime)

    async def rehearse(self, order: SendOrder) -> Verdict:
        """Do all that `order` does, except ordering (AIP-163); raises what `order` raises."""
        async with self._uow.read() as tx:
            await require_open(tx)
            campaign = await find_campaign(tx, order.name)
        campaign.require_sendable(order.etag)
        verdict = await self._judge.judge(campaign)
        require_clearance(campaign.name, verdict.findings, order.acknowledgements)
        return verdict

    async def _start(self, tx: Transaction, draft: Campaign, wish: SendOrder, lifetime: timedelta) -> Campaign:
        now = self._clock.now()
        deadline = Deadline(now + lifetime) if wish.not_after is None else Deadline(wish.not_after, callers_own=True)
        campaign = draft.start(Order(now, deadline, lifetime), wish.acknowledgements)
        await tx.campaigns.save(campaign)
        await tx.ledger.add(open_row(campaign.name, uid=campaign.uid, number=1, deadline=deadline, at=now))
        await tx.outbox.add([CampaignSending(campaign.name, now, campaign.revision)])
        return campaign
