"""Tests of the worker that publishes reports."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from reporting.application.publishing import Publishing
from reporting.application.tracking import track_accepted, track_failed
from reporting.domain.campaigns import Campaign, ReportState
from reporting.domain.counts import Count, CountState
from reporting.domain.errors import NothingToObserve, ObservationPostponed
from reporting.domain.observations import Observation, Totals
from tests.fakes.clock import FakeClock
from tests.fakes.reporting_sends import FakeSends, observe
from tests.fakes.reporting_store import FakeTransaction
from tests.fakes.store import FakeUnitOfWork

ACCEPTED = datetime(2026, 5, 1, 1, 0, tzinfo=UTC)
DAY = timedelta(days=1)
NAME = "channels/acme/campaigns/may"


@dataclass
class World:
    """The worker with what it stands on."""

    tx: FakeTransaction = field(default_factory=FakeTransaction)
    clock: FakeClock = field(default_factory=lambda: FakeClock(ACCEPTED))
    sends: FakeSends = field(default_factory=lambda: FakeSends(observe(Totals(delivered=500, unique_impression=100))))

    def __post_init__(self) -> None:
        self.uow = FakeUnitOfWork(self.tx)
        self.publishing = Publishing(uow=self.uow, sends=self.sends, clock=self.clock)

    @property
    def campaign(self) -> Campaign:
        """The campaign as it is stored."""
        return self.tx.campaigns.stored[NAME]

    async def run_at(self, moment: datetime) -> bool:
        """Move to a moment, and work until nothing is due; tell whether anything was."""
        self.clock.set(moment)
        worked = False
        while await self.publishing.run_once():
            worked = True
        return worked

    def days(self) -> list[int]:
        """Return the slots that were published."""
        return [line.day for line in self.tx.publications.lines]


@pytest.fixture
async def world() -> World:
    """Give a world with one accepted campaign."""
    world = World()
    async with world.uow() as tx:
        await track_accepted(tx, NAME, ACCEPTED)
    return world


async def test_slots(world: World) -> None:
    """A report is published once at each slot, and the last one is final."""
    worked = [await world.run_at(ACCEPTED + days * DAY) for days in (0.9, 1, 1.5, 3, 7, 14, 15)]

    assert worked == [False, True, False, True, True, True, False]
    assert world.days() == [1, 3, 7, 14]
    assert [event.state for event in world.tx.outbox.events] == [ReportState.COUNTING] * 3 + [ReportState.FINAL]
    assert [event.publication for event in world.tx.outbox.events] == world.tx.publications.lines
    assert [line.publish_time for line in world.tx.publications.lines] == [
        ACCEPTED + days * DAY for days in (1, 3, 7, 14)
    ]
    assert world.campaign.state is ReportState.FINAL
    assert [day for _, day, _ in world.tx.observations.kept] == [1, 3, 7, 14]


async def test_figures_build_on_the_last_publication(world: World) -> None:
    """A count that moved by less than 20 since the last publication is repeated."""
    await world.run_at(ACCEPTED + DAY)
    world.sends.observation = observe(Totals(delivered=500, unique_impression=119))
    await world.run_at(ACCEPTED + 3 * DAY)

    assert world.tx.publications.lines[-1].figures.figures.opened == Count(100, CountState.EXACT)


async def test_missed_slots(world: World) -> None:
    """Slots that nobody attended to are not caught up: figures come at the next slot, and for the last one always."""
    await world.run_at(ACCEPTED + 5 * DAY)
    between, due = world.days(), world.campaign.next_publish_time
    await world.run_at(ACCEPTED + 30 * DAY)

    assert (between, due) == ([], ACCEPTED + 7 * DAY)
    assert world.days() == [14]
    assert world.campaign.state is ReportState.FINAL


async def test_postponed(world: World) -> None:
    """When delivery has no figures now, it is asked again after what it asks for, within the slot."""
    world.sends.failure = ObservationPostponed("INSIGHT_BUDGET_EXHAUSTED", wait=timedelta(minutes=40))
    await world.run_at(ACCEPTED + DAY)
    too_early = await world.run_at(ACCEPTED + DAY + timedelta(minutes=39))
    world.sends.failure = None
    await world.run_at(ACCEPTED + DAY + timedelta(minutes=40))

    assert not too_early
    assert world.days() == [1]
    assert world.campaign.failure_count == 0


async def test_late_figures(world: World) -> None:
    """Figures that can't be had before their slot is over are published at the next one (V4)."""
    world.sends.failure = ObservationPostponed("UNAVAILABLE")
    await world.run_at(ACCEPTED + DAY)
    world.sends.failure = None
    await world.run_at(ACCEPTED + 2.5 * DAY)
    before = world.days()
    await world.run_at(ACCEPTED + 3 * DAY)

    assert (before, world.days()) == ([], [3])
    assert world.sends.asked == [NAME] * 2


async def test_denied(world: World) -> None:
    """A campaign that delivery denies is left alone until its next slot, and for good after the last one."""
    world.sends.failure = NothingToObserve("CAMPAIGN_NOT_ACCEPTED")
    await world.run_at(ACCEPTED + DAY)
    due = world.campaign.attempt_time
    await world.run_at(ACCEPTED + 14 * DAY)

    assert due == ACCEPTED + 3 * DAY
    assert world.campaign.attempt_time is None
    assert world.days() == []


class FailingSends(FakeSends):
    """Hears of the campaign's failure, or loses its claim, while LINE is asked."""

    def __init__(self, tx: FakeTransaction, *, failed: bool) -> None:
        super().__init__()
        self.tx = tx
        self.failed = failed

    async def observe(self, campaign: str) -> Observation:
        """Let something happen before the answer."""
        if self.failed:
            await track_failed(self.tx, campaign, ACCEPTED)
        else:
            self.tx.campaigns.expire()
            await self.tx.campaigns.claim_due(now=ACCEPTED + DAY, lease=DAY)
        return await super().observe(campaign)


@pytest.mark.parametrize("failed", [True, False])
async def test_overtaken(world: World, failed: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Nothing is published for a campaign that failed, or by a worker that lost its claim, in the meantime."""
    world.clock.set(ACCEPTED + DAY)
    publishing = Publishing(uow=world.uow, sends=FailingSends(world.tx, failed=failed), clock=world.clock)
    await publishing.run_once()

    assert world.days() == []
    assert world.tx.outbox.events == []
    assert world.tx.campaigns.is_free(world.campaign) == failed


async def test_failed_campaign(world: World) -> None:
    """A campaign that was not delivered is never asked for."""
    async with world.uow() as tx:
        await track_failed(tx, NAME, ACCEPTED)

    assert not await world.run_at(ACCEPTED + 20 * DAY)
    assert world.sends.asked == []
