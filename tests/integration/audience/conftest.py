"""The audience service on a real PostgreSQL, a real NATS and the sandbox, called over real gRPC."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from audience.bootstrap import AUDIENCE
from kit.store.migrate import upgrade
from sandbox import app
from sandbox.hubspot.settings import HubSpotSettings
from sandbox.settings import Settings
from tests.integration.audience.serving import SCOPES, Api, Parts, Served, new_channel, serve_audience


def _migrate(database_url: str) -> None:
    asyncio.run(upgrade(database_url, AUDIENCE.migrations))


@pytest.fixture
def database_url(template_database: Callable[[str, Callable[[str], None]], str]) -> str:
    """Give the URL of a new database with the service's tables."""
    return template_database("audience", _migrate)


@pytest.fixture
async def sandbox() -> AsyncIterator[app.RunningSandbox]:
    """Serve the demo world with few friends."""
    running = await app.start(Settings(friends=300, hubspot=HubSpotSettings(burst_limit=None, search_limit=None)))
    yield running
    await running.aclose()


@pytest.fixture
def parts(tmp_path: Path, database_url: str, nats_url: str, sandbox: app.RunningSandbox) -> Parts:
    """Give what a service stands on."""
    return Parts(tmp_path, database_url, nats_url, sandbox)


@pytest.fixture
async def served(parts: Parts) -> AsyncIterator[Served]:
    """Serve the audience service."""
    async with serve_audience(parts) as served:
        yield served


@pytest.fixture
async def api(served: Served) -> AsyncIterator[Api]:
    """Give stubs for a caller who may do everything public."""
    async with served.call_as(scope=SCOPES, channels="*") as api:
        yield api


@pytest.fixture
async def delivery(served: Served) -> AsyncIterator[Api]:
    """Give stubs for the delivery service."""
    async with served.call_as(sub="service:delivery", scope="internal", channels="*") as api:
        yield api


@pytest.fixture
async def channel(api: Api) -> str:
    """Register the demo channel as `channels/acme`."""
    created = await api.channels.CreateChannel(new_channel())
    return str(created.name)
