"""A service's database: pools of connections, and their tracing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, cast

from asyncpg import InterfaceError, PostgresError
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from opentelemetry.trace import TracerProvider
from sqlalchemy import event
from sqlalchemy.engine import AdaptedConnection, ExceptionContext
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from kit.store.connections import connect_args

POOL_TIMEOUT = timedelta(seconds=5)
CONNECTION_LIFETIME = timedelta(minutes=30)
PREPARED_STATEMENTS = 500


@dataclass(frozen=True, slots=True)
class Database:
    """The two pools of one service's database.

    `writer` runs transactions. `reader` runs single statements without BEGIN and COMMIT, which would be two of the
    three round trips of a read RPC (architecture 12); its sessions are read-only, so that a write that strays into it
    fails instead of committing half of something.
    """

    writer: AsyncEngine
    reader: AsyncEngine

    async def close(self) -> None:
        """Close all idle connections; those in use close when they are given back."""
        await self.writer.dispose()
        await self.reader.dispose()


def open_database(
    url: str,
    *,
    application_name: str,
    pool_size: int = 10,
    statement_timeout: timedelta = timedelta(seconds=15),
    lock_timeout: timedelta = timedelta(seconds=5),
    patience: timedelta = timedelta(seconds=5),
) -> Database:
    """Prepare both pools; the first connection is made when it is needed.

    Args:
        url: `postgresql+asyncpg://…`; a Unix socket folder goes into `?host=`.
        application_name: shown in `pg_stat_activity`.
        pool_size: most connections of each pool; a caller beyond it waits up to `POOL_TIMEOUT`.
        statement_timeout: PostgreSQL ends a longer statement.
        lock_timeout: PostgreSQL ends a statement that waits longer for a lock, as `StoreConflict`.
        patience: a server that ends nothing is given up this long after the statement's time, as `StoreUnavailable`.

    """
    connect = partial(
        connect_args,
        application_name,
        statement_timeout=statement_timeout,
        lock_timeout=lock_timeout,
        # A process that stalls inside a transaction must not hold its locks for ever.
        idle_timeout=2 * statement_timeout,
        patience=patience,
    )
    writer = _create_engine(url, connect(), pool_size, "READ COMMITTED")
    reader = _create_engine(url, connect(settings={"default_transaction_read_only": "on"}), pool_size, "AUTOCOMMIT")
    return Database(writer, reader)


@contextmanager
def trace_statements(database: Database, tracer_provider: TracerProvider | None = None) -> Iterator[None]:
    """Record one span per SQL statement while the block runs; parameters never enter a span.

    One block at a time: the instrumentation keeps process-wide state. It checks for SQLAlchemy below 2.1 and would only
    log that it does nothing, so the check is skipped (architecture 13) and a test counts the spans.
    """
    instrumentor = SQLAlchemyInstrumentor()
    instrumentor.instrument(
        engines=[database.writer.sync_engine, database.reader.sync_engine],
        tracer_provider=tracer_provider,
        skip_dep_check=True,
    )
    try:
        yield
    finally:
        instrumentor.uninstrument()


def _create_engine(url: str, connect: dict[str, Any], pool_size: int, isolation_level: str) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT.total_seconds(),
        pool_recycle=CONNECTION_LIFETIME.total_seconds(),
        isolation_level=isolation_level,
        hide_parameters=True,
        connect_args={**connect, "prepared_statement_cache_size": PREPARED_STATEMENTS},
    )
    # Registered before any tracer's listener, which copies the text into the span.
    event.listen(engine.sync_engine, "handle_error", _drop_row_values)
    event.listen(engine.sync_engine, "checkout", _replace_if_closed)
    return engine


def _replace_if_closed(
    connection: DBAPIConnection, _record: ConnectionPoolEntry, _proxy: PoolProxiedConnection
) -> None:
    """Make the pool connect anew instead of handing out what the server has closed.

    Asks the driver, which costs nothing; a ping would cost a round trip each time.
    """
    if cast("AdaptedConnection", connection).driver_connection.is_closed():
        raise DisconnectionError


def _drop_row_values(context: ExceptionContext) -> None:
    """Rewrite an error's texts without the row values that PostgreSQL and asyncpg quote (requirement N6).

    They quote in DETAIL (`Key (user_id)=(U1…) already exists.`) and behind a colon (`invalid input syntax for type
    uuid: "U1…"`), so what stands before the first of either is kept.
    """
    driver_error = context.original_exception.__cause__
    if not isinstance(driver_error, PostgresError | InterfaceError):
        return
    kept = str(driver_error.args[0] if driver_error.args else "").partition("\n")[0].partition(":")[0]
    driver_error.args = (kept,)
    driver_error.detail = None
    for error in (context.original_exception, context.sqlalchemy_exception):
        if error is not None:
            error.args = (f"{type(driver_error).__name__}: {kept}",)
