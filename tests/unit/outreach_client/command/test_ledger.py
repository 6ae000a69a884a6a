"""Tests of the fence, against services that answer over real gRPC."""

import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from outreach.delivery.v1.ledger_pb2 import LedgerState
from outreach_client.command.ledger import NAMES_PER_CALL, FenceError, fence, show_state
from outreach_client.command.services import Access, AccessError, Services, open_services
from outreach_client.errors import RemoteError
from tests.fakes.operated import FakeOutreach, serve_fake_outreach, to_stamp

RESTORED = datetime(2026, 5, 1, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
async def outreach() -> AsyncIterator[FakeOutreach]:
    """Serve the services, with a ledger that was restored."""
    async with serve_fake_outreach() as outreach:
        outreach.state = LedgerState(fence_required=True, last_change_time=to_stamp(RESTORED))
        yield outreach


@pytest.fixture
async def services(outreach: FakeOutreach) -> AsyncIterator[Services]:
    """Give channels to them."""
    address = outreach.address
    access = Access(audience=address, delivery=address, reporting=address, token="t")
    async with open_services(access) as services:
        yield services


def name(channel: str, number: int) -> str:
    """Return a campaign's name."""
    return f"channels/{channel}/campaigns/c-{number}"


def start(outreach: FakeOutreach, channel: str, *waits: timedelta) -> None:
    """Have campaigns start so long after the restored moment."""
    outreach.started[f"channels/{channel}"] = {
        name(channel, number): RESTORED + wait for number, wait in enumerate(waits)
    }


async def test_fence(outreach: FakeOutreach, services: Services) -> None:
    """All channels' campaigns that were heard of since, or shortly before, are named, and the ledger opens."""
    start(outreach, "acme", HOUR, 2 * HOUR, -HOUR, -24 * HOUR, -25 * HOUR, -26 * HOUR, -27 * HOUR)
    start(outreach, "empty")
    start(outreach, "other", 3 * HOUR)
    out = io.StringIO()
    await fence(services, None, out)

    assert [(call.restore_time.ToDatetime(UTC), call.complete) for call in outreach.fences] == [(RESTORED, True)]
    assert sorted(outreach.fences[0].campaigns) == [*(name("acme", number) for number in range(4)), name("other", 0)]
    assert out.getvalue().splitlines() == [
        "The ledger needs a fence.",
        "The latest change that it holds: 2026-05-01T01:00:00+00:00.",
        "Fencing what happened since 2026-05-01T01:00:00+00:00.",
        "channels/acme: 4 named.",
        "channels/empty: 0 named.",
        "channels/other: 1 named.",
        "Names that the ledger had forgotten and refuses from now on: 5.",
        "Campaigns that became UNCERTAIN, for a person to decide: 3.",
        "The ledger takes orders again.",
    ]


async def test_old_reports_are_not_read(outreach: FakeOutreach, services: Services) -> None:
    """Reading a channel's reports ends with the first one that is too old."""
    start(outreach, "acme", *[-48 * HOUR] * 100)
    await fence(services, None, io.StringIO())

    assert outreach.asked.count("ListCampaignReports") == 1


async def test_many_names(outreach: FakeOutreach, services: Services) -> None:
    """Names are given in steps of no more than the ledger takes, and the last step alone opens it."""
    start(outreach, "acme", *[HOUR] * (2 * NAMES_PER_CALL))
    out = io.StringIO()
    await fence(services, None, out)

    assert [(len(call.campaigns), call.complete) for call in outreach.fences] == [
        (NAMES_PER_CALL, False),
        (NAMES_PER_CALL, True),
    ]
    assert len({name for call in outreach.fences for name in call.campaigns}) == 2 * NAMES_PER_CALL
    assert "Campaigns that became UNCERTAIN, for a person to decide: 6.\n" in out.getvalue()


async def test_restore_time(outreach: FakeOutreach, services: Services) -> None:
    """An operator's own moment is used instead of the ledger's, and fences a ledger that sees no need for it."""
    outreach.state = LedgerState(last_change_time=to_stamp(RESTORED))
    start(outreach, "acme", -30 * HOUR)
    await fence(services, RESTORED - 10 * HOUR, io.StringIO())

    assert [list(call.campaigns) for call in outreach.fences] == [[name("acme", 0)]]
    assert outreach.fences[0].restore_time.ToDatetime(UTC) == RESTORED - 10 * HOUR


async def test_no_need(outreach: FakeOutreach, services: Services) -> None:
    """A ledger that needs no fence is left alone."""
    outreach.state = LedgerState(last_change_time=to_stamp(RESTORED))
    out = io.StringIO()
    await fence(services, None, out)

    assert outreach.asked == ["GetLedgerState"]
    assert out.getvalue().endswith("Nothing to do.\n")


async def test_empty_ledger(outreach: FakeOutreach, services: Services) -> None:
    """An empty ledger can't tell to when it was restored, so the operator has to."""
    outreach.state = LedgerState(fence_required=True)

    with pytest.raises(FenceError, match="--restore-time"):
        await fence(services, None, io.StringIO())
    assert outreach.fences == []


async def test_ledger_under_check(outreach: FakeOutreach, services: Services) -> None:
    """While the ledger is being checked, it is not known whether it needs a fence, and nothing is done."""
    outreach.state = LedgerState(state=LedgerState.CHECKING, last_change_time=to_stamp(RESTORED))

    with pytest.raises(FenceError, match="ask again"):
        await fence(services, RESTORED, io.StringIO())
    assert outreach.asked == ["GetLedgerState"]


@pytest.mark.parametrize("method", ["GetLedgerState", "ListChannels", "ListCampaignReports"])
async def test_failures_leave_the_ledger_closed(outreach: FakeOutreach, services: Services, method: str) -> None:
    """When not all names could be read, the ledger is not opened."""
    start(outreach, "acme", HOUR)
    outreach.failing = method

    with pytest.raises(RemoteError):
        await fence(services, None, io.StringIO())
    assert outreach.fences == []


async def test_state(outreach: FakeOutreach, services: Services) -> None:
    """The state is shown without any effect."""
    out = io.StringIO()
    await show_state(services, out)

    assert out.getvalue().startswith("The ledger needs a fence.\n")
    assert outreach.asked == ["GetLedgerState"]


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (LedgerState(state=LedgerState.OPEN), "The ledger needs no fence."),
        (LedgerState(state=LedgerState.CHECKING), "The ledger is being checked; ask again in a moment."),
        (
            LedgerState(state=LedgerState.CLOSED, fence_required=True, reason=LedgerState.STREAM_LOST),
            "The ledger needs a fence: STREAM_LOST.",
        ),
        (
            LedgerState(state=LedgerState.CLOSED, fence_required=True, reason=99),  # type: ignore[arg-type]  # of a newer release
            "The ledger needs a fence.",
        ),
        (
            LedgerState(state=LedgerState.CLOSED, fence_required=True, notice_time=to_stamp(RESTORED)),
            "The ledger needs a fence.\nThat its database server has changed was noticed: 2026-05-01T01:00:00+00:00.",
        ),
    ],
)
async def test_state_is_told_with_its_reason(
    outreach: FakeOutreach, services: Services, state: LedgerState, told: str
) -> None:
    """An operator learns why a ledger is closed, and that a check ends by itself."""
    outreach.state = state
    out = io.StringIO()
    await show_state(services, out)

    assert out.getvalue() == f"{told}\n"


async def test_plain_text_to_another_machine() -> None:
    """The operator's token never leaves the machine in plain text."""
    access = Access(audience="127.0.0.1:1", delivery="delivery.example:443", reporting="127.0.0.1:1", token="t")

    with pytest.raises(AccessError, match="plain text"):
        async with open_services(access):
            pass
