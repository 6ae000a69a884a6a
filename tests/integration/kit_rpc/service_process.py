"""A service as a process of its own: `python -m tests.integration.kit_rpc.service_process FILE`.

It claims jobs (`tests.integration.kit_store.jobs`), works on each until there is such a file, and notes it.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import structlog

from kit.background import run_side_by_side
from kit.config import BaseSettings
from kit.events.streams import EventStream
from kit.rpc.run import Worker, run_service
from kit.rpc.server import Api
from kit.service import Definition, Service, keep_house, open_ground, serve
from kit.store.holding import holding
from kit.store.ports import Claim
from kit.store.uow import SqlUnitOfWork
from tests.infrastructure.eventually import eventually
from tests.integration.kit_rpc.echo import ACCESS, INTERNAL, PUBLIC, EchoServicer
from tests.integration.kit_store.databases import MIGRATIONS
from tests.integration.kit_store.jobs import METADATA, Job, SqlJobStore

LEASE = timedelta(minutes=1)

DEFINITION = Definition(
    name="echo",
    migrations=MIGRATIONS,
    stream=EventStream(name="echo", subjects=("outreach.echo.v1.>",)),
    retention=(),
)


class Jobs:
    """The use case of jobs."""

    def __init__(self, uow: SqlUnitOfWork[SqlJobStore], end: Path) -> None:
        self._uow = uow
        self._end = end

    async def claim(self) -> Claim[Job] | None:
        """Take a job."""
        async with self._uow() as jobs:
            return await jobs.claim(lease=LEASE)

    async def work(self, claim: Claim[Job]) -> None:
        """Work on a job, and note it."""
        async with holding(self._uow, lambda jobs: jobs, claim, lease=LEASE):
            structlog.get_logger().info("job_begun")
            await eventually(self._end.exists, deadline=600)
            async with self._uow() as jobs:
                await jobs.save(Job(claim.item.owner, claim.item.id, note="done"))


@asynccontextmanager
async def _open(settings: BaseSettings) -> AsyncIterator[Service]:
    async with open_ground(DEFINITION, settings) as ground:
        async with ground.database.writer.begin() as connection:
            await connection.run_sync(METADATA.create_all)
        jobs = Jobs(SqlUnitOfWork(ground.database, SqlJobStore), Path(sys.argv[1]))
        work = partial(run_side_by_side, "jobs", jobs.claim, jobs.work, most=1, idle=timedelta(hours=1))
        api = Api(service="echo", public=[PUBLIC], internal=[INTERNAL], access=ACCESS, register=EchoServicer().register)
        yield Service(api, [*keep_house(DEFINITION, ground), Worker("jobs", work)])


async def _serve(settings: BaseSettings, stop: asyncio.Event) -> None:
    await serve(DEFINITION, settings, stop, _open)


if __name__ == "__main__":
    run_service("echo", BaseSettings, _serve)
