"""The delivery service's use cases on a real PostgreSQL, before a LINE and an audience service of the test's choice."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from delivery.bootstrap import DELIVERY
from kit.store.migrate import upgrade
from tests.integration.delivery.handling import Delivery, open_delivery
from tests.integration.delivery.serving import OPERATOR, Api, Served, serve_api


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


@pytest.fixture
async def served(delivery: Delivery, tmp_path: Path) -> AsyncIterator[Served]:
    """Serve the use cases over gRPC."""
    async with serve_api(delivery.use_cases, tmp_path) as served:
        yield served


@pytest.fixture
async def api(served: Served) -> AsyncIterator[Api]:
    """Give stubs for an operator of the channel."""
    async with served.call_as(**OPERATOR) as api:
        yield api
