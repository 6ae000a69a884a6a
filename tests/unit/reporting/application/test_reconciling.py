"""Tests of the worker that compares reporting with delivery's list of sends."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from reporting.application.ports import SendPage
from reporting.application.reconciling import Reconciling
from reporting.application.tracking import track
from reporting.domain.errors import SendsUnavailable
from reporting.domain.reconciliation import BEGINNING, EVERY, OVERLAP, Reconciliation
from reporting.domain.rounds import Fact, FactKind
from reporting.domain.sends import Send
from tests.fakes.clock import FakeClock
from tests.fakes.reporting_sends import FakeSendList
from tests.fakes.reporting_store import FakeTransaction
from tests.fakes.store import FakeUnitOfWork
from tests.strategies.reporting import durations, stories

NOW = datetime(2026, 5, 1, 1, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NAME = "channels/acme/campaigns/may"
NAMES = [f"channels/acme/campaigns/c-{number}" for number in range(5)]


@dataclass
class World:
    """The worker with what it stands on."""

    tx: FakeTransaction = field(default_factory=FakeTransaction)
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))
    sends: FakeSendList = field(default_factory=FakeSendList)

    def __post_init__(self) -> None:
        self.reconciling = self.open()

    def open(self) -> Reconciling:
        """Return a worker, as of another replica."""
        return Reconciling(uow=FakeUnitOfWork(self.tx), sends=self.sends, clock=self.clock)

    @property
    def mark(self) -> Reconciliation:
        """How far the comparison is."""
        return self.tx.reconciliations.stored["delivery"]

    async def run(self) -> int:
        """Work until nothing is due, and return how many pages were read."""
        count = 0
        while await self.reconciling.run_once():
            count += 1
        return count


def order(name: str = NAME, time: datetime = NOW) -> Send:
    """Return an ordered campaign."""
    return Send(name, (Fact(FactKind.ORDERED, time),))


async def test_pass() -> None:
    """A pass hears of every send page by page, and the next one is a day later, from where this one began."""
    world = World()
    world.sends.put(NOW, *map(order, NAMES))
    pages = await world.run()
    world.clock.advance(EVERY - MINUTE)
    too_early = await world.run()
    world.clock.advance(MINUTE)
    await world.run()

    assert (pages, too_early) == (3, 0)
    assert sorted(map(str, world.tx.campaigns.stored)) == NAMES
    assert [since for since, _, _ in world.sends.asked] == [BEGINNING] * 3 + [NOW - OVERLAP] * 3


async def test_resumed() -> None:
    """A pass that was interrupted goes on where it was, by whoever takes it up."""
    world = World()
    world.sends.put(NOW, *map(order, NAMES))
    await world.reconciling.run_once()
    world.clock.advance(MINUTE)
    other = world.open()
    while await other.run_once():
        pass

    assert [token for _, token, _ in world.sends.asked] == ["", "2", "4"]
    assert world.mark.done_time == NOW


async def test_postponed() -> None:
    """While delivery gives no list, nothing counts as known, and it is asked again."""
    world = World()
    world.sends.put(NOW, order())
    world.sends.failure = SendsUnavailable("UNAVAILABLE", wait=MINUTE)
    await world.run()
    before = world.mark
    world.sends.failure = None
    world.clock.advance(MINUTE)
    await world.run()

    assert (before.done_time, before.next_time) == (None, NOW + MINUTE)
    assert list(world.tx.campaigns.stored) == [NAME]


async def test_refused_token() -> None:
    """A pass whose page token is not taken any more is read from its beginning."""
    world = World()
    world.sends.put(NOW, *map(order, NAMES))
    await world.reconciling.run_once()
    world.sends.sends = dict(list(world.sends.sends.items())[:1])
    await world.run()

    assert [token for _, token, _ in world.sends.asked] == ["", "2", ""]
    assert world.mark.done_time == NOW


class SlowList(FakeSendList):
    """Loses the claim while it is asked."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world

    async def page(self, *, since: datetime, page_token: str, channel: str | None = None) -> SendPage:
        """Answer after another worker has taken over."""
        self.world.tx.reconciliations.expire()
        await self.world.tx.reconciliations.claim_due(now=NOW, lease=MINUTE)
        return await super().page(since=since, page_token=page_token, channel=channel)


async def test_lost_claim() -> None:
    """A page that comes after the claim went to another worker is not noted as heard."""
    world = World()
    world.sends = SlowList(world)
    await world.open().run_once()

    assert world.mark.done_time is None


@settings(max_examples=100)
@given(story=stories(), data=st.data())
def test_agrees_with_events(story: list[Fact], data: st.DataObject) -> None:
    """Events in any order, some lost, some repeated, with passes in between, lead to what all events lead to."""
    told = data.draw(st.permutations(story + story[::2]))
    passes = data.draw(st.lists(st.integers(0, len(story)), min_size=len(told), max_size=len(told)))
    lost = data.draw(st.sets(st.sampled_from(story)))
    waits = data.draw(st.lists(durations(timedelta(days=2)), min_size=len(told), max_size=len(told)))

    async def live() -> None:
        world, alone = World(), World()
        for fact, happened, wait in zip(told, passes, waits, strict=True):
            await track(alone.tx, NAME, fact)
            if fact not in lost:
                await track(world.tx, NAME, fact)
            world.clock.advance(wait)
            if happened:
                world.sends.put(world.clock.now(), Send(NAME, tuple(story[:happened])))
            await world.run()
        world.sends.put(world.clock.now(), Send(NAME, tuple(story)))
        world.clock.advance(EVERY)
        await world.run()

        assert world.tx.campaigns.stored == alone.tx.campaigns.stored

    asyncio.run(live())
