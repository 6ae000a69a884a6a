"""The delivery service's use cases on a real PostgreSQL, before a LINE and an audience service of the test's choice."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from delivery.bootstrap import DELIVERY
from kit.store.migrate import upgrade
from tests.integration.delivery.handling import Delivery, open_delivery


def _migrate(database_url: str) -> None:
    asyncio.run(upgrade(database_url, DELIVERY.migrations))


@pytest.fixture
async def delivery_url(template_database: Callable[[str, Callable[[str], None]], str]) -> str:
    """Give the URL of a new database of the service."""
    return await asyncio.to_thread(template_database, "delivery", _migrate)


@pytest.fixture
async def delivery(delivery_url: str) -> AsyncIterator[Delivery]:
    """Give use cases for which nothing stands against a send to the audience 101."""
    async with open_delivery(delivery_url) as delivery:
        yield delivery
