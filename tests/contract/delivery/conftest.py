"""The delivery store on PostgreSQL, and the fake that unit tests use: whatever holds for one holds for both."""

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial

import pytest

from delivery.adapters.store.transaction import build_transaction
from delivery.bootstrap import DELIVERY
from kit.ids import RandomIds
from kit.store.engine import open_database
from kit.store.migrate import upgrade
from kit.store.uow import SqlUnitOfWork
from tests.contract.delivery.storing import Store
from tests.fakes.clock import FakeClock
from tests.fakes.delivery_store import make_transaction
from tests.fakes.store import FakeUnitOfWork
from tests.strategies.rows import START


def _migrate(database_url: str) -> None:
    asyncio.run(upgrade(database_url, DELIVERY.migrations))


@pytest.fixture(params=["fake", "postgres"])
async def store(
    request: pytest.FixtureRequest, template_database: Callable[[str, Callable[[str], None]], str]
) -> AsyncIterator[Store]:
    """Give an empty store of either kind."""
    if request.param == "fake":
        yield FakeUnitOfWork(make_transaction(FakeClock(START)))
        return
    url = await asyncio.to_thread(template_database, "delivery", _migrate)
    database = open_database(url, application_name="test")
    yield SqlUnitOfWork(database, partial(build_transaction, ids=RandomIds()))
    await database.close()
