"""The queue of the ledger on PostgreSQL: whose turn it is, however many ask at once (architecture 5)."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial

import pytest

from delivery.adapters.store.transaction import build_transaction
from delivery.application.line_port import Phase
from delivery.domain.sending.failures import NarrowcastFailure
from delivery.domain.sending.lanes import Endpoint
from delivery.domain.sending.row import SendRow
from kit.ids import RandomIds
from kit.store.engine import open_database
from kit.store.holding import LEASE
from kit.store.ports import Claim
from kit.store.uow import SqlUnitOfWork
from tests.infrastructure.eventually import eventually
from tests.integration.delivery.handling import CHANNEL, Delivery
from tests.integration.delivery.queueing import Store, accept, claim, finish, order
from tests.strategies.rows import START

SHORT = timedelta(milliseconds=300)
CLAIMERS = 20
CHANNELS = ("acme", "bee", "cat", "dog")


@pytest.fixture
async def replicas(delivery_url: str) -> AsyncIterator[tuple[Store, Store]]:
    """Give the stores of two replicas."""
    databases = [open_database(delivery_url, application_name=name) for name in ("first", "second")]
    build = partial(build_transaction, ids=RandomIds())
    yield SqlUnitOfWork(databases[0], build), SqlUnitOfWork(databases[1], build)
    for database in databases:
        await database.close()


@pytest.fixture
def store(replicas: tuple[Store, Store]) -> Store:
    """Give the store of one replica."""
    return replicas[0]


@pytest.mark.parametrize(("endpoint", "most"), [(Endpoint.NARROWCAST, 1), (Endpoint.PROGRESS, 2)])
async def test_no_channel_has_more_in_flight_however_many_claim_at_once(
    replicas: tuple[Store, Store], endpoint: Endpoint, most: int
) -> None:
    """20 claimers in two replicas keep to the caps exactly, and each row is worked on once."""
    rows = [await order(replicas[0], channel, number=number) for channel in ("acme", "bee") for number in range(8)]
    if endpoint is Endpoint.PROGRESS:
        for row in rows:
            await accept(replicas[0], row)
    async with replicas[0]() as tx:
        lane = await tx.lanes.hold("channels/acme", endpoint, at=START)
        await tx.lanes.save(lane.strain(START - timedelta(minutes=1)), at=START)
    crowd = Crowd(endpoint, awaited=len(rows))

    await asyncio.gather(*(crowd.work(replicas[number % 2]) for number in range(CLAIMERS)))

    assert crowd.worked == Counter(row.name for row in rows)
    assert crowd.highest == {"channels/acme": 1, "channels/bee": most}
    assert await claim(replicas[0], endpoint) is None


class Crowd:
    """Claimers who hold each row until others have asked in vain, and note how many of a channel are held at once."""

    def __init__(self, endpoint: Endpoint, *, awaited: int) -> None:
        self.worked: Counter[str] = Counter()
        self.highest: Counter[str] = Counter()
        self._endpoint = endpoint
        self._awaited = awaited
        self._asked = 0
        self._in_flight: Counter[str] = Counter()

    async def work(self, store: Store) -> None:
        """Claim until every row was claimed."""
        while self.worked.total() < self._awaited:
            claimed = await claim(store, self._endpoint)
            self._asked += 1
            if claimed is not None:
                await self._hold(claimed)
                await finish(store, claimed)

    async def _hold(self, claimed: Claim[SendRow]) -> None:
        channel, asked = claimed.item.channel, self._asked
        self.worked[claimed.item.name] += 1
        self._in_flight[channel] += 1
        self.highest[channel] = max(self.highest[channel], self._in_flight[channel])
        await eventually(lambda: self._asked >= asked + CLAIMERS or self.worked.total() == self._awaited)
        self._in_flight[channel] -= 1


async def test_lanes_are_held_in_one_order(delivery: Delivery) -> None:
    """What LINE calls a repetition goes back to the other lane, while that lane's holder tells of an acceptance."""
    await delivery.send()
    delivery.line.move("line-request-1", Phase.FAILED, failure=NarrowcastFailure.DUPLICATE)
    async with delivery.uow() as tx:
        await tx.lanes.hold(CHANNEL, Endpoint.NARROWCAST, at=delivery.clock.now())
        follower = asyncio.create_task(delivery.follow())
        await eventually(lambda: is_waiting(delivery))
        await tx.lanes.hold(CHANNEL, Endpoint.PROGRESS, at=delivery.clock.now())

    assert await follower


async def test_whoever_joins_the_queue_later_has_the_later_time(delivery: Delivery) -> None:
    """An order that waits for another one of its channel to be stored is dated when it is stored itself."""
    name = await delivery.create()
    async with delivery.uow() as tx:
        await tx.lanes.hold(CHANNEL, Endpoint.NARROWCAST, at=delivery.clock.now())
        ordering = asyncio.create_task(delivery.order(name))
        await eventually(lambda: is_waiting(delivery))
        delivery.clock.advance(timedelta(seconds=1))
    ordered = await ordering

    assert ordered.order is not None
    assert ordered.order.time == delivery.clock.now()


async def is_waiting(delivery: Delivery) -> bool:
    """Tell whether a transaction waits for another one."""
    return bool(await delivery.connection.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"))


async def test_a_flood_on_one_channel_holds_up_no_other(replicas: tuple[Store, Store]) -> None:
    """Whatever waits on one channel, another one's order is next after at most one of each channel."""
    for number in range(40):
        await order(replicas[0], "flood", number=number)
    for channel in CHANNELS:
        await order(replicas[0], channel, at=START + timedelta(seconds=1))
    served = []
    for number in range(2 * len(CHANNELS)):
        claimed = await claim(replicas[number % 2], at=START + timedelta(seconds=1))
        assert claimed is not None
        served.append(claimed.item.channel.removeprefix("channels/"))
        await finish(replicas[number % 2], claimed)

    assert served.index("flood") == 0
    assert set(served[1 : 1 + len(CHANNELS)]) == set(CHANNELS)
    assert set(served[1 + len(CHANNELS) :]) == {"flood"}


async def test_the_longest_waiting_channel_is_next(store: Store) -> None:
    """Among channels that are due since different times the turn goes by time, and then from one to the next."""
    for minutes, channel in enumerate(CHANNELS):
        for number in range(2):
            await order(store, channel, number=number, at=START - timedelta(minutes=10 - minutes))
    served = []
    for second in range(2 * len(CHANNELS)):
        claimed = await claim(store, at=START + timedelta(seconds=second))
        assert claimed is not None
        served.append(claimed.item.channel.removeprefix("channels/"))
        await finish(store, claimed)

    assert served == [*CHANNELS, *CHANNELS]


async def test_a_row_whose_holder_died_is_taken_up_after_the_lease(store: Store) -> None:
    """Nobody gets it before, and no announcement is needed."""
    row = await order(store, "acme")
    dead = await claim(store, lease=SHORT)
    assert dead is not None
    while_it_lives = await claim(store, at=START + SHORT)
    times = iter(range(2, 1_000_000))

    succeeded = await eventually(lambda: claim(store, at=START + next(times) * SHORT, lease=SHORT))

    assert while_it_lives is None
    assert succeeded is not None
    assert succeeded.item.name == row.name
    assert succeeded.number == dead.number + 1


async def test_a_row_that_was_given_back_is_free_at_once(replicas: tuple[Store, Store]) -> None:
    """A replica that ends leaves its rows to the others without a pause."""
    await order(replicas[0], "acme")
    first = await claim(replicas[0])
    assert first is not None
    in_between = await claim(replicas[1])
    async with replicas[0]() as tx:
        await tx.ledger.release(first)

    assert in_between is None
    assert await claim(replicas[1]) is not None


async def test_what_was_rolled_back_is_not_announced(store: Store) -> None:
    """A row and its announcement are one fact."""
    row = await order(store, "acme")
    claimed = await claim(store)
    assert claimed is not None
    await finish(store, claimed)
    with pytest.raises(ZeroDivisionError):
        await announce_and_fail(store, row)

    async with store() as tx:
        await tx.lanes.review(now=START)
    assert await claim(store) is None


async def announce_and_fail(store: Store, row: SendRow) -> None:
    """Bring a row back into the queue in a transaction that fails."""
    async with store() as tx:
        await tx.ledger.save(row)
        raise ZeroDivisionError


async def test_what_nobody_has_announced_is_found_again(delivery: Delivery, replicas: tuple[Store, Store]) -> None:
    """A look at the rows themselves finds what is due, also while other replicas look."""
    for channel in CHANNELS:
        await order(replicas[0], channel)
    await delivery.connection.execute("DELETE FROM lanes")
    unannounced = await claim(replicas[0])

    async def review(store: Store) -> None:
        async with store() as tx:
            await tx.lanes.review(now=START)

    await asyncio.gather(*(review(store) for store in replicas * 5))
    found = [await claim(replicas[0]) for _ in CHANNELS]

    assert unannounced is None
    assert {claimed.item.channel for claimed in found if claimed} == {f"channels/{channel}" for channel in CHANNELS}


async def test_channels_with_nothing_to_do_are_looked_at_no_more(delivery: Delivery, store: Store) -> None:
    """However many there are, one look passes over them, and a lane asks for its turn only when it has work."""
    for number in range(130):
        claimed_row = await order(store, f"c{number:03}")
        assert claimed_row.next_time == START
    await delivery.connection.execute("UPDATE send_requests SET state = 'EXPIRED', due_time = NULL")
    last = await order(store, "last", at=START + timedelta(seconds=1))

    claimed = await claim(store, at=START + timedelta(seconds=1))

    assert claimed is not None
    assert claimed.item.name == last.name
    asking = await delivery.connection.fetch("SELECT channel FROM lanes WHERE turn_time IS NOT NULL")
    assert [row["channel"] for row in asking] == ["channels/last"]


async def test_a_later_order_is_looked_at_when_its_time_has_come(store: Store) -> None:
    """An order that lies ahead is not claimed early, and needs nobody to announce it again."""
    first = await order(store, "acme")
    later = await order(store, "acme", number=2, at=START + timedelta(hours=5))
    claimed = await claim(store)
    assert claimed is not None
    await finish(store, claimed)
    early = await claim(store, at=START + timedelta(hours=4))
    on_time = await claim(store, at=START + timedelta(hours=5))

    assert claimed.item.name == first.name
    assert early is None
    assert on_time is not None
    assert on_time.item.name == later.name


async def test_what_is_claimed_is_followed_as_soon_as_it_is_released(store: Store) -> None:
    """A look at an accepted row that its sender still holds does not put its following off."""
    await order(store, "acme")
    sender = await claim(store)
    assert sender is not None
    await accept(store, sender.item)
    too_early = await claim(store, Endpoint.PROGRESS)
    async with store() as tx:
        await tx.ledger.release(sender)

    assert too_early is None
    assert await claim(store, Endpoint.PROGRESS, lease=LEASE) is not None
