"""Runs a service's Alembic migrations from the program itself, once even when many replicas start together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import structlog
from alembic import command
from alembic.config import Config
from sqlalchemy import func, select
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from kit.store.connections import connect_args
from kit.store.errors import StoreError, StoreRefusal, StoreUnavailable
from kit.store.uow import connected

# Any number serves; it only has to be the same in all replicas. Advisory locks are per database.
_LOCK = 7_305_804_402_128_941
_LOCK_POLL_S = 0.1

# A change of a table waits this long for running transactions before it gives up: behind it, all others queue.
_TABLE_LOCK_TIMEOUT = timedelta(seconds=10)

# Room to build an index over a large table, and little to do nothing in between.
_STATEMENT_TIMEOUT = timedelta(minutes=30)
_IDLE_TIMEOUT = timedelta(minutes=1)

FIRST_PAUSE = timedelta(milliseconds=500)
LONGEST_PAUSE = timedelta(seconds=5)

_log = structlog.get_logger(__name__)


async def upgrade_when_reachable(database_url: str, script_location: Path) -> None:
    """Do as `upgrade`, as soon as the database lets it be done: a service may start before its database does.

    Each try that comes to nothing leaves a line in the log.

    Raises:
        StoreRefusal: the database does not let us in, which waiting does not change.

    """
    pause = FIRST_PAUSE
    while True:
        try:
            await upgrade(database_url, script_location)
        except StoreRefusal:
            raise
        except StoreError as error:
            _log.warning("database_awaited", reason=str(error), wait_s=pause.total_seconds())
            await asyncio.sleep(pause.total_seconds())
            pause = min(2 * pause, LONGEST_PAUSE)
        else:
            _log.info("database_up_to_date")
            return


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
        StoreUnavailable: the database is out of reach, or another replica kept the lock longer than `patience`.
        StoreRefusal: the database does not let us in.
        StoreConflict: a table that is to change was in use for too long.

    """
    connect = connect_args(
        "migration", statement_timeout=_STATEMENT_TIMEOUT, lock_timeout=_TABLE_LOCK_TIMEOUT, idle_timeout=_IDLE_TIMEOUT
    )
    engine = create_async_engine(database_url, poolclass=NullPool, hide_parameters=True, connect_args=connect)
    try:
        async with connected(engine) as connection, _lock(connection, patience):
            await connection.run_sync(_run, script_location, revision)
    finally:
        await engine.dispose()


@asynccontextmanager
async def _lock(connection: AsyncConnection, patience: timedelta) -> AsyncIterator[None]:
    """Hold the session's advisory lock.

    Polled and not waited for: a waiting statement is a running transaction, and the holder's
    `CREATE INDEX CONCURRENTLY` would wait for it in turn, for ever.
    """
    try:
        async with asyncio.timeout(patience.total_seconds()):
            while not await _try_lock(connection):  # noqa: ASYNC110 - the lock belongs to another process
                await asyncio.sleep(_LOCK_POLL_S)
    except TimeoutError:
        raise StoreUnavailable("Another replica still migrates the database.") from None
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
