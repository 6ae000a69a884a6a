"""Keeps the catalog fresh without being asked: a background worker that any number of replicas may run."""

from contextlib import suppress
from datetime import timedelta

from audience.application.audiences import Audiences
from audience.application.facts import Facts
from audience.application.ports import Transaction
from audience.domain.errors import ChannelNotFound, LineRefused, VendorUnavailable
from kit.clock import Clock
from kit.store.holding import LEASE, holding
from kit.store.ports import UnitOfWork

POLL_INTERVAL = timedelta(minutes=4)
"""A channel's audiences are read this often, so that facts stay younger than 5 minutes (architecture 4)."""


class Polling:
    """Reads one due channel at a time from LINE."""

    def __init__(self, *, uow: UnitOfWork[Transaction], audiences: Audiences, facts: Facts, clock: Clock) -> None:
        self._uow = uow
        self._audiences = audiences
        self._facts = facts
        self._clock = clock

    async def run_once(self) -> bool:
        """Read one channel that is due; False when none is. A channel that LINE refuses waits for its next turn."""
        now = self._clock.now()
        async with self._uow() as tx:
            claim = await tx.channels.claim_poll(due_before=now - POLL_INTERVAL, lease=LEASE)
        if claim is None:
            return False
        async with holding(self._uow, lambda tx: tx.channels, claim):
            await self._poll(claim.item.name)
            async with self._uow() as tx:
                await tx.channels.note_poll(claim.item.name, poll_time=now)
        return True

    async def _poll(self, channel: str) -> None:
        with suppress(ChannelNotFound, LineRefused, VendorUnavailable):
            await self._audiences.sync(channel)
            await self._facts.refresh_reach(channel)
