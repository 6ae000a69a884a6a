"""The worlds that the contract suite runs in."""

from collections.abc import AsyncIterator

import pytest

from audience.adapters.hubspot.client import HubSpotClient
from audience.adapters.hubspot.paths import Paths
from audience.adapters.hubspot.transport import HubSpotTransport, Patience, open_http
from tests.contract.hubspot.worlds import FakeWorld, SandboxWorld, World
from tests.contract.sandbox.hubspot.serving import serve_hubspot

IMPATIENT = Patience(attempts=1, call_seconds=5, read_seconds=5)


@pytest.fixture(params=["fake", "v3", "2026-03"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Offer the fake, and the client on the sandbox by both path families."""
    if request.param == "fake":
        yield FakeWorld()
        return
    async with serve_hubspot() as running, open_http(running.url, IMPATIENT) as http:
        transport = HubSpotTransport(http, patience=IMPATIENT, throttle=None)
        yield SandboxWorld(HubSpotClient(transport, paths=Paths(request.param)), running)


@pytest.fixture
async def sandbox() -> AsyncIterator[SandboxWorld]:
    """Offer a client that tries three times, for what only the sandbox can do wrong."""
    patience = Patience(attempts=3, call_seconds=5, read_seconds=5)
    async with serve_hubspot() as running, open_http(running.url, patience) as http:
        transport = HubSpotTransport(http, patience=patience, throttle=None)
        yield SandboxWorld(HubSpotClient(transport, paths=Paths()), running)
