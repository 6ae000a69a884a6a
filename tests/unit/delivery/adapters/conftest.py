"""A stub of LINE, an issuer of tokens, and the adapters between them."""

from collections.abc import AsyncIterator, Iterator

import pytest
import stamina

from delivery.adapters.line import LineApiInsight, LineApiMessages, open_line
from delivery.adapters.line_tokens import LineTokens
from lineapi.client import LINEClient
from tests.fakes.clock import FakeClock
from tests.unit.delivery.adapters.issuer import FakeIssuer
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
async def client(stub: StubLINE) -> AsyncIterator[LINEClient]:
    """Give a LINE client of the stub."""
    async with open_line(stub.url) as client:
        yield client


@pytest.fixture
def clock() -> FakeClock:
    """Give machine time that the test moves."""
    return FakeClock()


@pytest.fixture
def issuer(clock: FakeClock) -> FakeIssuer:
    """Give the issuer of tokens."""
    return FakeIssuer(clock)


@pytest.fixture
def tokens(issuer: FakeIssuer, clock: FakeClock) -> LineTokens:
    """Give the tokens at hand."""
    return LineTokens(issuer, now=clock.now)


@pytest.fixture
def line(client: LINEClient, tokens: LineTokens) -> LineApiMessages:
    """Give LINE's sending side."""
    return LineApiMessages(client, tokens)


@pytest.fixture
def insight(client: LINEClient, tokens: LineTokens) -> LineApiInsight:
    """Give LINE's statistics."""
    return LineApiInsight(client, tokens)
