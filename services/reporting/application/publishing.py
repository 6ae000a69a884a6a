"""Publishes reports at their slots: a background worker that any number of replicas may run.

Claim, ask, record: LINE's figures are asked for outside of any transaction, and recorded in one that also appends to
the ledger, names the next slot and puts the event into the outbox.
"""

from datetime import datetime, timedelta

import structlog

from kit.clock import Clock
from kit.store.ports import UnitOfWork
from reporting.application.ports import ObservationClaim, SendObserver, Transaction
from reporting.domain import slots
from reporting.domain.campaigns import Campaign
from reporting.domain.errors import NothingToObserve, ObservationPostponed
from reporting.domain.events import ReportPublished
from reporting.domain.observations import Observation, roll_up
from reporting.domain.reports import Publication
from reporting.domain.thresholds import NOTHING_YET, publish

LEASE = timedelta(seconds=60)
"""Longer than a call to delivery may take."""

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
        day = _find_slot(claim.campaign, now)
        if day is None:
            await self._skip(claim)
        else:
            await self._attend(claim, day)
        return True

    async def _attend(self, claim: ObservationClaim, day: int) -> None:
        try:
            observation = await self._sends.observe(claim.campaign.name)
        except ObservationPostponed as error:
            _log.warning("observation_postponed", campaign=claim.campaign.name, reason=error.reason)
            await self._postpone(claim, error.wait)
        except NothingToObserve:
            # Delivery denies an acceptance that it told of, as after a restore; by the next slot it may know better.
            _log.error("observation_denied", campaign=claim.campaign.name)
            await self._skip(claim)
        else:
            await self._publish(claim, day, observation)

    async def _publish(self, claim: ObservationClaim, day: int, observation: Observation) -> None:
        async with self._uow() as tx:
            campaign = await tx.campaigns.hold_claimed(claim)
            if campaign is None:
                return
            if campaign.failed:
                await tx.campaigns.finish(claim, campaign)
                return
            last = await tx.publications.find_last(campaign.name)
            figures = publish(roll_up(observation), NOTHING_YET if last is None else last.figures)
            publication = Publication(campaign.name, day, self._clock.now(), figures)
            published = campaign.publish(day)
            await tx.observations.add(campaign.name, day, observation)
            await tx.publications.add(publication)
            await tx.campaigns.finish(claim, published)
            await tx.outbox.add(ReportPublished(publication, published.state))

    async def _skip(self, claim: ObservationClaim) -> None:
        async with self._uow() as tx:
            campaign = await tx.campaigns.hold_claimed(claim)
            if campaign is not None:
                await tx.campaigns.finish(claim, campaign if campaign.failed else campaign.skip(self._clock.now()))

    async def _postpone(self, claim: ObservationClaim, wait: timedelta | None) -> None:
        async with self._uow() as tx:
            campaign = await tx.campaigns.hold_claimed(claim)
            if campaign is not None:
                now = self._clock.now()
                await tx.campaigns.finish(claim, campaign if campaign.failed else campaign.postpone(now, wait=wait))


def _find_slot(campaign: Campaign, now: datetime) -> int | None:
    """Return the day whose slot is open and not yet published."""
    if campaign.accept_time is None:
        return None
    day = slots.find_open(campaign.accept_time, now)
    is_published = day is not None and campaign.published_day is not None and day <= campaign.published_day
    return None if is_published else day
