"""What the use cases rely on PostgreSQL for: claims side by side, and rows of the release before."""

from collections.abc import AsyncIterator
from functools import partial

import pytest
from sqlalchemy import insert

from kit.store.engine import open_database
from kit.store.holding import LEASE
from kit.store.uow import SqlUnitOfWork, transaction
from reporting.adapters.store.transaction import SqlTransaction, build_transaction
from reporting.adapters.tables import CAMPAIGNS
from reporting.domain.campaigns import ReportState
from reporting.domain.rounds import Fact, FactKind
from tests.fakes.ids import FakeIds
from tests.integration.reporting.serving import ACCEPTED, ACME, DAY, MAY


@pytest.fixture
async def uow(database_url: str) -> AsyncIterator[SqlUnitOfWork[SqlTransaction]]:
    """Give units of work on a migrated database."""
    database = open_database(database_url, application_name="tests")
    yield SqlUnitOfWork(database, partial(build_transaction, ids=FakeIds()))
    await database.close()


async def track(uow: SqlUnitOfWork[SqlTransaction], name: str = MAY) -> None:
    """Store an accepted campaign."""
    async with uow() as tx:
        campaign = await tx.campaigns.lock(name, heard_time=ACCEPTED)
        await tx.campaigns.save(campaign.hear(Fact(FactKind.ACCEPTED, ACCEPTED)))


async def test_claims_of_two_transactions(uow: SqlUnitOfWork[SqlTransaction]) -> None:
    """Two workers that look for work at once get two campaigns, and neither waits for the other."""
    await track(uow)
    await track(uow, f"{ACME}/campaigns/june")
    async with uow() as tx, uow() as other:
        claims = [await one.campaigns.claim_due(now=ACCEPTED + DAY, lease=LEASE) for one in (tx, other)]

    assert {claim.item.name for claim in claims if claim is not None} == {MAY, f"{ACME}/campaigns/june"}


@pytest.mark.parametrize(
    ("columns", "state", "next_day"),
    [
        ({"accept_time": ACCEPTED, "due_day": 1}, ReportState.PENDING, 1),
        ({"accept_time": ACCEPTED, "published_day": 1, "due_day": 3}, ReportState.COUNTING, 3),
        ({"accept_time": ACCEPTED, "published_day": 14}, ReportState.FINAL, None),
        ({"accept_time": ACCEPTED, "failed": True}, ReportState.NOT_DELIVERED, None),
        ({"failed": True}, ReportState.NOT_DELIVERED, None),
    ],
)
async def test_rows_of_the_release_before(
    uow: SqlUnitOfWork[SqlTransaction],
    database_url: str,
    columns: dict[str, object],
    state: ReportState,
    next_day: int | None,
) -> None:
    """A row that the release before this one wrote, which knows no set of facts, is read as it was meant."""
    database = open_database(database_url, application_name="tests")
    written = {"name": MAY, "channel": ACME, "start_time": ACCEPTED, "failed": False, "failure_count": 0, **columns}
    async with transaction(database.writer) as connection:
        await connection.execute(insert(CAMPAIGNS).values(written))
    await database.close()
    async with uow() as tx:
        found = await tx.campaigns.lock(MAY, heard_time=ACCEPTED)
        repeated = found.hear(Fact(FactKind.ACCEPTED, ACCEPTED)) if "accept_time" in columns else found
        await tx.campaigns.save(repeated)
    async with uow() as tx:
        saved = await tx.campaigns.lock(MAY, heard_time=ACCEPTED)

    assert found.state is state
    assert found.next_publish_time == (None if next_day is None else ACCEPTED + next_day * DAY)
    assert saved == found
