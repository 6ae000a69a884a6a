"""A stub of LINE, and a client that calls it."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import stamina

from lineapi.client import LINEClient
from lineapi.transport import LINETransport, open_http
from tests.unit.lineapi.stub_line import StubLINE


@pytest.fixture(autouse=True)
def _no_backoff() -> Iterator[None]:
    """Repetitions come without a pause, and no more often than the code asks for."""
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture
async def stub() -> AsyncIterator[StubLINE]:
    """Give a listening stub."""
    stub = StubLINE()
    await stub.start()
    yield stub
    await stub.stop()


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """Give the HTTP client that production uses."""
    async with open_http() as http:
        yield http


@pytest.fixture
def client(stub: StubLINE, http: httpx.AsyncClient) -> LINEClient:
    """Give a LINE client of the stub."""
    return LINEClient(http, api_url=stub.url)


@pytest.fixture
def transport(stub: StubLINE, http: httpx.AsyncClient) -> LINETransport:
    """Give a transport to the stub."""
    return LINETransport(http, api_url=stub.url)
