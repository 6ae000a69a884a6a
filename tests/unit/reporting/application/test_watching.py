"""Tests of the worker that notices lost events."""

from datetime import UTC, datetime, timedelta

import pytest

from reporting.application.reconciling import Reconciling
from reporting.application.watching import Watching
from reporting.domain.reconciliation import StreamPlace
from reporting.domain.rounds import Fact, FactKind
from reporting.domain.sends import Send
from tests.fakes.clock import FakeClock
from tests.fakes.reporting_sends import FakeSendList, FakeStream
from tests.fakes.reporting_store import FakeTransaction
from tests.fakes.store import FakeUnitOfWork

NOW = datetime(2026, 5, 1, 1, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NAME = "channels/acme/campaigns/may"


class World:
    """The worker, and the one that it calls for."""

    def __init__(self) -> None:
        self.tx = FakeTransaction()
        self.clock = FakeClock(NOW)
        self.stream = FakeStream(StreamPlace("first", first_sequence=1, handled_sequence=5))
        self.sends = FakeSendList()
        uow = FakeUnitOfWork(self.tx)
        self.watching = Watching(uow=uow, stream=self.stream, clock=self.clock)
        self.reconciling = Reconciling(uow=uow, sends=self.sends, clock=self.clock)

    async def run(self) -> tuple[bool, int]:
        """Look, reconcile, and return whether a gap was noticed and how many pages were read."""
        noticed, pages = await self.watching.run_once(), 0
        while await self.reconciling.run_once():
            pages += 1
        return noticed, pages


@pytest.mark.parametrize(
    "place",
    [
        StreamPlace("second", first_sequence=1, handled_sequence=0),
        StreamPlace("first", first_sequence=9, handled_sequence=5),
    ],
)
async def test_gap(place: StreamPlace) -> None:
    """When the stream was made anew or has dropped what was not handled, a pass follows at once, and only one."""
    world = World()
    await world.run()
    world.clock.advance(MINUTE)
    world.sends.put(world.clock.now(), Send(NAME, (Fact(FactKind.ORDERED, NOW),)))
    before = await world.run()
    world.stream.place = place
    noticed = await world.run()
    world.clock.advance(MINUTE)
    after = await world.run()

    assert (before, noticed, after) == ((False, 0), (True, 1), (False, 0))
    assert list(world.tx.campaigns.stored) == [NAME]


async def test_unreachable() -> None:
    """While nobody can say where the consumer stands, nothing is concluded from it."""
    world = World()
    await world.run()
    world.stream.place = None
    unreachable = await world.run()

    assert unreachable == (False, 0)
