"""The fixtures of the whole suite: real engines, and nothing of an earlier test in them."""

import asyncio
from collections.abc import Callable

import asyncpg
import nats
import pytest

Clone = Callable[[str, Callable[[str], None]], str]


def _dsn(url: str) -> str:
    return url.replace("+asyncpg", "")


def _create_one_table(url: str) -> None:
    async def migrate() -> None:
        connection = await asyncpg.connect(_dsn(url))
        await connection.execute("CREATE TABLE seat (number integer PRIMARY KEY)")
        await connection.close()

    asyncio.run(migrate())


@pytest.fixture
def seats_url(template_database: Clone) -> str:
    """Give a database with an empty table `seat`."""
    return template_database("seats", _create_one_table)


@pytest.mark.parametrize("run", [1, 2])
async def test_each_test_gets_a_migrated_database_without_the_rows_of_another(seats_url: str, run: int) -> None:
    """The table is there and empty, in the first test and in the next one."""
    connection = await asyncpg.connect(_dsn(seats_url))
    rows_before = await connection.fetchval("SELECT count(*) FROM seat")
    await connection.execute("INSERT INTO seat VALUES ($1)", run)
    await connection.close()

    assert rows_before == 0


def test_a_template_is_migrated_once(template_database: Clone) -> None:
    """Two databases of one template cost one migration."""
    migrated: list[str] = []
    first = template_database("once", migrated.append)
    second = template_database("once", migrated.append)

    assert len(migrated) == 1
    assert first != second


async def test_a_plain_database_has_no_tables(database_url: str) -> None:
    """A test that asks for `database_url` alone starts from nothing, on PostgreSQL 18."""
    connection = await asyncpg.connect(_dsn(database_url))
    tables = await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
    version = await connection.fetchval("SHOW server_version_num")
    await connection.close()

    assert tables == 0
    assert int(version) // 10_000 == 18


@pytest.mark.parametrize("run", [1, 2])
async def test_each_test_gets_jetstream_without_the_streams_of_another(nats_url: str, run: int) -> None:
    """A stream made by one test is gone in the next one."""
    connection = await nats.connect(nats_url)
    jetstream = connection.jetstream()
    streams_before = await jetstream.streams_info()
    await jetstream.add_stream(name=f"RUN_{run}", subjects=[f"run.{run}"])
    await connection.close()

    assert streams_before == []
