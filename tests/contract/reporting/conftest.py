"""What reporting needs of delivery, against the delivery service itself on a real PostgreSQL, over real gRPC."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from delivery.bootstrap import DELIVERY
from kit.store.migrate import upgrade
from outreach_client.channel import open_channel
from reporting.adapters.send_list import DeliverySendList
from tests.integration.delivery.handling import Delivery, open_delivery
from tests.integration.delivery.serving import REPORTING, serve_api


def _migrate(database_url: str) -> None:
    asyncio.run(upgrade(database_url, DELIVERY.migrations))


@pytest.fixture
async def delivery(template_database: Callable[[str, Callable[[str], None]], str]) -> AsyncIterator[Delivery]:
    """Give delivery's use cases."""
    url = await asyncio.to_thread(template_database, "delivery", _migrate)
    async with open_delivery(url) as delivery:
        yield delivery


@pytest.fixture
async def sends(delivery: Delivery, tmp_path: Path) -> AsyncIterator[DeliverySendList]:
    """Give reporting's way to the list of sends."""
    async with serve_api(delivery.use_cases, tmp_path) as served:
        token = served.issuer.token(**REPORTING)
        async with open_channel(served.address, token=token) as channel:
            yield DeliverySendList(channel)
