"""Keeps the catalog fresh without being asked: a background worker that any number of replicas may run."""

import structlog

from audience.application.catalog_reader import CatalogReader
from audience.application.facts import Facts
from audience.application.ports import Transaction
from audience.domain.errors import ChannelNotFound, Refused, VendorUnavailable
from kit.clock import Clock
from kit.store.errors import StoreError
from kit.store.holding import LEASE, holding
from kit.store.ports import UnitOfWork

_log = structlog.get_logger(__name__)


class Polling:
    """Reads one due channel at a time from LINE."""

    def __init__(self, *, uow: UnitOfWork[Transaction], catalog: CatalogReader, facts: Facts, clock: Clock) -> None:
        self._uow = uow
        self._catalog = catalog
        self._facts = facts
        self._clock = clock

    async def run_once(self) -> bool:
        """Read one channel that is due; False when none is. One that can't be read waits for its next turn."""
        async with self._uow() as tx:
            claim = await tx.channels.claim_poll(now=self._clock.now(), lease=LEASE)
        if claim is None:
            return False
        async with holding(self._uow, lambda tx: tx.channels, claim):
            await self._poll(claim.item.name)
        return True

    async def _poll(self, channel: str) -> None:
        try:
            await self._catalog.sync(channel)
            await self._facts.refresh_reach(channel)
        except (ChannelNotFound, Refused, VendorUnavailable):
            return
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - a channel that meets a fault each time must not eat LINE's budget
            _log.error("poll_failed", channel=channel, exc_info=error)
            await self._catalog.note_fault(channel)
