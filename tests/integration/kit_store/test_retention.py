"""Tests of the deletion by age."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from sqlalchemy import text

from kit.events import inbox, outbox
from kit.events.schema import INBOX
from kit.store import requests, retention
from kit.store.engine import Database
from kit.store.retention import Retention, keep_swept, sweep
from kit.store.uow import connected, transaction
from tests.infrastructure.eventually import eventually

KEEP_DAY = Retention(INBOX, INBOX.c.receive_time, keep=timedelta(days=1))


async def fill_inbox(database: Database, count: int, age: str) -> None:
    """Note `count` events as received `age` ago."""
    fill = text("INSERT INTO inbox SELECT 'c', :age || n, now() - CAST(:age AS interval) FROM generate_series(1, :n) n")
    async with transaction(database.writer) as connection:
        await connection.execute(fill, {"age": age, "n": count})


async def count_inbox(database: Database) -> int:
    """Return how many events are noted."""
    async with connected(database.reader) as connection:
        return int(await connection.scalar(text("SELECT count(*) FROM inbox")) or 0)


async def test_old_rows_go_and_young_ones_stay(database: Database) -> None:
    """A sweep deletes what is due, over several batches, and nothing else."""
    await fill_inbox(database, 2 * retention.BATCH + 1, "25 hours")
    await fill_inbox(database, 3, "23 hours")

    swept = await sweep(database.writer, KEEP_DAY)

    assert swept == 2 * retention.BATCH + 1
    assert await count_inbox(database) == 3


async def test_replicas_may_sweep_at_once(database: Database) -> None:
    """Sweeps that meet delete every due row once and don't wait for each other."""
    await fill_inbox(database, 3 * retention.BATCH, "25 hours")

    swept = await asyncio.gather(*(sweep(database.writer, KEEP_DAY) for _ in range(3)))
    swept.append(await sweep(database.writer, KEEP_DAY))

    assert sum(swept) == 3 * retention.BATCH
    assert await count_inbox(database) == 0


async def test_unpublished_events_are_kept_whatever_their_age(database: Database) -> None:
    """Only published events age; one that never went out is not lost."""
    async with transaction(database.writer) as connection:
        await connection.execute(
            text(
                "INSERT INTO outbox (event_id, source, type, subject, resource, event_time, body, create_time)"
                " VALUES ('e', 's', 't', 'a.b', 'r', now(), '', now() - interval '1 year')"
            )
        )

    assert await sweep(database.writer, outbox.RETENTION) == 0


async def test_sweeper_works_until_cancelled(database: Database) -> None:
    """The background loop sweeps at its start, all rules."""
    await fill_inbox(database, 1, "31 days")
    rules = [requests.RETENTION, inbox.RETENTION, outbox.RETENTION]

    async def is_swept() -> bool:
        return await count_inbox(database) == 0

    condition: Callable[[], bool | Awaitable[bool]] = is_swept

    sweeper = asyncio.create_task(keep_swept(database.writer, rules))
    await eventually(condition)
    sweeper.cancel()
    await asyncio.wait([sweeper])
