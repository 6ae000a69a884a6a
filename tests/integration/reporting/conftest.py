"""The reporting service on a real PostgreSQL and a real NATS, beside a stand-in for delivery, called over real gRPC."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from kit.store.migrate import upgrade
from reporting.bootstrap import REPORTING
from tests.fakes.reporting_delivery import FakeDelivery, serve_fake_delivery
from tests.integration.reporting.serving import Parts, Served, serve_reporting


def _migrate(database_url: str) -> None:
    asyncio.run(upgrade(database_url, REPORTING.migrations))


@pytest.fixture
def database_url(template_database: Callable[[str, Callable[[str], None]], str]) -> str:
    """Give the URL of a new database with the service's tables."""
    return template_database("reporting", _migrate)


@pytest.fixture
async def delivery() -> AsyncIterator[FakeDelivery]:
    """Serve a stand-in for delivery."""
    async with serve_fake_delivery() as delivery:
        yield delivery


@pytest.fixture
def parts(tmp_path: Path, database_url: str, nats_url: str, delivery: FakeDelivery) -> Parts:
    """Give what a service stands on."""
    return Parts(tmp_path, database_url, nats_url, delivery)


@pytest.fixture
async def served(parts: Parts) -> AsyncIterator[Served]:
    """Serve the reporting service."""
    async with serve_reporting(parts) as served:
        yield served


@pytest.fixture
async def api(served: Served) -> AsyncIterator[Any]:
    """Give a stub for a caller who may read every report."""
    async with served.call_as(scope="report.read", channels="*") as api:
        yield api
