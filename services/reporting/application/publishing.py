"""Publishes reports at their slots: a background worker that any number of replicas may run.

Claim, ask, record: LINE's figures are asked for outside of any transaction, and recorded in one that also appends to
the ledger, names the next slot and puts the event into the outbox.
"""

from datetime import datetime, timedelta

import structlog

from kit.clock import Clock
from kit.store.holding import LEASE, holding
from kit.store.ports import Claim, UnitOfWork
from reporting.application.ports import SendObserver, Transaction
from reporting.domain import slots
from reporting.domain.campaigns import Campaign
from reporting.domain.errors import NothingToObserve, ObservationPostponed
from reporting.domain.events import ReportPublished
from reporting.domain.observations import Observation, roll_up
from reporting.domain.reports import Publication
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
            day = _find_slot(claim.item, now)
            await (self._skip(claim) if day is None else self._attend(claim, day))
        return True

    async def _attend(self, claim: Claim[Campaign], day: int) -> None:
        try:
            observation = await self._sends.observe(claim.item.name)
        except ObservationPostponed as error:
            _log.warning("observation_postponed", campaign=claim.item.name, reason=error.reason)
            await self._postpone(claim, error.wait)
        except NothingToObserve:
            # Delivery denies an acceptance that it told of, as after a restore; by the next slot it may know better.
            _log.error("observation_denied", campaign=claim.item.name)
            await self._skip(claim)
        else:
            await self._publish(claim, day, observation)

    async def _publish(self, claim: Claim[Campaign], day: int, observation: Observation) -> None:
        async with self._uow() as tx:
            campaign = await tx.campaigns.hold(claim)
            if campaign is None or campaign.failed:
                return
            last = await tx.publications.find_last(campaign.name)
            figures = publish(roll_up(observation), NOTHING_YET if last is None else last.figures)
            publication = Publication(campaign.name, day, self._clock.now(), figures)
            published = campaign.publish(day)
            await tx.observations.add(campaign.name, day, observation)
            await tx.publications.add(publication)
            await tx.campaigns.save(published)
            await tx.outbox.add(ReportPublished(publication, published.state))

    async def _skip(self, claim: Claim[Campaign]) -> None:
        async with self._uow() as tx:
            campaign = await tx.campaigns.hold(claim)
            if campaign is not None and not campaign.failed:
                await tx.campaigns.save(campaign.skip(self._clock.now()))

    async def _postpone(self, claim: Claim[Campaign], wait: timedelta | None) -> None:
        async with self._uow() as tx:
            campaign = await tx.campaigns.hold(claim)
            if campaign is not None and not campaign.failed:
                await tx.campaigns.save(campaign.postpone(self._clock.now(), wait=wait))


def _find_slot(campaign: Campaign, now: datetime) -> int | None:
    """Return the day whose slot is open and not yet published."""
    if campaign.accept_time is None:
        return None
    day = slots.find_open(campaign.accept_time, now)
    is_published = day is not None and campaign.published_day is not None and day <= campaign.published_day
    return None if is_published else day
