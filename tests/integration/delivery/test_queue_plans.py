"""What a claim reads: its turn and one channel's rows, by indexes alone, whatever else is stored (architecture 12)."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import asyncpg
import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from delivery.adapters.store.transaction import build_transaction
from delivery.domain.sending.lanes import Endpoint
from kit.clock import machine_now
from kit.ids import RandomIds
from kit.store.engine import open_database
from kit.store.holding import LEASE
from kit.store.uow import SqlUnitOfWork
from tests.bench.claims import World, list_seeds
from tests.integration.delivery.queueing import Store

WALKS = "Seq Scan on (send_requests|lanes|campaigns)|send_requests_(open|due)"
"""A table, or an index that holds the rows of all channels."""

WORLD = World(channels=300, scheduled=6_000)


@dataclass(frozen=True, slots=True)
class Library:
    """A store with many rows, its engine, and a connection to look at plans."""

    store: Store
    engine: AsyncEngine
    connection: "asyncpg.Connection[asyncpg.Record]"

    @contextmanager
    def noting(self) -> Iterator[list[str]]:
        """Give the statements that are executed in the block, once it is over."""
        statements: list[str] = []

        def note(*arguments: object) -> None:
            statements.append(str(arguments[2]))

        event.listen(self.engine.sync_engine, "before_cursor_execute", note)
        yield statements
        event.remove(self.engine.sync_engine, "before_cursor_execute", note)

    async def explain(self, statement: str) -> str:
        """Return the plan of a statement as it is made before the values are known, which a busy connection keeps."""
        count = len(set(re.findall(r"\$\d+", statement)))
        await self.connection.execute(f"PREPARE explained AS {statement}")
        values = f"({', '.join(['NULL'] * count)})" if count else ""
        lines = await self.connection.fetch(f"EXPLAIN EXECUTE explained{values}")
        await self.connection.execute("DEALLOCATE explained")
        return "\n".join(line[0] for line in lines)


@pytest.fixture
async def library(delivery_url: str) -> AsyncIterator[Library]:
    """Give a store with many channels and rows."""
    connection = await asyncpg.connect(delivery_url.replace("+asyncpg", ""))
    database = open_database(delivery_url, application_name="test")
    try:
        for seed in list_seeds(WORLD):
            await connection.execute(seed)
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        store = SqlUnitOfWork(database, partial(build_transaction, ids=RandomIds()))
        yield Library(store, database.writer, connection)
    finally:
        await database.close()
        await connection.close()


@pytest.mark.parametrize("endpoint", list(Endpoint))
async def test_a_claim_reads_by_indexes_alone(library: Library, endpoint: Endpoint) -> None:
    """Neither a channel that is served nor one that is passed over costs a look at the rows of all the others."""
    await library.connection.execute(
        "INSERT INTO lanes (channel, endpoint, due_time) SELECT 'channels/idle', $1, '-infinity'", endpoint.name
    )
    with library.noting() as statements:
        async with library.store() as tx:
            await tx.ledger.claim(endpoint, now=machine_now(), lease=LEASE)
    plans = [await library.explain(statement) for statement in dict.fromkeys(statements)]

    assert len(plans) >= 3
    assert "Sort" not in plans[0]
    assert [plan for plan in plans if re.search(WALKS, plan)] == []


async def test_the_claim_finds_what_is_due(library: Library) -> None:
    """The seed is what the measurements say: each channel has one row to work on."""
    channels = set()
    for _ in range(10):
        async with library.store() as tx:
            claimed = await tx.ledger.claim(Endpoint.NARROWCAST, now=machine_now(), lease=LEASE)
        assert claimed is not None
        channels.add(claimed.item.channel)

    assert len(channels) == 10
