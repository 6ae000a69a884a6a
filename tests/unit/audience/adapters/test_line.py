"""Tests of what LINE's answers mean to the audience service."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stamina

from audience.adapters.line import LineApiAccounts
from audience.application.ports import LineToken
from audience.domain.audiences import Jobs
from lineapi.client import LINEClient
from lineapi.transport import open_http
from tests.fakes.clock import FakeClock
from tests.unit.lineapi.stub_line import StubLINE, reply

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
TOKEN = LineToken("token", NOW + timedelta(minutes=15))


@pytest.fixture(autouse=True)
def _no_backoff() -> Iterator[None]:
    """Repetitions come without a pause, and no more often than the code asks for."""
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture
async def stub() -> AsyncIterator[StubLINE]:
    """Give a listening stub of LINE."""
    stub = StubLINE()
    await stub.start()
    yield stub
    await stub.stop()


@pytest.fixture
async def line(stub: StubLINE) -> AsyncIterator[LineApiAccounts]:
    """Give the adapter before the stub."""
    async with open_http() as http:
        yield LineApiAccounts(LINEClient(http, api_url=stub.url), clock=FakeClock(NOW))


def describe_group(**changes: Any) -> dict[str, Any]:
    """Return an audience as LINE writes it."""
    group = {
        "audienceGroupId": 4389303728991,
        "createRoute": "OA_MANAGER",
        "type": "UPLOAD",
        "description": "VIP",
        "status": "READY",
        "audienceCount": 120,
        "created": 1_600_000_000,
        "permission": "READ",
        "isIfaAudience": False,
    }
    return group | changes


def describe_job(state: str) -> dict[str, Any]:
    """Return a job as LINE writes it."""
    return {
        "audienceGroupJobId": 1,
        "audienceGroupId": 4389303728991,
        "description": None,
        "type": "DIFF_ADD",
        "jobStatus": state,
        "failedType": None,
        "audienceCount": 0,
        "created": 1_600_000_001,
    }


@pytest.mark.parametrize(
    ("states", "unfinished"),
    [
        ([], False),
        (["FINISHED", "FAILED"], False),
        (["FINISHED", "QUEUED"], True),
        (["PAUSED_IN_2027", "WORKING"], True),
        (["FINISHED", "PAUSED_IN_2027"], None),
    ],
)
async def test_jobs(stub: StubLINE, line: LineApiAccounts, states: list[str], unfinished: bool | None) -> None:  # noqa: FBT001 - a parameter of the test
    """Jobs are unfinished while one runs, and not known when one is in a state that LINE added later (LP 1.10)."""
    jobs = [describe_job(state) for state in states]
    stub.will(reply(body={"audienceGroup": describe_group(), "jobs": jobs}))
    observed = await line.get_audience(TOKEN, 4389303728991, owned=True)

    assert observed is not None
    assert observed.jobs == (None if unfinished is None else Jobs(unfinished, NOW))
