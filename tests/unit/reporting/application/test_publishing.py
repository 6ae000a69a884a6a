"""Tests of the worker that publishes reports."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporting.application.publishing import Publishing
from reporting.application.tracking import track
from reporting.domain.campaigns import Campaign, ReportState
from reporting.domain.counts import Count, CountState
from reporting.domain.errors import NothingToObserve, ObservationPostponed
from reporting.domain.observations import Observation, Totals
from reporting.domain.rounds import Fact, FactKind
from tests.fakes.clock import FakeClock
from tests.fakes.reporting_sends import FakeSends, observe
from tests.fakes.reporting_store import FakeTransaction
from tests.fakes.store import FakeUnitOfWork
from tests.strategies.reporting import durations, stories

ACCEPTED = datetime(2026, 5, 1, 1, 0, tzinfo=UTC)
DAY = timedelta(days=1)
NAME = "channels/acme/campaigns/may"
ACCEPTANCE = Fact(FactKind.ACCEPTED, ACCEPTED)
FAILURE = Fact(FactKind.ENDED, ACCEPTED)


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
        await track(tx, NAME, ACCEPTANCE)
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
    assert [slot.day for _, slot, _ in world.tx.observations.kept] == [1, 3, 7, 14]


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
    """A campaign that delivery denies is left alone until its next slot; in the last slot it is asked for again."""
    world.sends.failure = NothingToObserve("CAMPAIGN_NOT_ACCEPTED")
    await world.run_at(ACCEPTED + DAY)
    due = world.campaign.attempt_time
    await world.run_at(ACCEPTED + 14 * DAY)
    waiting = world.campaign
    world.sends.failure = None
    await world.run_at(ACCEPTED + 15 * DAY)

    assert due == ACCEPTED + 3 * DAY
    assert (waiting.state, waiting.published) == (ReportState.PENDING, None)
    assert world.days() == [14]


async def test_last_figures(world: World) -> None:
    """What LINE has not told by the last publication is awaited no longer, in the report and in its event."""
    world.sends.observation = observe(Totals())
    await world.run_at(ACCEPTED + DAY)
    first = await world.tx.reports.find(NAME)
    await world.run_at(ACCEPTED + 14 * DAY)
    last = await world.tx.reports.find(NAME)

    assert first is not None
    assert last is not None
    assert [report.figures.figures.delivered.state for report in (first, last)] == [
        CountState.NOT_YET,
        CountState.NO_LONGER,
    ]
    assert [event.figures.figures.delivered.state for event in world.tx.outbox.events] == [
        CountState.NOT_YET,
        CountState.NO_LONGER,
    ]


class EventfulSends(FakeSends):
    """Lets something happen while LINE is asked."""

    def __init__(self, happen: Callable[[], Awaitable[None]]) -> None:
        super().__init__(observe(Totals(delivered=500)))
        self.happen = happen

    async def observe(self, campaign: str) -> Observation:
        """Let it happen before the answer."""
        await self.happen()
        return await super().observe(campaign)


async def publish_while(world: World, happen: Callable[[], Awaitable[None]]) -> None:
    """Attend to the first slot, and let something happen meanwhile."""
    world.clock.set(ACCEPTED + DAY)
    await Publishing(uow=world.uow, sends=EventfulSends(happen), clock=world.clock).run_once()


async def test_failed_meanwhile(world: World) -> None:
    """Nothing is published for a campaign that turns out not to be delivered while LINE is asked."""
    await publish_while(world, lambda: track(world.tx, NAME, FAILURE))

    assert (world.days(), world.tx.outbox.events) == ([], [])
    assert world.tx.campaigns.is_free(world.campaign)


async def test_claim_lost_meanwhile(world: World) -> None:
    """Nothing is published by a worker that lost its claim while LINE was asked."""

    async def lose() -> None:
        world.tx.campaigns.expire()
        await world.tx.campaigns.claim_due(now=ACCEPTED + DAY, lease=DAY)

    await publish_while(world, lose)

    assert (world.days(), world.tx.outbox.events) == ([], [])
    assert not world.tx.campaigns.is_free(world.campaign)


async def test_slot_moved_meanwhile(world: World) -> None:
    """When LINE's own time is heard while LINE is asked, the slot is published as it then lies."""
    earlier = Fact(FactKind.CONFIRMED, ACCEPTED - timedelta(hours=20))
    await publish_while(world, lambda: track(world.tx, NAME, earlier))
    before = world.days()
    await world.run_at(ACCEPTED + DAY)

    assert (before, world.days()) == ([], [1])
    assert world.campaign.next_publish_time == earlier.time + 3 * DAY


async def test_slot_moved_while_denied(world: World) -> None:
    """A slot that is given up is the one that was asked for, not one that has moved there meanwhile."""
    earlier = Fact(FactKind.CONFIRMED, ACCEPTED - timedelta(hours=20))
    sends = EventfulSends(lambda: track(world.tx, NAME, earlier))
    sends.failure = NothingToObserve("CAMPAIGN_NOT_ACCEPTED")
    world.clock.set(ACCEPTED + DAY)
    await Publishing(uow=world.uow, sends=sends, clock=world.clock).run_once()

    assert world.campaign.attempt_time == earlier.time + DAY


async def test_sent_again(world: World) -> None:
    """A campaign that is sent again after its last publication is published again, on top of what was shown."""
    await world.run_at(ACCEPTED + 14 * DAY)
    again = (Fact(FactKind.ORDERED, ACCEPTED + 15 * DAY), Fact(FactKind.ACCEPTED, ACCEPTED + 15 * DAY))
    await track(world.tx, NAME, *again)
    world.sends.observation = observe(Totals(delivered=500, unique_impression=100), Totals(500, unique_impression=90))
    worked = await world.run_at(ACCEPTED + 16 * DAY)

    assert worked
    assert [(line.round, line.day) for line in world.tx.publications.lines] == [(1, 14), (2, 1)]
    assert world.tx.publications.lines[-1].figures.figures.opened == Count(190, CountState.EXACT)


@settings(max_examples=60)
@given(story=stories(), data=st.data())
def test_whatever_is_heard_when(story: list[Fact], data: st.DataObject) -> None:
    """Facts in any order, repeated, between publications: no slot twice, none early, no count moves by less than 20."""
    told = data.draw(st.permutations(story + story[::2]))
    waits = data.draw(st.lists(durations(4 * DAY), min_size=len(told), max_size=len(told)))
    opened = data.draw(st.lists(st.none() | st.integers(0, 300), min_size=len(told), max_size=len(told)))
    asyncio.run(_live(list(zip(told, waits, opened, strict=True))))


async def _live(steps: list[tuple[Fact, timedelta, int | None]]) -> None:
    """Hear each fact, let LINE count so many who opened it, let time pass, and publish what is due then."""
    world = World()
    for fact, wait, opened in steps:
        await track(world.tx, NAME, fact)
        world.sends.observation = observe(Totals(delivered=500, unique_impression=opened))
        await world.run_at(world.clock.now() + wait)
        lines = world.tx.publications.lines
        if lines and lines[-1].publish_time == world.clock.now():
            assert world.campaign.count_time is not None
            assert world.clock.now() >= world.campaign.count_time + lines[-1].day * DAY

    slots = [(line.round, line.day) for line in world.tx.publications.lines]
    shown = [line.figures.figures.opened for line in world.tx.publications.lines]
    assert slots == sorted(set(slots))
    assert all(_may_follow(before, after) for before, after in pairwise(shown))


def _may_follow(before: Count, after: Count) -> bool:
    """Tell whether a published count may follow another one (V8)."""
    return not before.is_exact or after == before or (after.is_exact and after.value >= before.value + 20)


async def test_failed_campaign(world: World) -> None:
    """A campaign that was not delivered is never asked for."""
    async with world.uow() as tx:
        await track(tx, NAME, FAILURE)

    assert not await world.run_at(ACCEPTED + 20 * DAY)
    assert world.sends.asked == []
