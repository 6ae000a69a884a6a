"""The audience store on PostgreSQL, and the fake of it that unit tests use."""

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial

import pytest
from sqlalchemy import Table, func, select

from audience.adapters.store.transaction import build_transaction
from audience.adapters.tables import LIST_MEMBERS, TOKEN_ISSUES
from audience.application.ports import Transaction
from audience.bootstrap import AUDIENCE
from kit.events.schema import OUTBOX
from kit.ids import RandomIds
from kit.store.engine import Database, open_database
from kit.store.migrate import upgrade
from kit.store.ports import UnitOfWork
from kit.store.uow import SqlUnitOfWork
from tests.contract.audience.rows import NOW, Kept, Store
from tests.fakes.audience_store import FakeAudienceStores, FakeTransaction
from tests.fakes.clock import FakeClock

_TABLES: dict[Kept, Table] = {
    Kept.MEMBERS: LIST_MEMBERS,
    Kept.TOKEN_ISSUES: TOKEN_ISSUES,
    Kept.FACTS: OUTBOX,
}


def _migrate(database_url: str) -> None:
    asyncio.run(upgrade(database_url, AUDIENCE.migrations))


@pytest.fixture(params=["fake", "postgres"])
async def store(
    request: pytest.FixtureRequest, template_database: Callable[[str, Callable[[str], None]], str]
) -> AsyncIterator[Store]:
    """Give an empty store of either kind."""
    if request.param == "fake":
        fake = FakeAudienceStores(FakeClock(NOW))
        yield Store(fake, partial(_count_kept, fake.tx))
        return
    url = await asyncio.to_thread(template_database, "audience", _migrate)
    database = open_database(url, application_name="test")
    yield Store(SqlUnitOfWork(database, partial(build_transaction, ids=RandomIds())), partial(_count_rows, database))
    await database.close()


@pytest.fixture
def uow(store: Store) -> UnitOfWork[Transaction]:
    """Give what opens transactions on the store."""
    return store.uow


async def _count_kept(tx: FakeTransaction, kept: Kept) -> int:
    match kept:
        case Kept.MEMBERS:
            return sum(map(len, tx.contact_lists.members.values()))
        case Kept.TOKEN_ISSUES:
            return len(tx.channels.token_issues)
        case Kept.FACTS:
            return len(tx.outbox.events)


async def _count_rows(database: Database, kept: Kept) -> int:
    async with database.reader.connect() as connection:
        count = await connection.scalar(select(func.count()).select_from(_TABLES[kept]))
    return int(count or 0)
