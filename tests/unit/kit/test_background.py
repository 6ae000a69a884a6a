"""Background work goes on whatever happens to one piece of it, and ends in good order."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from kit.background import run_side_by_side, run_steps
from tests.infrastructure.eventually import eventually

AT_ONCE = timedelta(0)
NEVER = timedelta(days=1)


async def test_busy_steps_follow_at_once() -> None:
    """While there is work no pause is made."""
    done = asyncio.Event()
    left = [True, True, True]

    async def step() -> bool:
        if not left:
            done.set()
        return bool(left and left.pop())

    task = asyncio.create_task(run_steps("test", step, idle=NEVER))
    await asyncio.wait_for(done.wait(), 5)
    task.cancel()

    assert left == []


async def test_failure_does_not_end_the_worker() -> None:
    """After a failed step the next one comes."""
    done = asyncio.Event()
    failures = [ValueError("one")]

    async def step() -> bool:
        if failures:
            raise failures.pop()
        done.set()
        return False

    task = asyncio.create_task(run_steps("test", step, idle=NEVER, failure_pause=AT_ONCE))
    await asyncio.wait_for(done.wait(), 5)
    task.cancel()

    assert failures == []


async def test_a_stray_cancellation_does_not_end_the_worker() -> None:
    """A library that lets a cancellation of its own escape costs one step."""
    done = asyncio.Event()
    strays = [asyncio.CancelledError()]

    async def step() -> bool:
        if strays:
            raise strays.pop()
        done.set()
        return False

    task = asyncio.create_task(run_steps("test", step, idle=AT_ONCE))
    await asyncio.wait_for(done.wait(), 5)
    task.cancel()

    assert strays == []


@pytest.mark.parametrize("finishes", [True, False])
async def test_a_step_in_hand_may_finish(finishes: bool) -> None:  # noqa: FBT001 - drawn by name
    """A step goes on after the worker was asked to end, until it is done or the worker is asked once more."""
    begun, may_end, ends = asyncio.Event(), asyncio.Event(), list[str]()

    async def step() -> bool:
        begun.set()
        try:
            await may_end.wait()
        except asyncio.CancelledError:
            ends.append("cut off")
            raise
        ends.append("finished")
        return True

    task = asyncio.create_task(run_steps("test", step, idle=NEVER))
    await begun.wait()
    task.cancel()
    await turn_around()
    goes_on = not task.done()
    if finishes:
        may_end.set()
    else:
        task.cancel()
    await asyncio.wait([task], timeout=5)

    assert goes_on
    assert ends == ["finished" if finishes else "cut off"]
    assert task.cancelled()


class Desk:
    """Pieces that wait to be claimed, and what has become of each: begun, ended, given back."""

    def __init__(self, *pieces: str) -> None:
        self.waiting = list(pieces)
        self.begun: list[str] = []
        self.ended: list[str] = []
        self.given_back: list[str] = []
        self.slow_claims = asyncio.Event()
        self.slow_claims.set()
        self.claim_failures: list[Exception] = []
        self.failures: dict[str, Exception] = {}
        self.held: dict[str, asyncio.Event] = {}

    def hold(self, *pieces: str) -> None:
        """Let the work on these pieces last until `let_go`."""
        self.held |= {piece: asyncio.Event() for piece in pieces}

    def let_go(self, piece: str) -> None:
        """End the work on a piece that was held."""
        self.held.pop(piece).set()

    async def claim(self) -> str | None:
        """Take a piece; the claim is made before it returns, as a commit is."""
        if self.claim_failures:
            raise self.claim_failures.pop()
        piece = self.waiting.pop(0) if self.waiting else None
        await self.slow_claims.wait()
        return piece

    async def work(self, piece: str) -> None:
        """Work on a piece."""
        self.begun.append(piece)
        try:
            if piece in self.held:
                await self.held[piece].wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0)  # giving a claim back takes a round trip
            self.given_back.append(piece)
            raise
        if piece in self.failures:
            raise self.failures[piece]
        self.ended.append(piece)


@asynccontextmanager
async def working(desk: Desk, *, most: int = 2, idle: timedelta = AT_ONCE) -> AsyncIterator["asyncio.Task[None]"]:
    """Run the work at a desk, and end it with the block."""
    worker = run_side_by_side("test", desk.claim, desk.work, most=most, idle=idle, failure_pause=AT_ONCE)
    task = asyncio.create_task(as_coroutine(worker))
    yield task
    for piece in list(desk.held):
        desk.let_go(piece)
    task.cancel()
    await asyncio.wait([task])


async def as_coroutine(worker: Coroutine[object, object, object]) -> None:
    """Wait for a worker that never returns."""
    await worker


async def test_pieces_are_claimed_while_places_are_free() -> None:
    """Work that waits keeps its place and no other, and each place that becomes free is taken."""
    desk = Desk("slow", "quick", "next", "last")
    desk.hold("slow", "last")

    async with working(desk, most=2):
        await eventually(lambda: "last" in desk.begun)

        assert desk.ended == ["quick", "next"]
        assert desk.begun == ["slow", "quick", "next", "last"]


async def test_no_piece_is_claimed_without_a_place() -> None:
    """What a process can't work on is left to the others."""
    desk = Desk("a", "b", "c")
    desk.hold("a", "b")

    async with working(desk, most=2):
        await eventually(lambda: len(desk.begun) == 2)
        await turn_around()

        assert desk.waiting == ["c"]


async def turn_around() -> None:
    """Let everything that can go on do so."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_one_failing_piece_stops_no_other() -> None:
    """A failure ends its own piece, whose place is free again."""
    desk = Desk("bad", "worse", "good")
    desk.failures = {"bad": ValueError("bad"), "worse": LookupError("worse")}

    async with working(desk, most=1):
        # Each failure is logged with its traceback, which takes its time.
        await eventually(lambda: desk.ended == ["good"], deadline=20)


async def test_a_failing_claim_stops_no_piece() -> None:
    """After a claim that failed the next one comes, and no place is lost."""
    desk = Desk("a", "b")
    desk.claim_failures = [OSError("gone")] * 3

    async with working(desk, most=1):
        # Each failure is logged with its traceback, which takes its time.
        await eventually(lambda: desk.ended == ["a", "b"], deadline=20)


async def test_nothing_more_is_claimed_after_the_end_was_asked_for() -> None:
    """What is in hand may finish; what waits is left to the other replicas."""
    desk = Desk("a", "b")
    desk.hold("a", "b")

    async with working(desk, most=1) as task:
        await eventually(lambda: desk.begun == ["a"])
        task.cancel()
        await turn_around()
        goes_on = not task.done()
        desk.let_go("a")
        await asyncio.wait([task])

        assert goes_on
        assert (desk.ended, desk.given_back, desk.waiting) == (["a"], [], ["b"])
        assert task.cancelled()


async def test_what_does_not_finish_in_time_is_given_back() -> None:
    """Asked once more, the worker cuts off what is in hand, and ends only when its claims are given back."""
    desk = Desk("quick", "slow")
    desk.hold("slow")

    async with working(desk) as task:
        await eventually(lambda: desk.ended == ["quick"])
        task.cancel()
        await turn_around()
        goes_on = not task.done()
        task.cancel()
        await asyncio.wait([task])

        assert goes_on

        assert (desk.ended, desk.given_back) == (["quick"], ["slow"])


@pytest.mark.parametrize("finishes", [True, False])
async def test_a_claim_that_has_begun_is_not_lost(finishes: bool) -> None:  # noqa: FBT001 - drawn by name
    """A claim that commits while the end is asked for is worked on, or given back: never left to its lease."""
    desk = Desk("a")
    desk.slow_claims.clear()
    if not finishes:
        desk.hold("a")

    async with working(desk) as task:
        await eventually(lambda: not desk.waiting)
        task.cancel()
        await turn_around()
        desk.slow_claims.set()
        await turn_around()
        task.cancel()
        await asyncio.wait([task])

        assert (desk.ended, desk.given_back) == ((["a"], []) if finishes else ([], ["a"]))


async def test_nothing_in_hand_ends_at_once() -> None:
    """An idle worker keeps nobody waiting."""
    async with working(Desk(), idle=NEVER) as task:
        await turn_around()
        task.cancel()
        await asyncio.wait([task], timeout=1)

        assert task.cancelled()
