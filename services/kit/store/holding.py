"""Holding a claimed row while something slow is done with it, free of any driver."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TypeVar

import structlog

from kit.store.errors import StoreError
from kit.store.ports import Claim, Claims, UnitOfWork

TxT = TypeVar("TxT")
ItemT = TypeVar("ItemT")

LEASE = timedelta(seconds=12)
"""How long a dead process's row waits for another one, machine time; a living one renews it (DECISION 39)."""

_log = structlog.get_logger(__name__)


@asynccontextmanager
async def holding(
    uow: UnitOfWork[TxT], claims: Callable[[TxT], Claims[ItemT]], claim: Claim[ItemT], *, lease: timedelta = LEASE
) -> AsyncIterator[None]:
    """Renew a claim while the block runs, and release it afterwards.

    A block that is cancelled, as at SIGTERM, gives its row back at once. One that fails keeps it until the lease ends:
    a row that fails each time would otherwise be taken up again without a pause. A claim that is lost meanwhile does no
    harm, since every write is fenced by its number.

    Args:
        uow: opens the transactions in which the claim is renewed and released.
        claims: finds the port of the claims in a transaction, as `lambda tx: tx.ledger`.
        claim: what is held.
        lease: for how long each renewal keeps others away, machine time.

    """
    renewal = asyncio.create_task(_renew(uow, claims, claim, lease))
    try:
        yield
    except asyncio.CancelledError:
        await _end(renewal)
        await _release(uow, claims, claim)
        raise
    except BaseException:
        await _end(renewal)
        raise
    await _end(renewal)
    await _release(uow, claims, claim)


async def _end(renewal: asyncio.Task[None]) -> None:
    renewal.cancel()
    await asyncio.wait([renewal])


async def _release(uow: UnitOfWork[TxT], claims: Callable[[TxT], Claims[ItemT]], claim: Claim[ItemT]) -> None:
    """Release a claim; when the store can't be reached, the lease ends it."""
    try:
        async with uow() as tx:
            await claims(tx).release(claim)
    except StoreError as error:
        _log.warning("claim_not_released", reason=type(error).__name__)


async def _renew(
    uow: UnitOfWork[TxT], claims: Callable[[TxT], Claims[ItemT]], claim: Claim[ItemT], lease: timedelta
) -> None:
    held = True
    while held:
        await asyncio.sleep(lease.total_seconds() / 3)
        try:
            async with uow() as tx:
                held = await claims(tx).extend(claim, lease=lease)
        except StoreError:
            continue
