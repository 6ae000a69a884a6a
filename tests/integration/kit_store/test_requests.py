"""Tests of stored answers; one suite for PostgreSQL and for the fake that unit tests use."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import insert, select

from kit.errors import RequestIdReused
from kit.store.engine import Database
from kit.store.ports import RequestAnswers, RequestKey
from kit.store.requests import SqlRequestAnswers
from kit.store.schema import REQUEST_ANSWERS
from kit.store.uow import SqlUnitOfWork
from outreach.delivery.v1.campaign_pb2 import Campaign
from tests.fakes.store import FakeRequestAnswers, FakeUnitOfWork

KEY = RequestKey(caller="crm", method="/test.Library/LendBook", request_id="1b4e28ba-2fa1-41d2-883f-0016d3cca427")


@dataclass(frozen=True, slots=True)
class Tx:
    """A bundle of nothing but answers."""

    answers: Any = field(default_factory=FakeRequestAnswers)


Open = Callable[[], AbstractAsyncContextManager[Tx]]


@pytest.fixture
def sql(database: Database) -> Open:
    """Open transactions on PostgreSQL."""
    return SqlUnitOfWork(database, lambda connection: Tx(SqlRequestAnswers(connection)))


@pytest.fixture(params=["sql", "fake"])
def uow(request: pytest.FixtureRequest) -> Open:
    """Open transactions of either kind."""
    return request.getfixturevalue("sql") if request.param == "sql" else FakeUnitOfWork(Tx())


async def test_first_request_has_no_answer(uow: Open) -> None:
    """A request id that was never seen finds nothing."""
    async with uow() as tx:
        assert await tx.answers.find(KEY, b"body") is None


async def test_repeat_finds_the_name(uow: Open) -> None:
    """The same request again finds the name that the first one was answered with."""
    async with uow() as tx:
        await tx.answers.find(KEY, b"body")
        await tx.answers.record(KEY, b"body", "books/1")

    async with uow() as tx:
        assert await tx.answers.find(KEY, b"body") == "books/1"


async def test_other_body_is_refused(uow: Open) -> None:
    """A request id can't be used for something else (ST 1.12)."""
    async with uow() as tx:
        await tx.answers.record(KEY, b"body", "books/1")

    with pytest.raises(RequestIdReused):
        async with uow() as tx:
            await tx.answers.find(KEY, b"another body")


@pytest.mark.parametrize("other", [{"caller": "shop"}, {"method": "/test.Library/ReturnBook"}, {"request_id": "2"}])
async def test_keys_are_independent(uow: Open, other: dict[str, str]) -> None:
    """Callers can't see, or use up, each other's request ids; nor can methods."""
    async with uow() as tx:
        await tx.answers.record(KEY, b"body", "books/1")

    parts = {"caller": KEY.caller, "method": KEY.method, "request_id": KEY.request_id}
    async with uow() as tx:
        assert await tx.answers.find(RequestKey(**(parts | other)), b"body") is None


async def test_answers_of_the_last_release_are_found(database: Database, sql: Open) -> None:
    """A repetition of what a replica of the last release answered finds the name in the answer that it kept."""
    kept = Campaign(name="channels/acme/campaigns/春", display_name="Spring").SerializeToString(deterministic=True)
    async with database.writer.begin() as connection:
        told = {"caller": KEY.caller, "method": KEY.method, "request_id": KEY.request_id, "answer": kept}
        await connection.execute(insert(REQUEST_ANSWERS).values(**told, request_hash=sha256(b"body").digest()))

    async with sql() as tx:
        assert await tx.answers.find(KEY, b"body") == "channels/acme/campaigns/春"


async def test_the_last_release_reads_a_resource_with_its_name_alone(database: Database, sql: Open) -> None:
    """A replica of the last release answers a repetition with the resource that it is about, and no stale content."""
    async with sql() as tx:
        await tx.answers.record(KEY, b"body", "channels/acme/campaigns/may")

    async with database.reader.connect() as connection:
        answer = await connection.scalar(select(REQUEST_ANSWERS.c.answer))
    assert Campaign.FromString(answer or b"") == Campaign(name="channels/acme/campaigns/may")


async def test_rolled_back_request_may_be_repeated(uow: Open) -> None:
    """The answer of a transaction that failed does not exist."""

    async def record_and_fail() -> None:
        async with uow() as tx:
            await tx.answers.record(KEY, b"body", "books/1")
            raise LookupError

    with pytest.raises(LookupError):
        await record_and_fail()

    async with uow() as tx:
        assert await tx.answers.find(KEY, b"body") is None


async def test_equal_requests_at_once_have_one_effect(sql: Open) -> None:
    """Of equal requests that race one does the work, and all get its answer."""
    done: list[int] = []

    async def request(number: int) -> str:
        async with sql() as tx:
            answers: RequestAnswers = tx.answers
            name = await answers.find(KEY, b"body")
            if name is None:
                done.append(number)
                name = f"books/{number}"
                await answers.record(KEY, b"body", name)
            return name

    names = await asyncio.gather(*(request(number) for number in range(5)))

    assert len(done) == 1
    assert set(names) == {f"books/{done[0]}"}


async def test_racer_takes_over_from_a_failure(sql: Open) -> None:
    """When the first of two equal requests fails, the one that waited for it does the work."""
    holding, fail = asyncio.Event(), asyncio.Event()

    async def fail_later() -> None:
        async with sql() as tx:
            await tx.answers.find(KEY, b"body")
            holding.set()
            await fail.wait()
            raise LookupError

    async def wait_for_it() -> str | None:
        await holding.wait()
        async with sql() as tx:
            asyncio.get_running_loop().call_soon(fail.set)
            answers: RequestAnswers = tx.answers
            return await answers.find(KEY, b"body")

    failed, found = await asyncio.gather(fail_later(), wait_for_it(), return_exceptions=True)

    assert isinstance(failed, LookupError)
    assert found is None
