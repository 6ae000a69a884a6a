"""Tests of the store on PostgreSQL: claims, the ledger, and what both keep."""

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from kit.store.engine import open_database
from kit.store.holding import LEASE
from kit.store.uow import SqlUnitOfWork, transaction
from reporting.adapters.store.transaction import SqlTransaction, build_transaction
from reporting.adapters.tables import CAMPAIGNS
from reporting.domain.campaigns import ReportState, Slot
from reporting.domain.observations import BubbleObservation, LinkObservation, Totals
from reporting.domain.reconciliation import StreamPlace
from reporting.domain.reports import Publication
from reporting.domain.rounds import Fact, FactKind
from reporting.domain.thresholds import publish
from tests.fakes.ids import FakeIds
from tests.fakes.reporting_sends import observe
from tests.integration.reporting.serving import ACCEPTED, ACME, DAY, MAY

TOTALS = Totals(
    delivered=200,
    unique_impression=100,
    bubbles=(BubbleObservation(1, impression=150),),
    links=(LinkObservation(1, "https://shop.example/あ", click=5),),
)


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


async def test_claims(uow: SqlUnitOfWork[SqlTransaction]) -> None:
    """A due campaign is given to one worker at a time, and none before it is due."""
    await track(uow)
    await track(uow, f"{ACME}/campaigns/june")
    async with uow() as tx:
        early = await tx.campaigns.claim_due(now=ACCEPTED + DAY - timedelta(seconds=1), lease=LEASE)
    # The second one is asked for while the first one's transaction still holds its row.
    async with uow() as tx, uow() as other:
        claims = [await one.campaigns.claim_due(now=ACCEPTED + DAY, lease=LEASE) for one in (tx, other)]
    async with uow() as tx:
        none = await tx.campaigns.claim_due(now=ACCEPTED + DAY, lease=LEASE)

    assert (early, none) == (None, None)
    assert {claim.item.name for claim in claims if claim is not None} == {MAY, f"{ACME}/campaigns/june"}


async def test_lost_claim(uow: SqlUnitOfWork[SqlTransaction]) -> None:
    """A claim whose lease ran out goes to the next worker, and fences the first one off."""
    await track(uow)
    async with uow() as tx:
        first = await tx.campaigns.claim_due(now=ACCEPTED + DAY, lease=timedelta())
    async with uow() as tx:
        second = await tx.campaigns.claim_due(now=ACCEPTED + DAY, lease=LEASE)
    assert first is not None
    assert second is not None
    async with uow() as tx:
        lost = await tx.campaigns.hold(first)
        held = await tx.campaigns.hold(second)
        await tx.campaigns.release(second)
    async with uow() as tx:
        third = await tx.campaigns.claim_due(now=ACCEPTED + DAY, lease=LEASE)

    assert lost is None
    assert held == second.item
    assert third is not None


async def test_ledger(uow: SqlUnitOfWork[SqlTransaction]) -> None:
    """The last line of the ledger comes back as it was published; a slot has one line."""
    await track(uow)
    first = Publication(MAY, 1, 1, ACCEPTED + DAY, publish(TOTALS))
    last = Publication(MAY, 1, 3, ACCEPTED + 3 * DAY, publish(Totals(delivered=200), first.figures))
    async with uow() as tx:
        nothing = await tx.publications.find_last(MAY)
        for publication in (first, last):
            await tx.publications.add(publication)
        await tx.observations.add(MAY, Slot(1, ACCEPTED, 1), observe(TOTALS))
        found = await tx.publications.find_last(MAY)

    assert (nothing, found) == (None, last)
    with pytest.raises(IntegrityError):
        async with uow() as tx:
            await tx.publications.add(last)


async def test_ledger_of_two_rounds(uow: SqlUnitOfWork[SqlTransaction]) -> None:
    """The last line is the last round's, though its day is an earlier one; a report shows that line."""
    await track(uow)
    again = ACCEPTED + 20 * DAY
    lines = [
        Publication(MAY, 1, 14, ACCEPTED + 14 * DAY, publish(TOTALS)),
        Publication(MAY, 2, 1, again + DAY, publish(TOTALS)),
    ]
    async with uow() as tx:
        for line in lines:
            await tx.publications.add(line)
        campaign = await tx.campaigns.lock(MAY, heard_time=ACCEPTED)
        campaign = campaign.hear(Fact(FactKind.ORDERED, again), Fact(FactKind.CONFIRMED, again))
        await tx.campaigns.save(campaign.publish(Slot(2, again, 1)))
    async with uow.read() as tx:
        last = await tx.publications.find_last(MAY)
        report = await tx.reports.find(MAY)

    assert last == lines[1]
    assert report is not None
    assert report.publication == lines[1]


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


async def test_given_up_round_trip(uow: SqlUnitOfWork[SqlTransaction]) -> None:
    """What was given up without an acceptance comes back with what was heard, and nothing else."""
    async with uow() as tx:
        new = await tx.campaigns.lock(MAY, heard_time=ACCEPTED)
        stored = new.hear(Fact(FactKind.ORDERED, ACCEPTED), Fact(FactKind.GIVEN_UP, ACCEPTED + DAY))
        await tx.campaigns.save(stored)
    async with uow() as tx:
        found = await tx.campaigns.lock(MAY, heard_time=ACCEPTED)

    assert found == stored
    assert found.state is ReportState.NOT_DELIVERED


async def test_campaign_round_trip(uow: SqlUnitOfWork[SqlTransaction]) -> None:
    """A campaign comes back as it was stored."""
    await track(uow)
    async with uow() as tx:
        held = await tx.campaigns.lock(MAY, heard_time=ACCEPTED)
        heard = held.hear(Fact(FactKind.ORDERED, ACCEPTED - DAY / 7), Fact(FactKind.CONFIRMED, ACCEPTED))
        stored = heard.publish(Slot(1, ACCEPTED, 1)).postpone(ACCEPTED + DAY, wait=None)
        await tx.campaigns.save(stored)
    async with uow() as tx:
        found = await tx.campaigns.lock(MAY, heard_time=ACCEPTED + DAY)

    assert found == stored


async def test_reconciliation(uow: SqlUnitOfWork[SqlTransaction]) -> None:
    """The comparison with delivery is due from the start, kept as it was stored, and one worker's at a time."""
    async with uow() as tx:
        claim = await tx.reconciliations.claim_due(now=ACCEPTED, lease=LEASE)
    assert claim is not None
    place = StreamPlace("2026-05-01T00:00:00Z", first_sequence=2**40, handled_sequence=1)
    noted = claim.item.watch(place, ACCEPTED).advance(claim.item.begin(ACCEPTED), "page-2")
    async with uow() as tx:
        await tx.reconciliations.lock("delivery")
        await tx.reconciliations.save(noted)
        second = await tx.reconciliations.claim_due(now=ACCEPTED, lease=LEASE)
        held = await tx.reconciliations.hold(claim)
        await tx.reconciliations.release(claim)
    async with uow.read() as tx:
        found = await tx.reconciliations.find("delivery")
    async with uow() as tx:
        done = noted.advance(noted.begin(ACCEPTED), "")
        await tx.reconciliations.save(done.postpone(ACCEPTED, wait=DAY))
        third = await tx.reconciliations.claim_due(now=ACCEPTED, lease=LEASE)

    assert held == found == noted
    assert (second, third) == (None, None)
