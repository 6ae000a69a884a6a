"""Compares reporting with delivery's list of sends: a background worker that any number of replicas may run.

Each page is one step: it is asked for outside of any transaction, and heard in one that also notes where to go on. So a
pass is bounded in each step, goes on after a crash where it was, and ends in what events lead to (ST 3.4).
"""

from datetime import timedelta

import structlog

from kit.clock import Clock
from kit.store.holding import LEASE, holding
from kit.store.ports import Claim, UnitOfWork
from reporting.application.ports import SendList, SendPage, Transaction
from reporting.application.tracking import track
from reporting.domain.errors import PageTokenRefused, SendsUnavailable
from reporting.domain.reconciliation import Pass, Reconciliation

_log = structlog.get_logger(__name__)


class Reconciling:
    """Learns of what no event has told."""

    def __init__(self, *, uow: UnitOfWork[Transaction], sends: SendList, clock: Clock) -> None:
        self._uow = uow
        self._sends = sends
        self._clock = clock

    async def run_once(self) -> bool:
        """Hear one page if a pass is due; False when none is."""
        async with self._uow() as tx:
            claim = await tx.reconciliations.claim_due(now=self._clock.now(), lease=LEASE)
        if claim is None:
            return False
        async with holding(self._uow, lambda tx: tx.reconciliations, claim):
            await self._read_page(claim)
        return True

    async def _read_page(self, claim: Claim[Reconciliation]) -> None:
        part = claim.item.begin(self._clock.now())
        try:
            page = await self._sends.page(since=part.since_time, page_token=part.page_token)
        except SendsUnavailable as error:
            _log.warning("reconciliation_postponed", service=claim.item.service, reason=error.reason)
            await self._put_off(claim, error.wait)
        except PageTokenRefused:
            await self._restart(claim)
        else:
            await self._hear(claim, part, page)

    async def _put_off(self, claim: Claim[Reconciliation], wait: timedelta | None) -> None:
        async with self._uow() as tx:
            held = await tx.reconciliations.hold(claim)
            if held is not None:
                await tx.reconciliations.save(held.postpone(self._clock.now(), wait=wait))

    async def _restart(self, claim: Claim[Reconciliation]) -> None:
        async with self._uow() as tx:
            held = await tx.reconciliations.hold(claim)
            if held is not None:
                await tx.reconciliations.save(held.restart())

    async def _hear(self, claim: Claim[Reconciliation], part: Pass, page: SendPage) -> None:
        async with self._uow() as tx:
            held = await tx.reconciliations.hold(claim)
            if held is None:
                return
            for send in page.sends:
                await track(tx, send.campaign, *send.facts)
            after = held.advance(part, page.next_page_token)
            await tx.reconciliations.save(after)
        if after.running is None:
            _log.info("reconciled", service=held.service, since=part.since_time.isoformat())
