"""A service's process that starts before its database and NATS, and one that is told to end with work in hand."""

import json
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from deploy.local.ports import ReservedPort
from kit.config import BaseSettings
from kit.store.engine import Database
from kit.store.uow import SqlUnitOfWork
from tests.integration.kit_rpc.processes import await_line, started
from tests.integration.kit_store.databases import opened
from tests.integration.kit_store.jobs import METADATA, Job, SqlJobStore
from tests.integration.kit_store.wires import refusing, wired

SERVICE = "service_process"
NOWHERE = "nats://127.0.0.1:9"


async def test_service_waits_for_its_database(settings: BaseSettings, database_url: str) -> None:
    """A process that finds no database says so and goes on when there is one; NATS need not be there at all."""
    with ReservedPort() as port:
        number = int(port.address.rpartition(":")[2])
        absent = database_url.replace("@/", f"@{port.address}/").partition("?")[0]
        described = replace(settings, database_url=absent, nats_url=NOWHERE)
        async with started(SERVICE, "/nowhere", settings=described) as process:
            waiting = [await await_line(process, "database_awaited") for _ in range(2)]

            async with wired(database_url, port=number):
                await await_line(process, "rpc_server_listens")
                missed = await await_line(process, "nats_awaited")
                process.send_signal(signal.SIGTERM)
                _, errors = await process.communicate()

    assert [line["reason"] for line in waiting] == ["The database can't be reached."] * 2
    assert [line["wait_s"] for line in waiting] == [0.5, 1.0]
    assert missed["level"] == "warning"
    assert (process.returncode, errors) == (0, b"")


async def test_service_waits_for_a_database_that_is_starting(settings: BaseSettings) -> None:
    """A server that takes no sessions yet is waited for, and a process that waits ends at once and with 0."""
    async with refusing("57P03") as doorman:
        described = replace(settings, database_url=doorman.url, nats_url=NOWHERE)
        async with started(SERVICE, "/nowhere", settings=described) as process:
            line = await await_line(process, "database_awaited")
            begin = time.monotonic()
            process.send_signal(signal.SIGTERM)
            output, errors = await process.communicate()

    assert "overloaded" in line["reason"]
    assert time.monotonic() - begin < 5
    assert (process.returncode, errors) == (0, b"")
    assert b"rpc_server_listens" not in output


@pytest.mark.parametrize("state", ["28P01", "28000", "3D000"])
async def test_service_that_the_database_refuses(settings: BaseSettings, state: str) -> None:
    """What no waiting changes ends the process as other bad settings do, in one line that shows no value."""
    async with refusing(state) as doorman:
        described = replace(settings, database_url=doorman.url, nats_url=NOWHERE)
        async with started(SERVICE, "/nowhere", settings=described) as process:
            _, errors = await process.communicate()

    assert process.returncode == 78
    (line,) = errors.decode().splitlines()
    assert line.startswith("OUTREACH_DATABASE_URL: The database server")
    assert not any(word in line for word in ("someone", "somewhere", "secret", doorman.url))


@asynccontextmanager
async def jobs_of(database: Database) -> AsyncIterator[SqlUnitOfWork[SqlJobStore]]:
    """Give the jobs of a database, the first of which waits."""
    uow = SqlUnitOfWork(database, SqlJobStore)
    async with database.writer.begin() as connection:
        await connection.run_sync(METADATA.create_all)
    async with uow() as jobs:
        await jobs.add(Job("acme", 1))
    yield uow


@pytest.mark.parametrize("finishes", [True, False])
async def test_roll_out_loses_no_time(
    settings: BaseSettings,
    database_url: str,
    tmp_path: Path,
    finishes: bool,  # noqa: FBT001 - drawn by name
) -> None:
    """At SIGTERM work in hand may finish; what can't is given back, and the next replica has it at once."""
    end = tmp_path / "end"
    described = replace(settings, database_url=database_url, nats_url=NOWHERE)
    async with opened(database_url) as database, jobs_of(database) as uow:
        async with started(SERVICE, str(end), settings=described, SHUTDOWN_GRACE="2") as process:
            await await_line(process, "job_begun")
            begin = time.monotonic()
            process.send_signal(signal.SIGTERM)
            await await_line(process, "draining")
            if finishes:
                end.touch()
            output, errors = await process.communicate()
            elapsed = time.monotonic() - begin

        async with uow() as jobs:
            claim = await jobs.claim(lease=timedelta(minutes=1))

    assert (process.returncode, errors) == (0, b"")
    assert elapsed < 4
    assert claim is not None
    assert claim.item.note == ("done" if finishes else "")
    assert not [line for line in map(json.loads, output.splitlines()) if line["level"] == "error"]
