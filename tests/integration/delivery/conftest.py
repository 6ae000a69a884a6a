"""The delivery service's use cases on a real PostgreSQL, before a LINE and an audience service of the test's choice."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from functools import partial

import asyncpg
import pytest

from delivery.adapters.store.transaction import SqlTransaction, build_transaction
from delivery.bootstrap import DELIVERY, build_use_cases
from delivery.domain.policy.facts import ChannelFacts
from kit.ids import RandomIds
from kit.store.engine import open_database
from kit.store.migrate import upgrade
from kit.store.uow import SqlUnitOfWork
from tests.fakes.clock import FakeClock
from tests.fakes.delivery_facts import FakeFacts
from tests.fakes.delivery_line import FakeLine
from tests.integration.delivery.handling import CHANNEL, Delivery
from tests.strategies.policy import NOW, make_audience, make_list


def _migrate(database_url: str) -> None:
    asyncio.run(upgrade(database_url, DELIVERY.migrations))


@pytest.fixture
async def delivery(template_database: Callable[[str, Callable[[str], None]], str]) -> AsyncIterator[Delivery]:
    """Give use cases for which nothing stands against a send to the audience 101."""
    url = await asyncio.to_thread(template_database, "delivery", _migrate)
    clock = FakeClock(NOW)
    line, facts = FakeLine(clock), FakeFacts(ChannelFacts(CHANNEL, 3000, "jp", timedelta(hours=24), "U-acme"))
    facts.put(make_audience(), make_list())
    database = open_database(url, application_name="test")
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    uow: SqlUnitOfWork[SqlTransaction] = SqlUnitOfWork(database, partial(build_transaction, ids=RandomIds()))
    use_cases = build_use_cases(uow, facts=facts, messages=line, insight=line, clock=clock)
    yield Delivery(use_cases, line, facts, clock, connection)
    await connection.close()
    await database.close()
