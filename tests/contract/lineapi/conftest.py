"""The sandbox's demo OA, called with the client that production uses."""

from collections.abc import AsyncIterator, Iterator

import pytest
import stamina

from lineapi.client import LINEClient
from lineapi.transport import open_http
from sandbox import app
from sandbox.settings import Settings
from sandbox.world import CHANNEL_ID, CHANNEL_SECRET


@pytest.fixture(autouse=True)
def _no_backoff() -> Iterator[None]:
    """Repetitions come without a pause, and no more often than the code asks for."""
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture
async def sandbox() -> AsyncIterator[app.RunningSandbox]:
    """Serve the demo world with 1,000 friends, in time that only the test moves."""
    running = await app.start(Settings(friends=1_000))
    running.state.clock.run_at(0)
    yield running
    await running.aclose()


@pytest.fixture
async def client(sandbox: app.RunningSandbox) -> AsyncIterator[LINEClient]:
    """Give a client of the sandbox."""
    async with open_http() as http:
        yield LINEClient(http, api_url=sandbox.url)


@pytest.fixture
async def token(client: LINEClient, sandbox: app.RunningSandbox) -> str:
    """Give a token of the demo channel."""
    issued = await client.tokens.issue_stateless(
        client_id=CHANNEL_ID, client_secret=CHANNEL_SECRET, now=sandbox.state.clock.now()
    )
    return issued.value
