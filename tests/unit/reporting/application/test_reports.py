"""Tests of reading reports, of campaigns too that no event has told of yet."""

from datetime import UTC, datetime, timedelta

import pytest

from kit.errors import Unavailable
from reporting.application.reports import LOOK_BACK, MOST_PAGES, Reports
from reporting.domain.campaigns import ReportState
from reporting.domain.errors import ListNotOffered, PageTokenRefused, ReportNotFound, SendsUnavailable
from reporting.domain.rounds import Fact, FactKind
from reporting.domain.sends import Send
from tests.fakes.clock import FakeClock
from tests.fakes.reporting_sends import FakeSendList
from tests.fakes.reporting_store import FakeTransaction
from tests.fakes.store import FakeUnitOfWork

NOW = datetime(2026, 5, 1, 1, 0, tzinfo=UTC)
NAME = "channels/acme/campaigns/may"
REPORT = f"{NAME}/report"


class World:
    """The use case with what it stands on."""

    def __init__(self) -> None:
        self.tx = FakeTransaction()
        self.sends = FakeSendList()
        self.reports = Reports(FakeUnitOfWork(self.tx), self.sends, FakeClock(NOW))

    def order(self, *names: str, at: datetime = NOW) -> None:
        """Have delivery know of orders."""
        self.sends.put(at, *(Send(name, (Fact(FactKind.ORDERED, at),)) for name in names))


async def test_known() -> None:
    """A campaign that was heard of is read without asking delivery."""
    world = World()
    campaign = await world.tx.campaigns.lock(NAME, heard_time=NOW)
    await world.tx.campaigns.save(campaign.hear(Fact(FactKind.ENDED, NOW)))
    report = await world.reports.get(NAME, name=REPORT)

    assert report.campaign.state is ReportState.NOT_DELIVERED
    assert world.sends.asked == []


async def test_just_ordered() -> None:
    """A campaign whose order no event has told yet has its report, and is in lists from then on."""
    world = World()
    world.order(*(f"channels/acme/campaigns/a-{number}" for number in range(3)), NAME, "channels/b/campaigns/may")
    report = await world.reports.get(NAME, name=REPORT)
    listed = await world.reports.page("channels/acme", after=None, size=10)

    assert (report.campaign.name, report.campaign.state) == (NAME, ReportState.PENDING)
    assert listed == [report]
    assert world.sends.asked == [(NOW - LOOK_BACK, token, "channels/acme") for token in ("", "2")]


@pytest.mark.parametrize("failure", [None, ListNotOffered("UNIMPLEMENTED")])
async def test_not_ordered(failure: Exception | None) -> None:
    """A campaign that delivery does not list, or can't list in its release, is not found."""
    world = World()
    world.sends.failure = failure

    with pytest.raises(ReportNotFound):
        await world.reports.get(NAME, name=REPORT)
    assert world.tx.campaigns.stored == {}


@pytest.mark.parametrize("failure", [SendsUnavailable("UNAVAILABLE"), PageTokenRefused()])
async def test_unknown(failure: Exception) -> None:
    """While delivery can't say, "not known" is not "there is none"."""
    world = World()
    world.sends.failure = failure

    with pytest.raises(Unavailable, match="delivery"):
        await world.reports.get(NAME, name=REPORT)


async def test_work_is_bounded() -> None:
    """One call reads a few pages of the last hour at most."""
    world = World()
    world.order(*(f"channels/acme/campaigns/a-{number:02}" for number in range(20)))
    world.order(NAME, at=NOW - LOOK_BACK - timedelta(seconds=1))

    with pytest.raises(ReportNotFound):
        await world.reports.get(NAME, name=REPORT)
    assert len(world.sends.asked) == MOST_PAGES
