"""What the use cases rely on PostgreSQL for: claims side by side, names for ever, rows of the release before."""

import json
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from audience.adapters.store.transaction import SqlTransaction, build_transaction
from audience.application.ports import SealedCredentials
from audience.domain.channels import ObservedProblem, Problem
from kit.errors import AlreadyExists
from kit.ids import RandomIds
from kit.store.engine import open_database
from kit.store.holding import LEASE
from kit.store.uow import SqlUnitOfWork
from tests.contract.audience.rows import NOW, make_channel, make_list

Store = SqlUnitOfWork[SqlTransaction]


async def change(database_url: str, statement: str, value: str) -> None:
    """Change what no port does."""
    database = open_database(database_url, application_name="test")
    async with database.writer.begin() as connection:
        await connection.execute(text(statement), {"value": value})
    await database.close()


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """Give transactions on a database with one channel and one list that waits."""
    database = open_database(database_url, application_name="test")
    uow: Store = SqlUnitOfWork(database, lambda connection: build_transaction(connection, ids=RandomIds()))
    async with uow() as tx:
        await tx.channels.add(make_channel(), SealedCredentials(b"sealed"))
        await tx.contact_lists.add(make_list())
    yield uow
    await database.close()


async def test_claims_of_two_transactions(store: Store) -> None:
    """Two replicas that look for work at once get one list and one channel between them, and neither waits."""
    async with store() as one, store() as other:
        claims = [await tx.contact_lists.claim_sync(now=NOW, lease=LEASE) for tx in (one, other)]
        polls = [await tx.channels.claim_poll(now=NOW, lease=LEASE) for tx in (one, other)]

    assert [claim is None for claim in claims] == [False, True]
    assert [None if poll is None else poll.item for poll in polls] == [make_channel(), None]


async def test_problems_of_the_release_before(store: Store, database_url: str) -> None:
    """Problems that the last release wrote may be tried again at once."""
    written = {"problem": "LINE_CREDENTIALS_REFUSED", "description": "x", "observe_time": NOW.isoformat()}
    await change(database_url, "UPDATE channels SET problems = CAST(:value AS jsonb)", json.dumps([written]))
    async with store.read() as tx:
        old = await tx.channels.find("channels/acme")

    assert old is not None
    assert old.problems == (ObservedProblem(Problem.LINE_CREDENTIALS_REFUSED, "x", NOW, 1, NOW),)


async def test_deleted_name(store: Store, database_url: str) -> None:
    """The name of a channel that was deleted is not free again, its LINE channel is."""
    async with store() as tx:
        await tx.channels.add(make_channel("channels/other", "2"), SealedCredentials(b"sealed"))
    await change(database_url, "DELETE FROM channels WHERE name = :value", "channels/other")
    async with store() as tx:
        taken = await tx.channels.is_name_taken("channels/other")
        with pytest.raises(AlreadyExists):
            await tx.channels.add(make_channel("channels/other", "2"), SealedCredentials(b"sealed"))
        await tx.channels.add(make_channel("channels/third", "2"), SealedCredentials(b"sealed"))

    assert taken
