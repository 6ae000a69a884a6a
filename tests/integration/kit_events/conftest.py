"""Fixtures for kit's events on a real PostgreSQL and NATS."""

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.local.nats import NATSServer
from deploy.local.processes import start_all, stop_all
from kit.events.bus import NatsBus
from kit.events.streams import NatsStream
from kit.store.engine import Database
from tests.fakes.issuer import ISSUER, Issuer, write_key_set, write_private_key
from tests.integration.kit_events.reading import declared
from tests.integration.kit_store.databases import migrate_kit, opened

_ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def kit_database_url(template_database: Callable[[str, Callable[[str], None]], str]) -> str:
    """Give the URL of a new database with kit's tables."""
    return template_database("kit", migrate_kit)


@pytest.fixture
async def database(kit_database_url: str) -> AsyncIterator[Database]:
    """Give a new database with kit's tables."""
    async with opened(kit_database_url) as database:
        yield database


@pytest.fixture
async def bus(nats_url: str) -> AsyncIterator[NatsBus]:
    """Give a bus."""
    async with NatsBus(nats_url, name="kit-tests") as bus:
        await bus.wait()
        yield bus


@pytest.fixture
async def library(bus: NatsBus) -> NatsStream:
    """Give the stream under test."""
    return await declared(bus)


@pytest.fixture
async def own_server(tmp_path: Path) -> AsyncIterator[NATSServer]:
    """Give a NATS server that a test may stop and start again on the same port."""
    first = NATSServer(tmp_path)
    start_all([first.process])
    port = int(first.url.rpartition(":")[2])
    stop_all([first.process])
    server = NATSServer(tmp_path, port=port)
    start_all([server.process])
    yield server
    stop_all([server.process])


@pytest.fixture
def environment(tmp_path: Path, kit_database_url: str, nats_url: str) -> dict[str, str]:
    """Give the settings of the service `redrivable`, for an operator's command."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("OUTREACH_")}
    return inherited | {
        "PYTHONPATH": f"{_ROOT / 'services'}:{Path(__file__).parent}",
        "OUTREACH_DATABASE_URL": kit_database_url,
        "OUTREACH_NATS_URL": nats_url,
        "OUTREACH_JWKS": str(write_key_set(tmp_path / "jwks.json", Issuer().public_jwk())),
        "OUTREACH_JWT_ISSUER": ISSUER,
        "OUTREACH_IDENTITY_KEY_FILE": str(write_private_key(tmp_path / "id.pem", Ed25519PrivateKey.generate())),
    }
