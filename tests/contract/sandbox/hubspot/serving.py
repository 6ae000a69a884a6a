"""Runs a sandbox whose HubSpot is under test: empty, without limits, on a clock that stands still."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from sandbox.app import RunningSandbox, start
from sandbox.clock import Clock
from sandbox.faults import FaultPlan
from sandbox.hubspot.settings import HubSpotSettings
from sandbox.hubspot.state import HubSpot
from sandbox.settings import Settings

TOKEN = "pat-sandbox-test-0001"
START = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
UNLIMITED = HubSpotSettings(burst_limit=None, day_limit=None, search_limit=None)


@dataclass(frozen=True, slots=True)
class RunningHubSpot:
    """A stand-in that answers at `url`; its clock stands still until a test moves it."""

    sandbox: RunningSandbox

    @property
    def url(self) -> str:
        """Its origin."""
        return self.sandbox.url

    @property
    def hubspot(self) -> HubSpot:
        """Its state."""
        return self.sandbox.state.hubspot

    @property
    def clock(self) -> Clock:
        """Its clock."""
        return self.sandbox.state.clock

    @property
    def faults(self) -> FaultPlan:
        """Its fault plan."""
        return self.sandbox.state.faults

    @property
    def requests(self) -> list[str]:
        """What arrived, as `GET /crm/v3/lists/1`."""
        return [f"{entry.arrival.method} {entry.arrival.path}" for entry in self.sandbox.state.journal.find()]


@asynccontextmanager
async def serve_hubspot(settings: HubSpotSettings = UNLIMITED) -> AsyncIterator[RunningHubSpot]:
    """Run a stand-in without accounts and stop it at the end."""
    sandbox = await start(Settings(world="empty", hubspot=settings), clock=Clock(machine=lambda: START))
    try:
        yield RunningHubSpot(sandbox)
    finally:
        await sandbox.aclose()
