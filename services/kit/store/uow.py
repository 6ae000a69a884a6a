"""Transactions over one connection, with the driver's failures made typed."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Generic, TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from kit.store.engine import Database
from kit.store.errors import StoreConflict, StoreError, StoreUnavailable

TxT = TypeVar("TxT")

# PostgreSQL, Appendix A: serialization failure, deadlock, lock not available.
_CONFLICTS = frozenset({"40001", "40P01", "55P03"})
# Query cancelled (statement timeout), idle-in-transaction timeout, server going down, too many connections.
_OUTAGES = frozenset({"57014", "25P03", "57P01", "57P02", "57P03", "53300"})


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
    with _translated():
        connection = await _connect(engine)
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
    with _translated():
        connection = await _connect(engine)
        try:
            yield connection
        finally:
            await connection.close()


async def _connect(engine: AsyncEngine) -> AsyncConnection:
    try:
        return await engine.connect()
    except (OSError, PoolTimeoutError) as error:
        # OSError also covers a missing Unix socket and, since Python 3.11, a connect that timed out.
        raise StoreUnavailable("The database can't be reached.") from error


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except ConnectionError as error:
        raise StoreUnavailable("The connection to the database was lost.") from error
    except DBAPIError as error:
        typed = _typed(error)
        if typed is None:
            raise
        raise typed from error


def _typed(error: DBAPIError) -> StoreError | None:
    """Classify a driver's error; None for one that the caller caused, such as a violated constraint."""
    state = getattr(error.orig, "sqlstate", None) or ""
    if state in _CONFLICTS or _is_stale_plan(error):
        return StoreConflict("The transaction lost a race with another one.")
    if error.connection_invalidated or state in _OUTAGES or state.startswith("08"):
        return StoreUnavailable("The database is out of reach or overloaded.")
    return None


def _is_stale_plan(error: DBAPIError) -> bool:
    """Whether a migration changed a table under a prepared statement; the next try prepares it anew."""
    return type(error.orig).__name__ == "InvalidCachedStatementError"
