"""A table of jobs that is claimed as a service's table is, and its stand-in."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    DateTime,
    Integer,
    MetaData,
    Table,
    Text,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.store.claims import SqlClaims
from kit.store.ports import Claim, Claims
from tests.fakes.claims import FakeClaims

METADATA = MetaData()

JOBS = Table(
    "jobs",
    METADATA,
    Column("owner", Text, primary_key=True),
    Column("id", Integer, primary_key=True),
    Column("note", Text, nullable=False),
    # Named otherwise in the database, as a column that a service must keep for its last release.
    Column("generation", BigInteger, key="claim_number", nullable=False),
    Column("claim_expire_time", DateTime(timezone=True)),
)

TROUBLES = Table("troubles", METADATA, Column("owner", Text, primary_key=True))


@dataclass(frozen=True, slots=True)
class Job:
    """One row."""

    owner: str
    id: int
    note: str = ""


class JobStore(Claims[Job], Protocol):
    """A store whose jobs are claimed by owner and id."""

    async def add(self, *jobs: Job) -> None:
        """Store new jobs."""
        ...

    async def save(self, job: Job) -> None:
        """Store a changed job."""
        ...

    async def claim(self, *, lease: timedelta) -> Claim[Job] | None:
        """Take the first job that is free."""
        ...

    async def hold_regardless(self, claim: Claim[Job]) -> tuple[Job, bool]:
        """Return the job as it is now, and whether the claim still holds."""
        ...


class SqlJobStore(SqlClaims[Job]):
    """`JobStore` on PostgreSQL, with a claim as a busy service makes it."""

    def __init__(self, connection: AsyncConnection) -> None:
        super().__init__(
            connection,
            JOBS,
            read=lambda row: Job(row.owner, row.id, row.note),
            key_of=lambda job: (job.owner, job.id),
        )

    async def add(self, *jobs: Job) -> None:
        """Store new jobs."""
        rows = [{"owner": job.owner, "id": job.id, "note": job.note, "claim_number": 0} for job in jobs]
        await self._connection.execute(insert(JOBS), rows)

    async def save(self, job: Job) -> None:
        """Store a changed job."""
        await self._connection.execute(update(JOBS).where(self._has_key(job)).values(note=job.note))

    async def claim(self, *, lease: timedelta) -> Claim[Job] | None:
        """Take the first job that is free."""
        return await self._claim(self._candidates().order_by(JOBS.c.owner, JOBS.c.id), lease=lease)

    async def claim_fairly(self, *, lease: timedelta, cap: int) -> Claim[Job] | None:
        """Take a job of the calm owner who has the fewest in flight, and fewer than `cap`."""
        in_flight = _count_in_flight()
        fair = (
            self._candidates(in_flight < cap)
            .outerjoin(TROUBLES, TROUBLES.c.owner == JOBS.c.owner)
            .where(TROUBLES.c.owner.is_(None))
            .order_by(in_flight, JOBS.c.id)
        )
        return await self._claim(fair, lease=lease)

    async def trouble(self, owner: str) -> None:
        """Note that an owner is in trouble."""
        await self._connection.execute(insert(TROUBLES).values(owner=owner))


class FakeJobStore(FakeClaims[Job]):
    """`JobStore` in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs: dict[Hashable, Job] = {}

    async def add(self, *jobs: Job) -> None:
        """Store new jobs."""
        self.jobs.update({self._key_of(job): job for job in jobs})

    async def save(self, job: Job) -> None:
        """Store a changed job."""
        self.jobs[self._key_of(job)] = job

    async def claim(self, *, lease: timedelta) -> Claim[Job] | None:
        """Take the first job that is free."""
        free = [job for _, job in sorted(self.jobs.items(), key=str) if self.is_free(job)]
        return self.grant(free[0], lease=lease) if free else None

    def _find(self, key: Hashable) -> Job | None:
        return self.jobs.get(key)

    def _key_of(self, item: Job) -> Hashable:
        return item.owner, item.id


@dataclass(frozen=True, slots=True)
class JobTransaction:
    """What a unit of work offers."""

    jobs: JobStore


def _count_in_flight() -> ColumnElement[int]:
    other = JOBS.alias()
    counted = select(func.count()).where(other.c.owner == JOBS.c.owner, other.c.claim_expire_time >= func.now())
    return counted.correlate(JOBS).scalar_subquery()
