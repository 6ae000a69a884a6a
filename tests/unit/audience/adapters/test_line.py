"""Tests of what LINE's answers mean to the audience service."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stamina

from audience.adapters.line import LONGEST_NAME, PAGES_AT_ONCE, LineApiAccounts
from audience.application.ports import LineToken, ListedPage
from audience.domain.audiences import Jobs, Kind, Permission, State
from audience.domain.errors import (
    AnswerUnreadable,
    LineAudiencesForbidden,
    LineRateLimited,
    LineRefused,
    VendorUnavailable,
)
from kit.errors import ServiceError
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


def describe_page(*entries: Any, following: bool = False) -> dict[str, Any]:
    """Return a page of audiences as LINE writes it."""
    return {"audienceGroups": list(entries), "hasNextPage": following}


async def list_pages(line: LineApiAccounts) -> list[ListedPage]:
    """Walk all pages."""
    return [page async for page in line.list_audiences(TOKEN)]


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"message": "bad"}, VendorUnavailable),
        (401, {"message": "Authentication failed"}, VendorUnavailable),
        (403, {"message": "not available for your account"}, None),
        (404, {"message": "Not found"}, VendorUnavailable),
        (404, b"<html>", VendorUnavailable),
        (409, {}, AnswerUnreadable),
        (410, {}, VendorUnavailable),
        (413, {}, VendorUnavailable),
        (429, {"message": "The API rate limit has been exceeded. Try again later."}, LineRateLimited),
        (429, b"<html>", LineRateLimited),
        (500, {}, VendorUnavailable),
        (302, {}, AnswerUnreadable),
        (200, b"[", AnswerUnreadable),
        (200, b"[" * 100_000, AnswerUnreadable),
        (200, [], AnswerUnreadable),
        (200, {}, AnswerUnreadable),
    ],
)
async def test_statuses(
    stub: StubLINE, line: LineApiAccounts, status: int, body: Any, kind: type[Exception] | None
) -> None:
    """Whatever LINE answers is an error of the service, for every call; only 403 means something else by call."""
    calls: list[tuple[Callable[[], Awaitable[object]], type[Exception]]] = [
        (lambda: line.issue_token("1", "secret"), LineRefused),
        (lambda: line.describe_bot(TOKEN), LineRefused),
        (lambda: list_pages(line), LineAudiencesForbidden),
        (lambda: line.get_audience(TOKEN, 1, owned=True), LineAudiencesForbidden),
        (lambda: line.count_reach(TOKEN, NOW.date()), VendorUnavailable),
    ]
    raised = []
    for call, forbidden in calls:
        stub.will(*[reply(status, body)] * (3 if status == 500 else 1))
        with pytest.raises(ServiceError) as failed:
            await call()
        raised.append((type(failed.value), forbidden if kind is None else kind))

    if status in {400, 401}:
        # For a token both mean that the pair is wrong (LP 2.4).
        assert raised.pop(0)[0] is LineRefused
    assert [got for got, _ in raised] == [expected for _, expected in raised]


async def test_unknown_audience(stub: StubLINE, line: LineApiAccounts) -> None:
    """LINE's 400 for an audience that it does not know means that it is gone; no other status does."""
    body = {"message": "audience group not found", "details": [{"message": "AUDIENCE_GROUP_NOT_FOUND"}]}
    stub.will(reply(400, body), reply(404, body))
    gone = await line.get_audience(TOKEN, 1, owned=True)

    assert gone is None
    with pytest.raises(VendorUnavailable):
        await line.get_audience(TOKEN, 1, owned=True)


async def test_entries_that_do_not_read(stub: StubLINE, line: LineApiAccounts) -> None:
    """Bad entries are named beside the good ones, so are ids that name no resource; long names are cut."""
    entries = [
        describe_group(audienceGroupId=1, description="a" * 10_000),
        describe_group(audienceGroupId=2, status=None),
        describe_group(audienceGroupId=-3),
        describe_group(audienceGroupId=10**18),
        "audience",
    ]
    stub.will(reply(body=describe_page(*entries)), reply(body=describe_page()))
    first, shared = await list_pages(line)

    assert [seen.audience_id for seen in first.audiences] == [1]
    assert len(first.audiences[0].display_name) == LONGEST_NAME
    assert sorted(first.unreadable, key=str) == [2, None, None, None]
    assert shared == ListedPage((), ())


async def test_values_that_line_adds(stub: StubLINE, line: LineApiAccounts) -> None:
    """Kinds, states and permissions that LINE adds later are told as such, and jobs of such a kind are not known."""
    group = describe_group(type="MINI_APP", status="RESTING", permission="MANAGE")
    stub.will(reply(body=describe_page(group)), reply(body=describe_page(describe_group(type="CLICK"))))
    (added,), (known,) = [page.audiences for page in await list_pages(line)]

    assert (added.kind, added.state) == (Kind.OTHER_KIND, State.OTHER_STATE)
    assert (added.permission, added.jobs) == (Permission.OTHER_PERMISSION, None)
    assert (known.jobs, known.owned) == (Jobs(unfinished=False, observe_time=NOW), False)


async def test_long_walks_slow_down(stub: StubLINE) -> None:
    """A walk over more pages than LINE answers at once waits between them."""
    pages = [
        reply(body=describe_page(describe_group(audienceGroupId=1 + number), following=True)) for number in range(40)
    ]
    stub.will(*pages, reply(body=describe_page()), reply(body=describe_page()))
    async with open_http() as http:
        client = LINEClient(http, api_url=stub.url)
        began = time.monotonic()
        await list_pages(LineApiAccounts(client, clock=FakeClock(NOW), page_pause=timedelta(milliseconds=20)))

    assert time.monotonic() - began > (42 - PAGES_AT_ONCE) * 0.02
