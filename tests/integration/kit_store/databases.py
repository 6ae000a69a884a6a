"""Databases that hold kit's tables and nothing else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from kit.store.engine import Database, open_database
from kit.store.migrate import upgrade

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate_kit(database_url: str) -> None:
    """Create kit's tables in an empty database."""
    asyncio.run(upgrade(database_url, MIGRATIONS))


@asynccontextmanager
async def opened(database_url: str) -> AsyncIterator[Database]:
    """Open a database for the length of the `with` block."""
    database = open_database(database_url, application_name="kit-tests")
    try:
        yield database
    finally:
        await database.close()
