"""Tests of transactions and of the failures that they report."""

import asyncio
import traceback
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.store.engine import Database, open_database
from kit.store.errors import StoreConflict, StoreUnavailable
from kit.store.uow import SqlUnitOfWork
from tests.infrastructure.eventually import eventually


class Notes:
    """A minimal store over one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection

    async def add(self, note: str) -> None:
        """Keep a note; a repeated one violates the primary key."""
        await self.connection.execute(text("INSERT INTO notes VALUES (:note)"), {"note": note})

    async def all(self) -> list[str]:
        """Return all notes in order."""
        return list((await self.connection.execute(text("SELECT note FROM notes ORDER BY note"))).scalars())


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Give a database with an empty table of notes."""
    database = open_database(database_url, application_name="kit-tests", pool_size=3)
    async with database.writer.begin() as connection:
        await connection.execute(text("CREATE TABLE notes (note text PRIMARY KEY)"))
    yield database
    await database.close()


@pytest.fixture
def uow(database: Database) -> SqlUnitOfWork[Notes]:
    """Give the unit of work over the notes."""
    return SqlUnitOfWork(database, Notes)


async def test_clean_exit_commits(uow: SqlUnitOfWork[Notes]) -> None:
    """What a unit of work wrote is there afterwards."""
    async with uow() as tx:
        await tx.add("kept")

    async with uow.read() as tx:
        assert await tx.all() == ["kept"]


async def test_exception_rolls_back(uow: SqlUnitOfWork[Notes]) -> None:
    """Nothing is left of a unit of work that raised, and its exception passes unchanged."""

    async def add_and_fail() -> None:
        async with uow() as tx:
            await tx.add("lost")
            raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        await add_and_fail()

    async with uow.read() as tx:
        assert await tx.all() == []


async def test_cancellation_rolls_back_and_returns_the_connection(uow: SqlUnitOfWork[Notes]) -> None:
    """A cancelled unit of work leaves neither rows nor a used-up pool."""
    for _ in range(5):
        entered = asyncio.Event()

        async def work(entered: asyncio.Event = entered) -> None:
            async with uow() as tx:
                await tx.add("lost")
                entered.set()
                await asyncio.Event().wait()

        task = asyncio.create_task(work())
        await entered.wait()
        task.cancel()
        await asyncio.wait([task])

    async with uow() as tx:
        assert await tx.all() == []


async def test_write_in_a_read_fails(uow: SqlUnitOfWork[Notes]) -> None:
    """A write that strays into a read does not commit by itself."""
    with pytest.raises(DBAPIError, match="read-only transaction"):
        async with uow.read() as tx:
            await tx.add("stray")


async def test_deadlock_is_a_conflict(uow: SqlUnitOfWork[Notes]) -> None:
    """Of two transactions that wait for each other one is told to try again, the other commits."""
    async with uow() as tx:
        await tx.add("a")
        await tx.add("b")
    barrier = asyncio.Barrier(2)

    async def update_both(first: str, second: str) -> str:
        async with uow() as tx:
            update = text("UPDATE notes SET note = note WHERE note = :note")
            await tx.connection.execute(update, {"note": first})
            await barrier.wait()
            await tx.connection.execute(update, {"note": second})
        return "committed"

    results = await asyncio.gather(update_both("a", "b"), update_both("b", "a"), return_exceptions=True)

    assert "committed" in results
    assert [type(result) for result in results if result != "committed"] == [StoreConflict]


async def test_serialization_failure_is_a_conflict(uow: SqlUnitOfWork[Notes]) -> None:
    """A transaction that PostgreSQL can't serialise is told to try again."""
    async with uow() as tx:
        await tx.add("a")

    async def overwrite_what_another_changed() -> None:
        async with uow() as tx:
            await tx.connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
            await tx.all()
            async with uow() as other:
                await other.connection.execute(text("UPDATE notes SET note = 'b'"))
            await tx.connection.execute(text("UPDATE notes SET note = 'c'"))

    with pytest.raises(StoreConflict):
        await overwrite_what_another_changed()


async def test_statement_over_its_time_is_unavailability(uow: SqlUnitOfWork[Notes]) -> None:
    """A statement that takes too long is ended by the database and reported as overload."""

    async def outlast_the_limit() -> None:
        async with uow() as tx:
            await tx.connection.execute(text("SET LOCAL statement_timeout = '20ms'"))
            await tx.connection.execute(text("SELECT pg_sleep(30)"))

    with pytest.raises(StoreUnavailable):
        await outlast_the_limit()


async def test_lost_connection_is_unavailability_and_heals(uow: SqlUnitOfWork[Notes]) -> None:
    """A connection that the server ended is reported as such, and the next unit of work gets a new one."""
    with pytest.raises(StoreUnavailable):
        async with uow() as tx:
            await tx.connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    async with uow() as tx:
        await tx.add("healed")


async def test_idle_connection_that_the_server_closed_is_replaced(
    uow: SqlUnitOfWork[Notes], database: Database
) -> None:
    """A restart of the database between two units of work is not noticed by the second."""
    async with uow() as tx:
        pid = await tx.connection.scalar(text("SELECT pg_backend_pid()"))
        driver_connection = (await tx.connection.get_raw_connection()).driver_connection
    assert driver_connection is not None
    async with database.reader.connect() as connection:
        await connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    await eventually(driver_connection.is_closed)

    async with uow() as tx:
        assert await tx.all() == []


async def test_unreachable_server_is_unavailability(tmp_path: object) -> None:
    """A server that isn't there is reported as an outage, not as a bug."""
    url = f"postgresql+asyncpg://nobody@/none?host={tmp_path}"
    database = open_database(url, application_name="kit-tests")

    with pytest.raises(StoreUnavailable):
        async with SqlUnitOfWork(database, Notes)() as tx:
            await tx.all()


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("INSERT INTO notes VALUES (:value), (:value)", "notes_pkey"),
        ("SELECT CAST(CAST(:value AS text) AS uuid)", "invalid input syntax for type uuid"),
        ("SELECT CAST(:value AS integer)", "invalid input for query argument"),
    ],
)
async def test_errors_quote_no_values(uow: SqlUnitOfWork[Notes], statement: str, told: str) -> None:
    """No text of an error, printed whole with its causes, holds a value that someone sent."""
    value = "U{}67890".format("12345")  # in two parts, since a traceback prints the lines of this file

    with pytest.raises(DBAPIError) as raised:
        async with uow() as tx:
            await tx.connection.execute(text(statement), {"value": value})

    printed = "".join(traceback.format_exception(raised.value))
    assert told in printed
    assert value not in printed


async def test_session_settings(uow: SqlUnitOfWork[Notes]) -> None:
    """Sessions name their program and have limits."""
    async with uow() as tx:
        names = ("application_name", "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
        settings = [await tx.connection.scalar(text(f"SHOW {name}")) for name in names]

    assert settings == ["kit-tests", "15s", "5s", "30s"]
