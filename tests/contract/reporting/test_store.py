"""The store's ports, on PostgreSQL and on the fake that unit tests use: whatever holds for one holds for both."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from kit.events.schema import OUTBOX
from kit.ids import RandomIds
from kit.store.engine import Database, open_database
from kit.store.holding import LEASE
from kit.store.migrate import upgrade
from kit.store.ports import Claim, UnitOfWork
from kit.store.uow import SqlUnitOfWork
from reporting.adapters.store.transaction import build_transaction
from reporting.adapters.tables import OBSERVATIONS
from reporting.application.ports import PagePosition, Transaction
from reporting.bootstrap import REPORTING
from reporting.domain.campaigns import Campaign, ReportState, Slot
from reporting.domain.events import ReportPublished
from reporting.domain.observations import BubbleObservation, LinkObservation, Totals
from reporting.domain.reconciliation import BEGINNING, Reconciliation, StreamPlace
from reporting.domain.reports import Publication, Report
from reporting.domain.rounds import Fact, FactKind
from reporting.domain.thresholds import publish
from tests.fakes.reporting_sends import observe
from tests.fakes.reporting_store import FakeTransaction
from tests.fakes.store import FakeUnitOfWork

ACME, BEE = "channels/acme", "channels/bee"
MAY, JUNE = f"{ACME}/campaigns/may", f"{ACME}/campaigns/june"
ACCEPTED = datetime(2026, 5, 1, 1, 0, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
OVER = timedelta(seconds=-1)
"""A lease that has run out already."""

TOTALS = Totals(
    delivered=200,
    unique_impression=100,
    bubbles=(BubbleObservation(1, impression=150),),
    links=(LinkObservation(1, "https://shop.example/あ", click=5),),
)
FIRST_SLOT = Slot(1, ACCEPTED, 1)
LINE = Publication(MAY, 1, 1, ACCEPTED + DAY, publish(TOTALS))


@dataclass(frozen=True, slots=True)
class Store:
    """One of both stores, and how many raw figures and facts it keeps: no port reads them back."""

    uow: UnitOfWork[Transaction]
    count: Callable[[], Awaitable[tuple[int, int]]]


def _migrate(database_url: str) -> None:
    asyncio.run(upgrade(database_url, REPORTING.migrations))


@pytest.fixture(params=["fake", "postgres"])
async def store(
    request: pytest.FixtureRequest, template_database: Callable[[str, Callable[[str], None]], str]
) -> AsyncIterator[Store]:
    """Give an empty store of either kind."""
    if request.param == "fake":
        tx = FakeTransaction()
        yield Store(FakeUnitOfWork(tx), partial(_count_kept, tx))
        return
    url = await asyncio.to_thread(template_database, "reporting", _migrate)
    database = open_database(url, application_name="test")
    yield Store(SqlUnitOfWork(database, partial(build_transaction, ids=RandomIds())), partial(_count_rows, database))
    await database.close()


async def _count_kept(tx: FakeTransaction) -> tuple[int, int]:
    return len(tx.observations.kept), len(tx.outbox.events)


async def _count_rows(database: Database) -> tuple[int, int]:
    async with database.reader.connect() as connection:
        observations, events = [
            await connection.scalar(select(func.count()).select_from(table)) for table in (OBSERVATIONS, OUTBOX)
        ]
    return int(observations or 0), int(events or 0)


@pytest.fixture
def uow(store: Store) -> UnitOfWork[Transaction]:
    """Give what opens transactions on the store."""
    return store.uow


def accept(name: str = MAY, *, after: timedelta = timedelta(0)) -> Campaign:
    """Make a campaign that LINE accepted `after` the first moment."""
    time = ACCEPTED + after
    return Campaign(name, time).hear(Fact(FactKind.ACCEPTED, time))


async def put(uow: UnitOfWork[Transaction], *campaigns: Campaign) -> None:
    """Store campaigns."""
    async with uow() as tx:
        for campaign in campaigns:
            await tx.campaigns.lock(campaign.name, heard_time=campaign.start_time)
            await tx.campaigns.save(campaign)


async def claim(
    uow: UnitOfWork[Transaction], *, after: timedelta = DAY, lease: timedelta = LEASE
) -> Claim[Campaign] | None:
    """Claim a campaign that is due `after` the first moment."""
    async with uow() as tx:
        return await tx.campaigns.claim_due(now=ACCEPTED + after, lease=lease)


async def test_a_campaign_begins_when_it_is_first_heard_of(uow: UnitOfWork[Transaction]) -> None:
    """Locking what is not known makes it; locking it again changes nothing."""
    async with uow() as tx:
        first = await tx.campaigns.lock(MAY, heard_time=ACCEPTED)
    async with uow() as tx:
        again = await tx.campaigns.lock(MAY, heard_time=ACCEPTED + DAY)

    assert first == again == Campaign(MAY, ACCEPTED)


async def test_what_fails_leaves_nothing(store: Store) -> None:
    """All that a transaction did is undone with it: the campaign, its figures, its facts, and the note in the inbox."""

    async def fail() -> None:
        async with store.uow() as tx:
            await tx.inbox.accept("consumer", "event")
            await tx.campaigns.lock(MAY, heard_time=ACCEPTED)
            await tx.publications.add(LINE)
            await tx.observations.add(MAY, FIRST_SLOT, observe(TOTALS))
            await tx.outbox.add(ReportPublished(LINE, ReportState.COUNTING))
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    async with store.uow() as tx:
        report = await tx.reports.find(MAY)
        last = await tx.publications.find_last(MAY)
        is_new = await tx.inbox.accept("consumer", "event")

    assert (report, last, is_new) == (None, None, True)
    assert await store.count() == (0, 0)


def list_campaigns() -> list[Campaign]:
    """Return campaigns in all that can come of them."""
    accepted = accept()
    again = ACCEPTED + 20 * DAY
    published = accepted.publish(FIRST_SLOT)
    return [
        Campaign(MAY, ACCEPTED),
        Campaign(MAY, ACCEPTED).hear(Fact(FactKind.ORDERED, ACCEPTED), Fact(FactKind.GIVEN_UP, ACCEPTED + DAY)),
        Campaign(MAY, ACCEPTED).hear(Fact(FactKind.ENDED, ACCEPTED)),
        accepted,
        accepted.hear(Fact(FactKind.ORDERED, ACCEPTED - DAY / 7), Fact(FactKind.CONFIRMED, ACCEPTED - SECOND)),
        accepted.postpone(ACCEPTED + DAY, wait=None).postpone(ACCEPTED + DAY, wait=DAY),
        accepted.skip(ACCEPTED + DAY),
        published,
        published.hear(Fact(FactKind.CONFIRMED, ACCEPTED - SECOND)),
        published.hear(Fact(FactKind.ORDERED, again), Fact(FactKind.ACCEPTED, again), Fact(FactKind.SENT, again + DAY)),
        published.hear(Fact(FactKind.UNCERTAIN, again)),
        accepted.publish(Slot(1, ACCEPTED, 14)),
    ]


@pytest.mark.parametrize("number", range(len(list_campaigns())))
async def test_a_campaign_comes_back_as_it_was(uow: UnitOfWork[Transaction], number: int) -> None:
    """Whatever was heard and published of a campaign survives storage, and means the same."""
    campaign = list_campaigns()[number]
    await put(uow, campaign)
    async with uow() as tx:
        kept = await tx.campaigns.lock(MAY, heard_time=ACCEPTED + DAY)

    assert kept == campaign
    assert kept.state is campaign.state


async def test_campaigns_are_claimed_when_they_are_due(uow: UnitOfWork[Transaction]) -> None:
    """What waits for longest goes first, each to one worker, and none before its time or without one."""
    waiting = accept(JUNE, after=SECOND)
    await put(uow, waiting, accept(), Campaign(f"{ACME}/campaigns/july", ACCEPTED))
    early = await claim(uow, after=DAY - SECOND)
    claims = [await claim(uow, after=DAY) for _ in range(2)]
    claims += [await claim(uow, after=DAY + SECOND) for _ in range(2)]
    items = [None if found is None else found.item for found in claims]

    assert early is None
    assert items == [accept(), None, waiting, None]


async def test_a_claim_that_was_lost(uow: UnitOfWork[Transaction]) -> None:
    """A claim whose lease ran out goes to the next worker, and fences the first one off."""
    await put(uow, accept())
    first = await claim(uow, lease=OVER)
    second = await claim(uow)
    assert first is not None
    assert second is not None
    heard = accept().hear(Fact(FactKind.CONFIRMED, ACCEPTED))
    await put(uow, heard)
    async with uow() as tx:
        lost = (await tx.campaigns.hold(first), await tx.campaigns.extend(first, lease=LEASE))
        held = (await tx.campaigns.hold(second), await tx.campaigns.extend(second, lease=LEASE))
        await tx.campaigns.release(first)
    still = await claim(uow)
    async with uow() as tx:
        await tx.campaigns.release(second)
    third = await claim(uow)

    assert lost == (None, False)
    assert held == (heard, True)
    assert still is None
    assert third is not None
    assert third.number > second.number


async def test_the_last_line_of_the_ledger(uow: UnitOfWork[Transaction]) -> None:
    """It comes back as it was published, and is the last round's though its day is an earlier one."""
    lines = [
        LINE,
        Publication(MAY, 1, 14, ACCEPTED + 14 * DAY, publish(Totals(delivered=200), publish(TOTALS))),
        Publication(MAY, 2, 1, ACCEPTED + 21 * DAY, publish(TOTALS)),
    ]
    await put(uow, accept(), accept(JUNE))
    last = []
    async with uow() as tx:
        last.append(await tx.publications.find_last(MAY))
        for line in lines:
            await tx.publications.add(line)
            last.append(await tx.publications.find_last(MAY))
        other = await tx.publications.find_last(JUNE)

    assert last == [None, *lines]
    assert other is None


async def add_line(store: Store, line: Publication) -> None:
    """Append a line to the ledger."""
    async with store.uow() as tx:
        await tx.publications.add(line)


async def add_figures(store: Store, name: str, slot: Slot) -> None:
    """Keep raw figures."""
    async with store.uow() as tx:
        await tx.observations.add(name, slot, observe(TOTALS, Totals()))


async def test_a_slot_is_published_once(store: Store) -> None:
    """A second line for one slot of a campaign fails, and so do second raw figures; the first ones stay."""
    await put(store.uow, accept())
    await add_line(store, LINE)
    await add_figures(store, MAY, FIRST_SLOT)
    with pytest.raises((AssertionError, IntegrityError)):
        await add_line(store, replace(LINE, publish_time=ACCEPTED + 2 * DAY))
    with pytest.raises((AssertionError, IntegrityError)):
        await add_figures(store, MAY, FIRST_SLOT)
    async with store.uow.read() as tx:
        kept = await tx.publications.find_last(MAY)

    assert kept == LINE
    assert await store.count() == (1, 0)


async def test_figures_and_facts_are_kept(store: Store) -> None:
    """Raw figures are kept for each slot of each campaign, and facts wait in the outbox."""
    await put(store.uow, accept(), accept(JUNE))
    for name, slot in ((MAY, FIRST_SLOT), (MAY, Slot(2, ACCEPTED + DAY, 1)), (JUNE, FIRST_SLOT)):
        await add_figures(store, name, slot)
    async with store.uow() as tx:
        for state in (ReportState.COUNTING, ReportState.FINAL):
            await tx.outbox.add(ReportPublished(LINE, state))

    assert await store.count() == (3, 2)


async def test_a_report_shows_what_was_published_last(uow: UnitOfWork[Transaction]) -> None:
    """A report holds the line of the slot that the campaign names, of its last round, and none before the first."""
    again = ACCEPTED + 20 * DAY
    first, second = FIRST_SLOT, Slot(2, again, 1)
    lines = [LINE, Publication(MAY, 2, 1, again, publish(TOTALS))]
    resent = accept().publish(first).hear(Fact(FactKind.ORDERED, again), Fact(FactKind.CONFIRMED, again))
    steps = [accept(), accept().publish(first), resent.publish(second)]
    reports = []
    async with uow.read() as tx:
        reports.append(await tx.reports.find(MAY))
    await put(uow, accept())
    async with uow() as tx:
        for line in lines:
            await tx.publications.add(line)
    for step in steps:
        await put(uow, step)
        async with uow.read() as tx:
            reports.append(await tx.reports.find(MAY))

    assert reports == [None, *(Report(step, line) for step, line in zip(steps, (None, *lines), strict=True))]


async def test_pages_of_reports(uow: UnitOfWork[Transaction]) -> None:
    """Reports of one channel are listed, the newest campaign first, from a position on."""
    names = [f"{ACME}/campaigns/{name}" for name in ("ab", "a-c", "a", "old")]
    times = [ACCEPTED + DAY] * 3 + [ACCEPTED]
    await put(uow, accept(f"{BEE}/campaigns/b"))
    await put(uow, *(Campaign(name, time) for name, time in zip(names, times, strict=True)))
    async with uow() as tx:
        published = accept(names[3]).publish(FIRST_SLOT)
        line = replace(LINE, campaign=names[3])
        await tx.publications.add(line)
        await tx.campaigns.save(published)
    async with uow.read() as tx:
        first = await tx.reports.page(ACME, after=None, size=2)
        after = PagePosition(first[-1].campaign.start_time, first[-1].campaign.name)
        second = await tx.reports.page(ACME, after=after, size=10)
        none = await tx.reports.page("channels/none", after=None, size=10)

    assert [report.campaign.name for report in (*first, *second)] == names
    assert second[-1] == Report(published, line)
    assert none == []


async def test_the_comparison_with_delivery(uow: UnitOfWork[Transaction]) -> None:
    """It is due from the start, one worker's at a time, and comes back as it was stored."""
    async with uow.read() as tx:
        new = await tx.reconciliations.find("delivery")
    async with uow() as tx:
        claimed = await tx.reconciliations.claim_due(now=ACCEPTED, lease=LEASE)
    assert claimed is not None
    place = StreamPlace("2026-05-01T00:00:00Z", first_sequence=2**40, handled_sequence=1)
    begun = new.watch(place, ACCEPTED).advance(new.begin(ACCEPTED), "page-2")
    async with uow() as tx:
        locked = await tx.reconciliations.lock("delivery")
        await tx.reconciliations.save(begun)
        second = await tx.reconciliations.claim_due(now=ACCEPTED, lease=LEASE)
        held = await tx.reconciliations.hold(claimed)
    async with uow.read() as tx:
        found = await tx.reconciliations.find("delivery")

    assert new == claimed.item == locked == Reconciliation("delivery", BEGINNING)
    assert second is None
    assert held == found == begun


async def test_the_next_comparison_with_delivery(uow: UnitOfWork[Transaction]) -> None:
    """Once a pass is over nothing of it stays, and nobody begins another one before it is due."""
    async with uow() as tx:
        claimed = await tx.reconciliations.claim_due(now=ACCEPTED, lease=LEASE)
        assert claimed is not None
        part = claimed.item.begin(ACCEPTED)
        await tx.reconciliations.save(claimed.item.advance(part, "page-2"))
        done = claimed.item.advance(part, "").postpone(ACCEPTED, wait=DAY)
        await tx.reconciliations.save(done)
        await tx.reconciliations.release(claimed)
    async with uow() as tx:
        early = await tx.reconciliations.claim_due(now=ACCEPTED + DAY - SECOND, lease=OVER)
        late = await tx.reconciliations.claim_due(now=ACCEPTED + DAY, lease=OVER)
    async with uow() as tx:
        next_one = await tx.reconciliations.claim_due(now=ACCEPTED + DAY, lease=LEASE)
        lost = None if late is None else await tx.reconciliations.hold(late)

    assert early is None
    assert late is not None
    assert late.item == done
    assert next_one is not None
    assert lost is None


async def test_each_consumer_takes_an_event_once(uow: UnitOfWork[Transaction]) -> None:
    """A repeat is told from an event that another consumer took."""
    notes = []
    for consumer, event in (("a", "1"), ("a", "1"), ("b", "1"), ("a", "2")):
        async with uow() as tx:
            notes.append(await tx.inbox.accept(consumer, event))

    assert notes == [True, False, True, True]
