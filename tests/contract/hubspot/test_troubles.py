"""How the client takes what only a real server does: overload, outages, limits, answers that are no JSON."""

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest
import stamina
from structlog.testing import capture_logs

from audience.adapters.hubspot.client import HubSpotClient, open_hubspot
from audience.adapters.hubspot.pacing import PaceSettings, Throttle
from audience.adapters.hubspot.paths import Paths
from audience.adapters.hubspot.transport import HubSpotTransport, Patience, open_http
from audience.adapters.hubspot.troubles import MovingError, PassingError, UnexpectedAnswerError
from audience.domain.errors import (
    DailyLimitReached,
    HubSpotListNotFound,
    HubSpotRateLimited,
    HubSpotScopeMissing,
    HubSpotTokenRefused,
)
from kit.errors import ServiceError
from sandbox.faults import Fault
from sandbox.hubspot.settings import DeletedList, EmptyProperty, HubSpotSettings, MissingIds
from tests.contract.hubspot.worlds import SandboxWorld
from tests.contract.sandbox.hubspot.serving import TOKEN, serve_hubspot

LINE_ID = "U0123456789abcdef0123456789abcdef"
PROPERTY = "line_user_id"
PAGE = "<html><body>Not here</body></html>"


@pytest.fixture(autouse=True)
def no_pauses() -> Iterator[None]:
    """Try three times without waiting."""
    with stamina.set_testing(True, attempts=3):
        yield


def answer(
    world: SandboxWorld,
    status: int,
    body: Any = None,
    *,
    times: int | None = 1,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Let the next calls be answered so, whatever they ask."""
    fault = Fault("*", "answer", times=times, status=status, body=body, headers=headers)
    world.running.faults.add(fault)


async def get_list(world: SandboxWorld) -> None:
    """Make the call that the faults meet."""
    await world.source.get_list(world.credentials, "1")


@pytest.mark.parametrize("status", [408, 423, 429, 500, 502, 503, 504, 521, 522, 523, 524, 525, 526])
async def test_passing_trouble(sandbox: SandboxWorld, status: int) -> None:
    """A passing trouble is repeated until it has passed."""
    sandbox.add_list("購入者")
    answer(sandbox, status, {"status": "error"}, times=2)

    await get_list(sandbox)

    assert sandbox.running.requests.count("GET /crm/v3/lists/1") == 3


async def test_lasting_trouble(sandbox: SandboxWorld) -> None:
    """A trouble that lasts is unavailable after the last attempt; each is logged under HubSpot's own name for it."""
    answer(sandbox, 503, {"message": "x", "correlationId": "c-1"}, times=None)

    with capture_logs() as logs, pytest.raises(PassingError):
        await get_list(sandbox)
    failed = [line for line in logs if line["event"] == "hubspot_call_failed"]
    assert [(line["status"], line["correlation_id"]) for line in failed] == [(503, "c-1")] * 3
    assert len(sandbox.running.requests) == 3


@pytest.mark.parametrize(
    ("status", "body", "headers", "error", "retry_after"),
    [
        (429, {"policyName": "DAILY"}, {}, DailyLimitReached, None),
        (
            429,
            {"message": "You have reached your daily limit.", "category": "RATE_LIMITS"},
            {},
            DailyLimitReached,
            None,
        ),
        (477, {"status": "error"}, {"Retry-After": "3600"}, MovingError, timedelta(hours=1)),
        (503, {}, {"Retry-After": "600"}, PassingError, timedelta(minutes=10)),
        (401, {"status": "error"}, {}, HubSpotTokenRefused, None),
        (403, {"status": "error", "category": "MISSING_SCOPES"}, {}, HubSpotScopeMissing, None),
        (403, PAGE, {}, UnexpectedAnswerError, None),
        (400, {"category": "VALIDATION_ERROR"}, {}, UnexpectedAnswerError, None),
        (404, PAGE, {}, UnexpectedAnswerError, None),
        (405, PAGE, {}, UnexpectedAnswerError, None),
        (301, "", {"Location": "https://example.test/"}, UnexpectedAnswerError, None),
        (200, PAGE, {}, UnexpectedAnswerError, None),
        (200, ["list"], {}, UnexpectedAnswerError, None),
        (200, {"list": None}, {}, UnexpectedAnswerError, None),
        (204, "", {}, UnexpectedAnswerError, None),
    ],
)
async def test_no_second_attempt(
    sandbox: SandboxWorld,
    status: int,
    body: Any,
    headers: dict[str, str],
    error: type[ServiceError],
    retry_after: timedelta | None,
) -> None:
    """What repeating can't help, or not soon, is raised at once with the time to wait."""
    sandbox.add_list("購入者")
    answer(sandbox, status, body, headers=headers)

    with pytest.raises(error) as raised:
        await get_list(sandbox)
    assert type(raised.value) is error
    assert getattr(raised.value, "retry_after", None) == retry_after
    assert len(sandbox.running.requests) == 1


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        ({"policyName": "TEN_SECONDLY_ROLLING", "message": "You have reached your ten_secondly_rolling limit."}, 10),
        ({"message": "You have reached your ten_secondly_rolling limit.", "category": "RATE_LIMITS"}, 10),
        ({"message": "You have reached your secondly limit.", "category": "RATE_LIMITS"}, 1),
        (PAGE, 10),
    ],
)
async def test_rate_limit_kinds(sandbox: SandboxWorld, body: Any, seconds: int) -> None:
    """A 429 of either body tells how long its window is."""
    answer(sandbox, 429, body, times=None)

    with pytest.raises(HubSpotRateLimited) as throttled:
        await get_list(sandbox)
    assert throttled.value.retry_after == timedelta(seconds=seconds)


async def test_dropped_connection(sandbox: SandboxWorld) -> None:
    """A connection that breaks before the answer is tried again."""
    sandbox.add_list("購入者")
    sandbox.running.faults.add(Fault("*", "drop"))

    await get_list(sandbox)

    assert sandbox.running.requests.count("GET /crm/v3/lists/1") == 2


async def test_nobody_listens() -> None:
    """An address where nobody listens is unavailable."""
    async with serve_hubspot() as running:
        url = running.url
    async with open_hubspot(url) as client:
        with pytest.raises(PassingError):
            await client.get_list(SandboxWorld(client, running).credentials, "1")


async def test_slow_answer() -> None:
    """An answer that does not come in time is given up."""
    patience = Patience(call_seconds=0.05)
    async with serve_hubspot() as running, open_hubspot(running.url, patience=patience) as client:
        world = SandboxWorld(client, running)
        running.faults.add(Fault("*", "delay", seconds=30, times=None))

        with capture_logs() as logs, pytest.raises(PassingError):
            await get_list(world)
    assert [line["kind"] for line in logs if line["event"] == "hubspot_unreachable"] == ["TimeoutError"] * 3


async def test_token_stays_secret(sandbox: SandboxWorld) -> None:
    """No error and no repr shows the token."""
    sandbox.revoke(TOKEN)

    with pytest.raises(HubSpotTokenRefused) as refused:
        await get_list(sandbox)
    assert TOKEN not in repr(sandbox.credentials) + repr(refused.value) + str(refused.value)


async def test_deleted_list_that_is_shown(sandbox: SandboxWorld) -> None:
    """A list that answers with `deletedAt` is gone just the same."""
    sandbox.running.hubspot.settings = replace(
        sandbox.running.hubspot.settings, deleted_list=DeletedList.WITH_DELETED_AT
    )
    sandbox.delete_list(sandbox.add_list("購入者"))

    with pytest.raises(HubSpotListNotFound):
        await get_list(sandbox)


async def test_list_in_motion(sandbox: SandboxWorld) -> None:
    """A list whose members are being evaluated says so."""
    sandbox.running.hubspot.settings = replace(sandbox.running.hubspot.settings, evaluation_delay_seconds=60)
    sandbox.add_list("購入者", ["101"], processing_type="DYNAMIC")

    found = await sandbox.source.get_list(sandbox.credentials, "1")

    assert not found.signals.settled


async def test_cursor_that_stands_still(sandbox: SandboxWorld) -> None:
    """A walk whose cursor does not move ends with an error, not never."""
    page = {"results": [{"recordId": "101"}], "paging": {"next": {"after": "same"}}}
    answer(sandbox, 200, page, times=None)

    with pytest.raises(UnexpectedAnswerError):
        async for _ in sandbox.source.walk_members(sandbox.credentials, "1"):
            pass
    assert len(sandbox.running.requests) == 2


async def test_cursor_that_comes_back(sandbox: SandboxWorld) -> None:
    """A walk whose cursors go in a circle ends with an error, not never."""
    for number, cursor in enumerate(("a", "b", "a"), 1):
        page = {"results": [{"recordId": "101"}], "paging": {"next": {"after": cursor}}}
        sandbox.running.faults.add(Fault("*", "answer", nth=number, status=200, body=page))

    with pytest.raises(UnexpectedAnswerError):
        async for _ in sandbox.source.walk_members(sandbox.credentials, "1"):
            pass
    assert len(sandbox.running.requests) == 3


async def test_another_list(sandbox: SandboxWorld) -> None:
    """A list that answers under another id is not taken for the one that was asked for."""
    answer(sandbox, 200, {"list": {"listId": "2", "name": "x", "objectTypeId": "0-1", "processingType": "MANUAL"}})

    with pytest.raises(UnexpectedAnswerError):
        await get_list(sandbox)


async def test_nested_without_end(sandbox: SandboxWorld) -> None:
    """An answer nested deeper than any reader goes is no answer."""
    answer(sandbox, 200, "[" * 100_000)

    with pytest.raises(UnexpectedAnswerError):
        await get_list(sandbox)


async def test_batch_that_fails_in_part(sandbox: SandboxWorld) -> None:
    """What a batch did not read for a passing reason is asked again, and only that."""
    first, second = sandbox.add_contact(LINE_ID), sandbox.add_contact(LINE_ID)
    result = {"id": first, "properties": {PROPERTY: "as first read"}, "archived": False}
    errors = [{"category": "INTERNAL_ERROR", "context": {"ids": [second]}}]
    answer(sandbox, 207, {"results": [result], "errors": errors, "numErrors": 1})

    reading = await sandbox.source.read_line_ids(sandbox.credentials, [first, second], line_id_property=PROPERTY)

    assert reading.line_ids == {first: "as first read", second: LINE_ID}
    assert len(sandbox.running.requests) == 2


async def test_batch_that_keeps_failing_in_part(sandbox: SandboxWorld) -> None:
    """What a batch never reads is an error, not a missing contact."""
    errors = [{"category": "INTERNAL_ERROR", "context": {"ids": ["101"]}}]
    answer(sandbox, 207, {"results": [], "errors": errors, "numErrors": 1}, times=None)

    with pytest.raises(PassingError):
        await sandbox.source.read_line_ids(sandbox.credentials, ["101"], line_id_property=PROPERTY)


async def test_merged_contact_that_hides_its_past(sandbox: SandboxWorld) -> None:
    """Where HubSpot does not list the merged ids, ids left unclear are asked for one by one."""
    del sandbox.account.properties["hs_merged_object_ids"]
    old = [sandbox.add_contact(f"U{number:032x}") for number in range(4)]
    other = sandbox.add_contact("another")
    merged = [sandbox.merge_contacts(old[0], old[1]), sandbox.merge_contacts(old[2], old[3])]

    reading = await sandbox.source.read_line_ids(sandbox.credentials, [*old, other, "999"], line_id_property=PROPERTY)

    assert reading.merged_into == dict(zip(old, [merged[0], merged[0], merged[1], merged[1]], strict=True))
    assert reading.line_ids == {
        other: "another",
        **dict.fromkeys(old[:2], f"U{0:032x}"),
        **dict.fromkeys(old[2:], f"U{2:032x}"),
    }
    assert reading.missing == {"999"}


async def test_unconfirmed_answers(sandbox: SandboxWorld) -> None:
    """Missing ids without an error entry, and properties left out, read the same."""
    sandbox.running.hubspot.settings = replace(
        sandbox.running.hubspot.settings, missing_ids=MissingIds.SILENT, empty_property=EmptyProperty.ABSENT
    )
    empty = sandbox.add_contact()

    reading = await sandbox.source.read_line_ids(sandbox.credentials, [empty, "999"], line_id_property=PROPERTY)

    assert reading.line_ids == {empty: None}
    assert reading.missing == {"999"}


@pytest.fixture
async def paced() -> AsyncIterator[SandboxWorld]:
    """Offer a paced client whose waiting moves the sandbox's clock."""
    async with serve_hubspot(HubSpotSettings(burst_limit=190)) as running:
        patience = Patience(attempts=1)

        async def wait(seconds: float) -> None:
            running.clock.advance(seconds)

        throttle = Throttle(PaceSettings(), monotonic=running.clock.timestamp, sleep=wait)
        async with open_http(running.url, patience) as http:
            transport = HubSpotTransport(http, patience=patience, throttle=throttle)
            yield SandboxWorld(HubSpotClient(transport, paths=Paths()), running)


async def test_pace_below_the_limits(paced: SandboxWorld) -> None:
    """A long walk and many searches meet no 429, and use most of the limit that the headers tell."""
    list_id = paced.add_list("購入者", [str(record_id) for record_id in range(101, 100_101)])
    start = paced.running.clock.timestamp()
    pages = [page async for page in paced.source.walk_members(paced.credentials, list_id)]
    walked = paced.running.clock.timestamp() - start
    for _ in range(10):
        await paced.source.list_lists(paced.credentials)

    assert len(pages) == 400
    assert 400 / 190 * 10 * 0.8 < walked < 400 / 190 * 10 * 1.5


async def test_share_of_the_day_left_to_others(paced: SandboxWorld) -> None:
    """When only the share of others is left of the day, calls stop before HubSpot refuses them."""
    paced.running.hubspot.settings = HubSpotSettings(day_limit=50)
    paced.add_contact()
    calls = 0
    try:
        while calls < 60:
            await paced.source.read_line_ids(paced.credentials, ["101"], line_id_property=PROPERTY)
            calls += 1
    except DailyLimitReached as reached:
        retry_after = reached.retry_after

    assert calls == 45
    assert len(paced.running.requests) == 45
    assert retry_after == timedelta(minutes=15)
