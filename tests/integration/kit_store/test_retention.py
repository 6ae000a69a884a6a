"""Tests of the deletion by age."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import exists, select, text

from kit.clock import SystemClock, machine_now
from kit.events.schema import INBOX, OUTBOX
from kit.retention import RULES
from kit.store import retention
from kit.store.engine import Database
from kit.store.retention import CUTOFF, Retention, keep_swept, sweep
from kit.store.uow import connected, transaction
from tests.fakes.clock import FakeClock
from tests.infrastructure.eventually import eventually

DAY = timedelta(days=1)
KEEP_DAY = Retention(table=INBOX, column=INBOX.c.receive_time, keep=DAY, why="for a day")
CLOCK = SystemClock()
(OF_OUTBOX,) = [rule for rule in RULES if rule.table is OUTBOX and isinstance(rule, Retention)]


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

    swept = await sweep(database.writer, KEEP_DAY, clock=CLOCK)

    assert swept == 2 * retention.BATCH + 1
    assert await count_inbox(database) == 3


async def test_replicas_may_sweep_at_once(database: Database) -> None:
    """Sweeps that meet delete every due row once and don't wait for each other."""
    await fill_inbox(database, 3 * retention.BATCH, "25 hours")

    swept = await asyncio.gather(*(sweep(database.writer, KEEP_DAY, clock=CLOCK) for _ in range(3)))
    swept.append(await sweep(database.writer, KEEP_DAY, clock=CLOCK))

    assert sum(swept) == 3 * retention.BATCH
    assert await count_inbox(database) == 0


async def test_age_in_business_time(database: Database) -> None:
    """A rule about business time goes by the clock that may be moved, one about machine time does not."""
    await fill_inbox(database, 1, "1 hour")
    ahead = FakeClock(machine_now() + 2 * DAY)

    assert await sweep(database.writer, KEEP_DAY, clock=ahead) == 0
    assert await sweep(database.writer, replace(KEEP_DAY, business=True), clock=ahead) == 1


async def test_condition_on_another_table(database: Database) -> None:
    """A row that is old enough stays until what it depends on is old enough too."""
    await fill_inbox(database, 2, "25 hours")
    add_event = text(
        "INSERT INTO outbox (event_id, source, type, subject, resource, event_time, body, publish_time)"
        " VALUES ('25 hours1', 's', 't', 'a.b', 'r', now(), '', now())"
    )
    rule = replace(
        KEEP_DAY,
        when=exists(select(OUTBOX.c.id).where(OUTBOX.c.event_id == INBOX.c.event_id, OUTBOX.c.publish_time < CUTOFF)),
    )
    async with transaction(database.writer) as connection:
        await connection.execute(add_event)
    young = await sweep(database.writer, rule, clock=CLOCK)
    async with transaction(database.writer) as connection:
        await connection.execute(text("UPDATE outbox SET publish_time = now() - interval '2 days'"))

    assert young == 0
    assert await sweep(database.writer, rule, clock=CLOCK) == 1
    assert await count_inbox(database) == 1


async def test_unpublished_events_are_kept_whatever_their_age(database: Database) -> None:
    """Only published events age; one that never went out is not lost."""
    async with transaction(database.writer) as connection:
        await connection.execute(
            text(
                "INSERT INTO outbox (event_id, source, type, subject, resource, event_time, body, create_time)"
                " VALUES ('e', 's', 't', 'a.b', 'r', now(), '', now() - interval '1 year')"
            )
        )

    assert await sweep(database.writer, OF_OUTBOX, clock=CLOCK) == 0


async def test_sweeper_works_until_cancelled(database: Database) -> None:
    """The background loop sweeps at its start, all rules."""
    await fill_inbox(database, 1, "31 days")

    async def is_swept() -> bool:
        return await count_inbox(database) == 0

    condition: Callable[[], bool | Awaitable[bool]] = is_swept

    sweeper = asyncio.create_task(keep_swept(database.writer, RULES, clock=CLOCK))
    await eventually(condition)
    sweeper.cancel()
    await asyncio.wait([sweeper])
