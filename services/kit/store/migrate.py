"""Runs a service's Alembic migrations from the program itself, once even when many replicas start together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import func, select, text
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

# Any number serves; it only has to be the same in all replicas. Advisory locks are per database.
_LOCK = 7_305_804_402_128_941
_LOCK_POLL_S = 0.1

# A change of a table waits this long for running transactions before it gives up: behind it, all others queue.
_TABLE_LOCK_TIMEOUT = "10s"


async def upgrade(
    database_url: str, script_location: Path, *, patience: timedelta = timedelta(minutes=5), revision: str = "head"
) -> None:
    """Bring the database up to `revision`; at once if it is there already.

    Replicas that start together queue up behind an advisory lock: the first migrates, the others find nothing to do.

    Args:
        database_url: `postgresql+asyncpg://…` of a role that may change tables.
        script_location: the service's `adapters/migrations` folder.
        patience: how long to wait for another replica that migrates.
        revision: an Alembic revision.

    Raises:
        TimeoutError: another replica kept the lock longer than `patience`.

    """
    engine = create_async_engine(database_url, poolclass=NullPool)
    try:
        async with engine.connect() as connection, _lock(connection, patience):
            await connection.execute(text(f"SET lock_timeout = '{_TABLE_LOCK_TIMEOUT}'"))
            await connection.commit()
            await connection.run_sync(_run, script_location, revision)
    finally:
        await engine.dispose()


@asynccontextmanager
async def _lock(connection: AsyncConnection, patience: timedelta) -> AsyncIterator[None]:
    """Hold the session's advisory lock.

    Polled and not waited for: a waiting statement is a running transaction, and the holder's
    `CREATE INDEX CONCURRENTLY` would wait for it in turn, for ever.
    """
    async with asyncio.timeout(patience.total_seconds()):
        while not await _try_lock(connection):  # noqa: ASYNC110 - the lock belongs to another process
            await asyncio.sleep(_LOCK_POLL_S)
    # Closing the connection gives the lock back, also when this process dies.
    yield


async def _try_lock(connection: AsyncConnection) -> bool:
    locked = await connection.scalar(select(func.pg_try_advisory_lock(_LOCK)))
    await connection.commit()
    return bool(locked)


def _run(connection: Connection, script_location: Path, revision: str) -> None:
    config = Config()
    # Alembic interpolates like ConfigParser: a percent sign in a path is doubled.
    config.set_main_option("script_location", str(script_location).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
