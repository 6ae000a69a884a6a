"""What the ledger knows of its database, and what fencing asks of the store: on PostgreSQL and on the fake."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

import asyncpg
import pytest

from delivery.adapters.store.transaction import build_transaction
from delivery.application.ports import Transaction
from delivery.bootstrap import DELIVERY
from delivery.domain.campaigns.campaign import CampaignState, open_campaign
from delivery.domain.campaigns.draft import NewCampaign
from delivery.domain.sending.lanes import Endpoint
from delivery.domain.sending.restores import Doubt, Inspection, LedgerState, StreamPlace
from delivery.domain.sending.row import SendRow, open_row
from delivery.domain.sending.values import Deadline, RowState
from kit.errors import AlreadyExists
from kit.ids import RandomIds
from kit.store.engine import open_database
from kit.store.holding import LEASE
from kit.store.migrate import upgrade
from kit.store.ports import UnitOfWork
from kit.store.uow import SqlUnitOfWork
from tests.fakes.clock import FakeClock
from tests.fakes.delivery_store import make_transaction
from tests.fakes.store import FakeUnitOfWork
from tests.strategies.policy import MESSAGES, make_content, make_targeting
from tests.strategies.rows import START, UID, begin

CAMPAIGN = "channels/acme/campaigns/may"
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
PLACE = StreamPlace("first", 17)


@dataclass(frozen=True, slots=True)
class Books:
    """A store, and a way to let its server be another one than it was."""

    store: UnitOfWork[Transaction]
    change_server: Callable[[], Awaitable[None]]

    async def inspect(self) -> Inspection:
        """Return all that is known."""
        async with self.store.read() as tx:
            return await tx.ledger_state.inspect()

    async def get(self) -> LedgerState:
        """Return whether the ledger is open."""
        async with self.store.read() as tx:
            return await tx.ledger_state.get()

    async def order(self, name: str = CAMPAIGN, *, after: timedelta = timedelta(0)) -> SendRow:
        """Store a draft with a row that is due `after` the start."""
        draft = NewCampaign(name, "May", make_targeting(), MESSAGES, content=make_content())
        row = open_row(name, uid=UID, number=1, deadline=Deadline(START + 24 * HOUR), at=START + after)
        async with self.store() as tx:
            await tx.campaigns.add(open_campaign(draft, uid=UID, at=START))
            await tx.ledger.add(row)
        return row

    async def save(self, row: SendRow) -> None:
        """Store a row."""
        async with self.store() as tx:
            await tx.ledger.save(row)

    async def seize(self, *, after: timedelta = timedelta(0), most: int = 10) -> list[str]:
        """Seize rows that were due `after` the start; return their names."""
        async with self.store() as tx:
            return [row.name for row in await tx.ledger.seize(due=START + after, most=most)]


@pytest.fixture(params=["fake", "postgres"])
async def books(
    request: pytest.FixtureRequest, template_database: Callable[[str, Callable[[str], None]], str]
) -> AsyncIterator[Books]:
    """Give an empty store of either kind."""
    if request.param == "fake":
        fake = make_transaction(FakeClock(START))

        async def restart() -> None:
            fake.ledger_state.restart_server()

        yield Books(FakeUnitOfWork(fake), restart)
        return
    url = await asyncio.to_thread(template_database, "delivery", _migrate)
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))

    async def pretend() -> None:
        await connection.execute("UPDATE ledger_state SET start_time = start_time - interval '1 second'")

    database = open_database(url, application_name="test")
    yield Books(SqlUnitOfWork(database, partial(build_transaction, ids=RandomIds())), pretend)
    await database.close()
    await connection.close()


def _migrate(database_url: str) -> None:
    asyncio.run(upgrade(database_url, DELIVERY.migrations))


async def test_a_new_ledger_is_open_and_was_never_silent(books: Books) -> None:
    """The server that the ledger was made on is the ledger's."""
    inspection = await books.inspect()

    assert (await books.get(), inspection.state) == (LedgerState.OPEN, LedgerState.OPEN)
    assert (inspection.server, inspection.place) == (inspection.present, None)
    assert inspection.silence < HOUR


async def test_a_change_of_the_server_shows_until_it_is_accepted(books: Books) -> None:
    """Whoever asks sees it, and opening takes the server for the ledger's."""
    await books.change_server()
    states = [await books.get()]
    async with books.store() as tx:
        opened = await tx.ledger_state.open(await tx.ledger_state.inspect(), PLACE)
    states.append(await books.get())
    inspection = await books.inspect()

    assert opened
    assert states == [LedgerState.CHECKING, LedgerState.OPEN]
    assert (inspection.server, inspection.place) == (inspection.present, PLACE)


async def test_a_closed_ledger_remembers_why_and_since_when(books: Books) -> None:
    """Silence is counted no further from the notice on; opening forgets all of it."""
    await books.change_server()
    async with books.store() as tx:
        await tx.ledger_state.notice(await tx.ledger_state.inspect(), at=START)
    noticed = await books.inspect()
    async with books.store() as tx:
        await tx.ledger_state.close(await tx.ledger_state.inspect(), Doubt.STREAM_LOST, at=START + HOUR)
    closed = await books.inspect()
    async with books.store() as tx:
        await tx.ledger_state.open(closed, None)
    opened = await books.inspect()

    assert (noticed.state, noticed.notice_time) == (LedgerState.CHECKING, START)
    assert (closed.state, closed.doubt, closed.notice_time) == (LedgerState.CLOSED, Doubt.STREAM_LOST, START)
    assert closed.silence == noticed.silence
    assert (opened.state, opened.doubt, opened.notice_time) == (LedgerState.OPEN, None, None)


async def test_a_ledger_may_be_closed_on_the_server_that_it_was_on(books: Books) -> None:
    """A dump may be loaded into it."""
    async with books.store() as tx:
        await tx.ledger_state.close(await tx.ledger_state.inspect(), Doubt.EVENTS_FORGOTTEN, at=START)

    assert await books.get() is LedgerState.CLOSED


async def test_who_comes_second_writes_nothing(books: Books) -> None:
    """A decision rests on what was seen: another one in between, or another server, voids it."""
    seen = await books.inspect()
    async with books.store() as tx:
        first = await tx.ledger_state.open(seen, PLACE)
        second = [
            await tx.ledger_state.open(seen, None),
            await tx.ledger_state.notice(seen, at=START),
            await tx.ledger_state.close(seen, Doubt.STREAM_LOST, at=START),
        ]
    elsewhere = replace((await books.inspect()).present, system_identifier="another")
    async with books.store() as tx:
        second.append(await tx.ledger_state.open(replace(await tx.ledger_state.inspect(), present=elsewhere), None))

    assert (first, second) == (True, [False] * 4)
    assert (await books.inspect()).place == PLACE


async def test_no_row_is_claimed_for_a_call_unless_the_ledger_is_open(books: Books) -> None:
    """Progress may still be asked for, since it sends nothing."""
    called, accepted = await books.order(), await books.order(f"{CAMPAIGN}-2")
    await books.save(begin(accepted).accept("line-1", at=START))
    await books.change_server()
    async with books.store() as tx:
        claims = [
            await tx.ledger.claim(endpoint, now=START + HOUR, lease=LEASE)
            for endpoint in (Endpoint.NARROWCAST, Endpoint.PROGRESS)
        ]

    assert called.state is RowState.READY
    assert [claim.item.name if claim else None for claim in claims] == [None, accepted.name]


async def test_calls_are_due_by_their_time_or_by_doubt(books: Books) -> None:
    """What is to be looked at later was not called for; what is in doubt was."""
    row = await books.order(after=HOUR)
    due = []
    async with books.store() as tx:
        due += [await tx.ledger.has_calls_due(START + HOUR - SECOND), await tx.ledger.has_calls_due(START + HOUR)]
    for changed in (begin(row), begin(row).accept("line-1", at=START)):
        await books.save(changed)
        async with books.store() as tx:
            due.append(await tx.ledger.has_calls_due(START))

    assert due == [False, True, True, False]


async def test_rows_are_seized_until_they_are_forgotten(books: Books) -> None:
    """Due rows, those in doubt and those that a person was to decide about, in order, a few at a time."""
    names = [f"{CAMPAIGN}-{number}" for number in range(6)]
    ready, doubted, uncertain, accepted, later, delivered = [await books.order(name) for name in names]
    await books.save(begin(doubted))
    await books.save(begin(uncertain).forget(at=START))
    await books.save(begin(accepted).accept("line-1", at=START))
    await books.save(later.look_again(START + HOUR))
    await books.save(begin(delivered).accept("line-2", at=START).deliver("line-2", at=START))
    seized = [await books.seize(), await books.seize(after=HOUR), await books.seize(most=1)]
    await books.save(ready.forget(at=START))
    await books.save(begin(doubted).forget(at=START))

    assert seized[0] == [ready.name, doubted.name]
    assert seized[1] == [ready.name, doubted.name, later.name]
    assert len(seized[2]) == 1
    assert await books.seize() == []


async def test_a_seized_row_is_its_workers_no_more(books: Books) -> None:
    """What a call under way brings is no longer the row's, save an acceptance."""
    await books.order()
    async with books.store() as tx:
        claim = await tx.ledger.claim(Endpoint.NARROWCAST, now=START, lease=LEASE)
    await books.seize()
    assert claim is not None
    async with books.store() as tx:
        held = await tx.ledger.hold(claim)

    assert held is None


async def test_refused_names_are_given_to_nobody(books: Books) -> None:
    """A name that was given stays what it is; one that was not is never given."""
    row = await books.order()
    forgotten = f"{CAMPAIGN}-forgotten"
    async with books.store() as tx:
        counts = [await tx.campaigns.refuse_names([row.campaign, forgotten, forgotten]) for _ in range(2)]
        counts.append(await tx.campaigns.refuse_names([]))
    with pytest.raises(AlreadyExists):
        await books.order(forgotten)

    assert counts == [1, 0, 0]


async def test_drafts_are_found_among_names(books: Books) -> None:
    """Whatever else a name stands for is none."""
    draft, sent = await books.order(f"{CAMPAIGN}-2"), await books.order()
    async with books.store() as tx:
        campaign = await tx.campaigns.find(sent.campaign)
        assert campaign is not None
        await tx.campaigns.save(replace(campaign, state=CampaignState.SENDING))
        drafts = await tx.campaigns.list_drafts([draft.campaign, sent.campaign, f"{CAMPAIGN}-none"])

    assert drafts == [draft.campaign]


async def test_events_that_nobody_has_stored_are_not_known(books: Books) -> None:
    """The outbox is asked by the ids of events."""
    async with books.store.read() as tx:
        unknown = await tx.ledger_state.find_unknown_events(["a", "b"])

    assert sorted(unknown) == ["a", "b"]
