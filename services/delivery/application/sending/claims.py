"""Holding a row of the ledger while something slow is done with it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from delivery.application.ports import RequestClaim, Transaction
from kit.store.errors import StoreError
from kit.store.ports import UnitOfWork

LEASE = timedelta(seconds=12)
"""How long a dead process's row waits for another one, machine time; a living one renews it (decision 39)."""


@asynccontextmanager
async def holding(uow: UnitOfWork[Transaction], claim: RequestClaim) -> AsyncIterator[None]:
    """Renew a claim while the block runs, and end it afterwards.

    A lost claim does no harm: every write is fenced by its number, and a repetition of a call has the same key.
    """
    renewal = asyncio.create_task(_renew(uow, claim))
    try:
        yield
    finally:
        renewal.cancel()
        await asyncio.wait([renewal])
    async with uow() as tx:
        await tx.ledger.release(claim)


async def _renew(uow: UnitOfWork[Transaction], claim: RequestClaim) -> None:
    held = True
    while held:
        await asyncio.sleep(LEASE.total_seconds() / 3)
        try:
            async with uow() as tx:
                held = await tx.ledger.extend(claim, lease=LEASE)
        except StoreError:
            continue
