"""What a process asks LINE about a month, and how often."""

from datetime import UTC, datetime, timedelta

import pytest

from delivery.application.line_port import LineUnavailable
from delivery.application.quota import OLDEST_SIZE, QuotaBook
from delivery.domain.sending.quota import Allowance, Usage
from tests.fakes.clock import FakeClock
from tests.fakes.delivery_line import FakeLine
from tests.fakes.delivery_store import FakeTransaction, make_transaction
from tests.fakes.store import FakeUnitOfWork

ACME, BEE, ACCOUNT = "channels/acme", "channels/bee", "U-acme"
NOON = datetime(2026, 5, 1, 3, 0, tzinfo=UTC)
MIDNIGHT = datetime(2026, 5, 1, 15, 0, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


@pytest.fixture
def clock() -> FakeClock:
    """Give business time: noon in Japan."""
    return FakeClock(NOON)


@pytest.fixture
def line(clock: FakeClock) -> FakeLine:
    """Give a LINE whose month has 1,000 messages, 200 of them used."""
    line = FakeLine(clock)
    line.quota = Allowance(size=1000, used=200)
    return line


@pytest.fixture
def store(clock: FakeClock) -> FakeTransaction:
    """Give an empty store."""
    return make_transaction(clock)


@pytest.fixture
def book(store: FakeTransaction, line: FakeLine, clock: FakeClock) -> QuotaBook:
    """Give the book of one process."""
    return QuotaBook(uow=FakeUnitOfWork(store), line=line, clock=clock)


async def test_the_first_answer_of_a_day_is_published(
    book: QuotaBook, line: FakeLine, store: FakeTransaction, clock: FakeClock
) -> None:
    """Whoever asked for it: a later one of the same day changes nothing, the first one of the next day does."""
    await book.look(ACME, ACCOUNT)
    line.quota = Allowance(size=1000, used=300)
    clock.set(MIDNIGHT - MOMENT)
    looked = await book.look(BEE, ACCOUNT)
    same_day = store.quota.stored[ACCOUNT]
    clock.set(MIDNIGHT)
    await book.open_day(ACME, ACCOUNT)

    assert looked == Allowance(size=1000, used=300)
    assert same_day == Usage(ACCOUNT, 200, NOON)
    assert store.quota.stored[ACCOUNT] == Usage(ACCOUNT, 300, MIDNIGHT)


async def test_a_usage_is_as_old_as_the_question(
    book: QuotaBook, line: FakeLine, store: FakeTransaction, clock: FakeClock
) -> None:
    """What ends while LINE answers may not be in it."""
    line.on_quota = lambda: clock.advance(timedelta(seconds=20))
    await book.look(ACME, ACCOUNT)

    assert store.quota.stored[ACCOUNT].read_time == NOON


async def test_an_open_day_asks_line_no_more_than_needed(book: QuotaBook, line: FakeLine, clock: FakeClock) -> None:
    """Once, and then every five minutes for the plan's size."""
    sizes = [await book.open_day(ACME, ACCOUNT) for _ in range(3)]
    clock.advance(OLDEST_SIZE + MOMENT)
    sizes.append(await book.open_day(ACME, ACCOUNT))

    assert sizes == [1000] * 4
    assert len(line.quota_calls) == 2


async def test_another_process_publishes_nothing_anew(
    book: QuotaBook, line: FakeLine, store: FakeTransaction, clock: FakeClock
) -> None:
    """A replica that knows no size asks for it, and takes the usage that stands."""
    await book.open_day(ACME, ACCOUNT)
    line.quota = Allowance(size=2000, used=900)
    clock.advance(timedelta(minutes=1))
    size = await QuotaBook(uow=FakeUnitOfWork(store), line=line, clock=clock).open_day(ACME, ACCOUNT)

    assert size == 2000
    assert store.quota.stored[ACCOUNT] == Usage(ACCOUNT, 200, NOON)


async def test_a_restored_store_is_told_the_usage_again(book: QuotaBook, store: FakeTransaction) -> None:
    """What this process remembers is the size alone."""
    await book.open_day(ACME, ACCOUNT)
    store.quota.stored.clear()
    await book.open_day(ACME, ACCOUNT)

    assert store.quota.stored[ACCOUNT] == Usage(ACCOUNT, 200, NOON)


async def test_no_limit_has_no_usage(book: QuotaBook, line: FakeLine, store: FakeTransaction) -> None:
    """Where any number may be sent, how many were sent says nothing; a limit that comes later is noticed."""
    line.quota = None
    first = [await book.open_day(ACME, ACCOUNT), await book.open_day(ACME, ACCOUNT)]
    asked = len(line.quota_calls)
    line.quota = Allowance(size=1000, used=10)
    await book.look(ACME, ACCOUNT)

    assert first == [None, None]
    assert asked == 1
    assert store.quota.stored[ACCOUNT].message_count == 10
    assert await book.open_day(ACME, ACCOUNT) == 1000


async def test_no_answer_is_no_answer(book: QuotaBook, line: FakeLine, store: FakeTransaction) -> None:
    """Nothing is published, and nothing is remembered as unlimited."""
    line.refuse_quota(LineUnavailable())

    with pytest.raises(LineUnavailable):
        await book.open_day(ACME, ACCOUNT)
    assert store.quota.stored == {}
    assert await book.open_day(ACME, ACCOUNT) == 1000


async def test_memory_is_bounded(store: FakeTransaction, line: FakeLine, clock: FakeClock) -> None:
    """Of too many accounts the one heard of first is forgotten, and asked for again."""
    book = QuotaBook(uow=FakeUnitOfWork(store), line=line, clock=clock, most_sizes=2)
    for account in ("U-1", "U-2", "U-1", "U-3", "U-1", "U-2"):
        await book.open_day(ACME, account)

    assert len(line.quota_calls) == 5
