"""The fake of LINE does what LINE does, as far as the ledger relies on it."""

import hashlib
from uuid import UUID, uuid4

import pytest

from delivery.application.line_port import (
    Accepted,
    LineInsight,
    LineMessages,
    LineUnavailable,
    Phase,
    RateLimited,
    SendOutcome,
)
from delivery.domain.policy.clearance import Cleared, clear_repeat
from delivery.domain.sending.failures import NarrowcastFailure
from tests.fakes.clock import FakeClock
from tests.fakes.delivery_line import KEY_LIFETIME, LOST, MEMORY, FakeLine

ACME = "channels/acme"


@pytest.fixture
def clock() -> FakeClock:
    """Give the time."""
    return FakeClock()


@pytest.fixture
def line(clock: FakeClock) -> FakeLine:
    """Give the fake."""
    return FakeLine(clock)


def make_cleared() -> Cleared:
    """Clear some bytes."""
    return clear_repeat(channel=ACME, row="r", body=b"{}", sha256=hashlib.sha256(b"{}").hexdigest())


async def send(line: FakeLine, key: UUID) -> SendOutcome:
    """Make one call."""
    return await (await line.open_call(ACME)).send_narrowcast(make_cleared(), retry_key=key)


async def test_a_lost_acceptance(line: FakeLine) -> None:
    """After an answer that was lost the same key brings the id of what was accepted; one message is sent."""
    key = uuid4()
    line.lose_next_answer(accepted=True)
    first = await send(line, key)
    second = await send(line, key)

    assert (first, second) == (LOST, Accepted("line-request-1", already=True))
    assert len(line.narrowcasts) == 1
    assert [sent.retry_key for sent in line.attempts] == [key, key]


async def test_a_lost_request(line: FakeLine) -> None:
    """A request that was lost on its way is accepted as new by the next attempt, and so is one put off."""
    key = uuid4()
    line.lose_next_answer(accepted=False)
    line.answer_next(RateLimited("rate limit"))
    outcomes = [await send(line, key) for _ in range(3)]

    assert outcomes[2] == Accepted("line-request-1", already=False)


async def test_an_old_key(line: FakeLine, clock: FakeClock) -> None:
    """A key of 24 hours ago sends again, as LINE's do."""
    key = uuid4()
    await send(line, key)
    clock.advance(KEY_LIFETIME)

    assert await send(line, key) == Accepted("line-request-2", already=False)


async def test_progress(line: FakeLine, clock: FakeClock) -> None:
    """Progress waits until it is moved, belongs to its channel, and is forgotten after 14 days."""
    await send(line, uuid4())
    line.move("line-request-1", Phase.FAILED, failure=NarrowcastFailure.ABOVE_LIMIT)
    report = await line.get_progress(ACME, "line-request-1")
    foreign = await line.get_progress("channels/other", "line-request-1")
    clock.advance(MEMORY)
    forgotten = await line.get_progress(ACME, "line-request-1")

    assert report is not None
    assert (report.phase, report.failure) == (Phase.FAILED, NarrowcastFailure.ABOVE_LIMIT)
    assert (foreign, forgotten) == (None, None)


async def test_ports(line: FakeLine) -> None:
    """The fake stands for both ports, and fails when told to."""
    messages: LineMessages = line
    insight: LineInsight = line
    line.fail_next(LineUnavailable())
    with pytest.raises(LineUnavailable):
        await messages.validate(ACME, b"[]")
    figures = await insight.get_message_event(ACME, "line-request-1")

    assert figures.delivered is None
