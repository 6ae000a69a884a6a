"""Fixtures for kit's events on a real PostgreSQL and NATS."""

from collections.abc import AsyncIterator, Callable

import pytest

from kit.store.engine import Database
from tests.integration.kit_store.databases import migrate_kit, opened


@pytest.fixture
def kit_database_url(template_database: Callable[[str, Callable[[str], None]], str]) -> str:
    """Give the URL of a new database with kit's tables."""
    return template_database("kit", migrate_kit)


@pytest.fixture
async def database(kit_database_url: str) -> AsyncIterator[Database]:
    """Give a new database with kit's tables."""
    async with opened(kit_database_url) as database:
        yield database
