"""Tests of claims on rows, on PostgreSQL and on the stand-in that unit tests use."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, update

from kit.store.engine import Database, open_database
from kit.store.holding import holding
from kit.store.ports import Claim, UnitOfWork
from kit.store.uow import SqlUnitOfWork
from tests.fakes.store import FakeUnitOfWork
from tests.infrastructure.eventually import eventually
from tests.integration.kit_store.jobs import JOBS, METADATA, FakeJobStore, Job, JobTransaction, SqlJobStore

LEASE = timedelta(hours=1)
SHORT = timedelta(milliseconds=500)

FIRST, SECOND = Job("a", 1), Job("a", 2)

Uow = UnitOfWork[JobTransaction]
Expire = Callable[[], Awaitable[None]]


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Give a database with an empty table of jobs."""
    database = open_database(database_url, application_name="kit-tests")
    async with database.writer.begin() as connection:
        await connection.run_sync(METADATA.create_all)
    yield database
    await database.close()


@pytest.fixture
def sql(database: Database) -> SqlUnitOfWork[SqlJobStore]:
    """Give the unit of work on PostgreSQL."""
    return SqlUnitOfWork(database, SqlJobStore)


@pytest.fixture(params=["postgresql", "fake"])
def stores(request: pytest.FixtureRequest) -> tuple[Uow, Expire]:
    """Give one of both stores, and what lets all of its leases run out."""
    if request.param == "fake":
        fake = FakeJobStore()

        async def expire_fake() -> None:
            fake.expire()

        return FakeUnitOfWork(JobTransaction(fake)), expire_fake

    database: Database = request.getfixturevalue("database")

    async def expire_rows() -> None:
        async with database.writer.begin() as connection:
            await connection.execute(update(JOBS).values(claim_expire_time=func.now() - timedelta(seconds=1)))

    return SqlUnitOfWork(database, lambda connection: JobTransaction(SqlJobStore(connection))), expire_rows


@pytest.fixture
def uow(stores: tuple[Uow, Expire]) -> Uow:
    """Give the unit of work of one of both stores."""
    return stores[0]


@pytest.fixture
def expire(stores: tuple[Uow, Expire]) -> Expire:
    """Give what lets all leases run out."""
    return stores[1]


async def add(uow: Uow, *jobs: Job) -> None:
    """Store jobs."""
    async with uow() as tx:
        await tx.jobs.add(*jobs)


async def claim(uow: Uow, lease: timedelta = LEASE) -> Claim[Job]:
    """Claim the first job that is free; there is one."""
    found = await claim_or_none(uow, lease)
    assert found is not None
    return found


async def claim_or_none(uow: Uow, lease: timedelta = LEASE) -> Claim[Job] | None:
    """Claim the first job that is free, if there is one."""
    async with uow() as tx:
        return await tx.jobs.claim(lease=lease)


async def test_a_claimed_row_is_nobody_elses(uow: Uow) -> None:
    """Each claim takes another row, in the order asked for, until none is free."""
    await add(uow, SECOND, FIRST)

    claims = [await claim_or_none(uow) for _ in range(3)]

    assert [None if found is None else found.item for found in claims] == [FIRST, SECOND, None]


async def test_held_row_is_read_anew(uow: Uow) -> None:
    """Who holds a claim gets the row as it is now, not as it was when it was claimed."""
    await add(uow, FIRST)
    mine = await claim(uow)
    async with uow() as tx:
        await tx.jobs.save(replace(FIRST, note="changed"))

    async with uow() as tx:
        held, regardless = await tx.jobs.hold(mine), await tx.jobs.hold_regardless(mine)

    assert held == replace(FIRST, note="changed")
    assert regardless == (held, True)


async def test_released_row_is_free_at_once(uow: Uow) -> None:
    """The next claim has a higher number, by which the first one's holder is fenced off."""
    await add(uow, FIRST)
    mine = await claim(uow)

    async with uow() as tx:
        await tx.jobs.release(mine)
    theirs = await claim(uow)

    assert theirs.number == mine.number + 1


async def test_lapsed_claim_is_lost(uow: Uow, expire: Expire) -> None:
    """Whoever outlived a lease and was succeeded can neither extend, hold nor release."""
    await add(uow, FIRST)
    mine = await claim(uow)
    await expire()
    theirs = await claim(uow)

    async with uow() as tx:
        extended, held, regardless = (
            await tx.jobs.extend(mine, lease=LEASE),
            await tx.jobs.hold(mine),
            await tx.jobs.hold_regardless(mine),
        )
        await tx.jobs.release(mine)

    assert (extended, held, regardless) == (False, None, (FIRST, False))
    async with uow() as tx:
        assert await tx.jobs.hold(theirs) == FIRST
    assert await claim_or_none(uow) is None


async def test_lapsed_claim_that_nobody_took_still_holds(uow: Uow, expire: Expire) -> None:
    """A holder that was slow, and was not succeeded, goes on and keeps others away again."""
    await add(uow, FIRST)
    mine = await claim(uow)
    await expire()

    async with uow() as tx:
        assert await tx.jobs.hold(mine) == FIRST
        assert await tx.jobs.extend(mine, lease=LEASE)

    assert await claim_or_none(uow) is None


async def test_row_that_is_gone_is_held_by_nobody(uow: Uow) -> None:
    """A claim on a row that does not exist any more is lost."""
    gone = Claim(FIRST, 1)

    async with uow() as tx:
        assert await tx.jobs.hold(gone) is None
        with pytest.raises(LookupError):
            await tx.jobs.hold_regardless(gone)


async def test_rivals_share_the_rows(sql: SqlUnitOfWork[SqlJobStore]) -> None:
    """Of claims that run at the same time no two get one row, and none waits for another."""
    async with sql() as tx:
        await tx.add(*(Job("a", number) for number in range(20)))

    async def take() -> list[int]:
        taken: list[int] = []
        async with sql() as tx:
            while (found := await tx.claim(lease=LEASE)) is not None and len(taken) < 4:
                taken.append(found.item.id)
        return taken

    shares = await asyncio.gather(*(take() for _ in range(4)))

    ids = [number for share in shares for number in share]
    assert len(ids) == len(set(ids))


async def test_store_narrows_and_orders(sql: SqlUnitOfWork[SqlJobStore]) -> None:
    """A store's own conditions hold: whoever is in trouble waits, owners take turns, and each has a cap."""
    async with sql() as tx:
        await tx.add(*(Job(owner, number) for owner in ("busy", "calm", "sick") for number in range(5)))
        await tx.trouble("sick")

    claims = []
    for _ in range(5):
        async with sql() as tx:
            claims.append(await tx.claim_fairly(lease=LEASE, cap=2))

    owners = [None if found is None else found.item.owner for found in claims]
    assert sorted(owners[:2], key=str) == sorted(owners[2:4], key=str) == ["busy", "calm"]
    assert owners[4] is None


async def test_holding_renews_and_releases(database: Database) -> None:
    """A block that takes longer than the lease keeps its row, which is free as soon as the block has ended."""
    sql = SqlUnitOfWork(database, lambda connection: JobTransaction(SqlJobStore(connection)))
    await add(sql, FIRST)
    mine = await claim(sql, SHORT)
    ended = asyncio.get_running_loop().time() + 3 * SHORT.total_seconds()

    async with holding(sql, lambda tx: tx.jobs, mine, lease=SHORT):
        await eventually(lambda: asyncio.get_running_loop().time() > ended)
        during = await claim_or_none(sql)

    assert during is None
    assert await claim_or_none(sql) is not None


async def test_cancelled_block_gives_its_row_back(uow: Uow) -> None:
    """Work that is cancelled, as at SIGTERM, leaves its row to the next replica at once."""
    await add(uow, FIRST)
    mine = await claim(uow)
    begun = asyncio.Event()

    async def work() -> None:
        async with holding(uow, lambda tx: tx.jobs, mine, lease=LEASE):
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await begun.wait()
    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()
    assert await claim_or_none(uow) is not None


async def test_failed_block_keeps_its_row(uow: Uow) -> None:
    """A row that fails each time is not taken up again before its lease has run out."""
    await add(uow, FIRST)
    mine = await claim(uow)

    with pytest.raises(ZeroDivisionError):
        async with holding(uow, lambda tx: tx.jobs, mine, lease=LEASE):
            raise ZeroDivisionError

    assert await claim_or_none(uow) is None
