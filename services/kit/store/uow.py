"""Transactions over one connection, with the driver's failures made typed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from kit.store.engine import Database
from kit.store.failures import connecting, translated

TxT = TypeVar("TxT")


class SqlUnitOfWork(Generic[TxT]):
    """Opens transactions and dresses each connection as the service's `Tx`.

    `build` makes the service's bundle of ports; it runs once per transaction, so it only constructs.
    """

    def __init__(self, database: Database, build: Callable[[AsyncConnection], TxT]) -> None:
        self._database = database
        self._build = build

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[TxT]:
        """Open a transaction that commits on a clean exit and rolls back on any exception."""
        async with transaction(self._database.writer) as connection:
            yield self._build(connection)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[TxT]:
        """Open a read-only view: each statement sees the latest commit, and a write fails."""
        async with _reading(self._database.reader) as connection:
            yield self._build(connection)


@asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Open one transaction; commit on a clean exit, roll back on any exception.

    Raises:
        StoreConflict: the transaction lost a race and may be run again.
        StoreUnavailable: the database is out of reach; at a commit its outcome is unknown.

    """
    async with connected(engine) as connection, connection.begin():
        yield connection


@asynccontextmanager
async def connected(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Take a connection from the pool and translate the failures of what is done with it.

    Raises as `transaction`.
    """
    with translated():
        with connecting():
            connection = await engine.connect()
        try:
            yield connection
        finally:
            # Shielded: a cancelled caller must not leave the connection outside the pool.
            await asyncio.shield(connection.close())


@asynccontextmanager
async def _reading(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Do as `connected` for the reader, whose connections go back to the pool without a round trip.

    So there is nothing to shield from a cancellation, which would cost a task for each read.
    """
    with translated():
        with connecting():
            connection = await engine.connect()
        try:
            yield connection
        finally:
            await connection.close()
