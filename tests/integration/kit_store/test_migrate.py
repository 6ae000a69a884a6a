"""Tests of the migration runner and of kit's migration steps."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row, insert, select, text
from sqlalchemy.exc import DBAPIError

from kit.events.schema import DEAD_LETTERS, EVENT_STREAMS, INBOX, OUTBOX
from kit.store.migrate import upgrade
from kit.store.schema import LEASES, METADATA, REQUEST_ANSWERS
from outreach.delivery.v1.campaign_pb2 import Campaign
from tests.integration.kit_store.databases import MIGRATIONS, opened
from tests.integration.kit_store.revisions import write_revision

# What tells two schemas apart: columns with type, default and nullability; indexes with predicates; constraints.
CATALOGUE = text(
    """
    SELECT table_name, column_name, data_type || is_nullable || coalesce(column_default, '') || is_identity
      FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL
    SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
      FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    ORDER BY 1, 2, 3
    """
)


async def read_catalogue(database_url: str) -> Sequence[Row[Any]]:
    """Return everything in `CATALOGUE` except Alembic's own table."""
    async with opened(database_url) as database, database.reader.connect() as connection:
        rows = (await connection.execute(CATALOGUE)).all()
    return [row for row in rows if row[0] != "alembic_version"]


async def test_migrations_make_the_tables_that_statements_use(kit_database_url: str, database_url: str) -> None:
    """The migration steps and the table definitions describe the same schema."""
    async with opened(database_url) as database, database.writer.begin() as connection:
        await connection.run_sync(METADATA.create_all)

    migrated = await read_catalogue(kit_database_url)

    assert migrated == await read_catalogue(database_url)
    assert {row[0] for row in migrated} == {
        table.name for table in (DEAD_LETTERS, EVENT_STREAMS, INBOX, LEASES, OUTBOX, REQUEST_ANSWERS)
    }


async def test_second_upgrade_changes_nothing(kit_database_url: str) -> None:
    """A replica that starts on a migrated database finds nothing to do."""
    before = await read_catalogue(kit_database_url)

    await upgrade(kit_database_url, MIGRATIONS)

    assert await read_catalogue(kit_database_url) == before


async def test_replicas_that_start_together_migrate_once(database_url: str) -> None:
    """Several upgrades at once all succeed, and the revision ran once."""
    await asyncio.gather(*(upgrade(database_url, MIGRATIONS) for _ in range(3)))

    async with opened(database_url) as database, database.reader.connect() as connection:
        assert (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalars().all() == ["0002"]


@pytest.mark.parametrize("campaign_id", ["c", "é" * 60, "x" * 63])
async def test_kept_answers_are_cut_down_to_their_names(database_url: str, campaign_id: str) -> None:
    """Answers of the last release lose all but the name, whichever its length."""
    name = f"channels/{'a' * 63}/campaigns/{campaign_id}"
    await upgrade(database_url, MIGRATIONS, revision="0001")
    kept = Campaign(name=name, display_name="Spring").SerializeToString(deterministic=True)
    async with opened(database_url) as database:
        async with database.writer.begin() as connection:
            for number in range(2):
                told = {"caller": "crm", "method": "Send", "request_id": str(number), "request_hash": b""}
                await connection.execute(insert(REQUEST_ANSWERS).values(**told, answer=kept))

        await upgrade(database_url, MIGRATIONS)

        async with database.reader.connect() as connection:
            rows = (await connection.execute(select(REQUEST_ANSWERS.c.resource, REQUEST_ANSWERS.c.answer))).all()
    assert rows == [(name, Campaign(name=name).SerializeToString())] * 2


async def test_failed_revision_leaves_nothing(database_url: str, tmp_path: Path) -> None:
    """A revision that fails half way is rolled back, and the ones before it stay."""
    write_revision(tmp_path, "a", None, 'op.execute("CREATE TABLE kept (id int)")')
    write_revision(tmp_path, "b", "a", 'op.execute("CREATE TABLE gone (id int)")\n    op.execute("SELECT 1 / 0")')

    with pytest.raises(DBAPIError):
        await upgrade(database_url, tmp_path)

    assert {row[0] for row in await read_catalogue(database_url)} == {"kept"}
