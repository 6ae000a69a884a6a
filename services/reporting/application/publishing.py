"""Publishes reports at their slots: a background worker that any number of replicas may run.

Claim, ask, record: LINE's figures are asked for outside of any transaction, and recorded in one that also appends to
the ledger, names the next slot and puts the event into the outbox.
"""

from datetime import timedelta

import structlog

from kit.clock import Clock
from kit.store.holding import LEASE, holding
from kit.store.ports import Claim, UnitOfWork
from reporting.application.ports import SendObserver, Transaction
from reporting.domain.campaigns import Campaign, Slot
from reporting.domain.errors import NothingToObserve, ObservationPostponed
from reporting.domain.events import ReportPublished
from reporting.domain.observations import Observation, roll_up
from reporting.domain.reports import Publication
from reporting.domain.slots import LAST_DAY
from reporting.domain.thresholds import NOTHING_YET, publish

_log = structlog.get_logger(__name__)


class Publishing:
    """Publishes one due report at a time."""

    def __init__(self, *, uow: UnitOfWork[Transaction], sends: SendObserver, clock: Clock) -> None:
        self._uow = uow
        self._sends = sends
        self._clock = clock

    async def run_once(self) -> bool:
        """Attend to one campaign that is due; False when none is."""
        now = self._clock.now()
        async with self._uow() as tx:
            claim = await tx.campaigns.claim_due(now=now, lease=LEASE)
        if claim is None:
            return False
        async with holding(self._uow, lambda tx: tx.campaigns, claim):
            slot = claim.item.find_open_slot(now)
            await (self._skip(claim, None) if slot is None else self._attend(claim, slot))
        return True

    async def _attend(self, claim: Claim[Campaign], slot: Slot) -> None:
        try:
            observation = await self._sends.observe(claim.item.name)
        except ObservationPostponed as error:
            _log.warning("observation_postponed", campaign=claim.item.name, reason=error.reason)
            await self._postpone(claim, error.wait)
        except NothingToObserve:
            # Delivery denies an acceptance that it told of, as after a restore; later it may know better.
            _log.error("observation_denied", campaign=claim.item.name)
            await (self._postpone(claim, None) if slot.day == LAST_DAY else self._skip(claim, slot))
        else:
            await self._publish(claim, slot, observation)

    async def _publish(self, claim: Claim[Campaign], slot: Slot, observation: Observation) -> None:
        async with self._uow() as tx:
            campaign, now = await tx.campaigns.hold(claim), self._clock.now()
            # What was heard in the meantime may have moved the slot, or ended the count.
            if campaign is None or campaign.find_open_slot(now) != slot:
                return
            last = await tx.publications.find_last(campaign.name)
            figures = publish(roll_up(observation), NOTHING_YET if last is None else last.figures)
            publication = Publication(campaign.name, slot.round, slot.day, now, figures)
            published = campaign.publish(slot)
            await tx.observations.add(campaign.name, slot, observation)
            await tx.publications.add(publication)
            await tx.campaigns.save(published)
            await tx.outbox.add(ReportPublished(publication, published.state))

    async def _skip(self, claim: Claim[Campaign], slot: Slot | None) -> None:
        """Wait for the next slot, unless what was heard in the meantime has opened another one than `slot`."""
        async with self._uow() as tx:
            campaign, now = await tx.campaigns.hold(claim), self._clock.now()
            if campaign is not None and campaign.find_open_slot(now) == slot:
                await tx.campaigns.save(campaign.skip(now))

    async def _postpone(self, claim: Claim[Campaign], wait: timedelta | None) -> None:
        async with self._uow() as tx:
            campaign = await tx.campaigns.hold(claim)
            if campaign is not None:
                await tx.campaigns.save(campaign.postpone(self._clock.now(), wait=wait))
