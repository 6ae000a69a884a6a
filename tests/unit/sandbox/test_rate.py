"""Token buckets on business time."""

from datetime import UTC, datetime

from sandbox.clock import Clock
from sandbox.rate import Buckets, Limit

HOURLY = Limit(60, 3600)


def make_clock() -> Clock:
    """Return a clock that stands still."""
    clock = Clock()
    clock.run_at(0)
    clock.move_to(datetime(2026, 1, 1, tzinfo=UTC))
    return clock


def take_all(buckets: Buckets, key: str, limit: Limit) -> int:
    """Return how many calls get through at once."""
    return next(count for count in range(10_000) if not buckets.take(key, limit))


def test_refills_steadily() -> None:
    """An empty bucket of 60 an hour lets one call through after each minute, in any number of small steps."""
    clock = make_clock()
    buckets = Buckets(clock)
    burst = take_all(buckets, "a", HOURLY)
    for _ in range(60):
        clock.advance(1)
    refilled = take_all(buckets, "a", HOURLY)

    assert (burst, refilled) == (60, 1)


def test_keys_are_separate_and_capacity_bounds() -> None:
    """Keys have their own buckets, and a smaller capacity bounds the burst however long one waits."""
    clock = make_clock()
    buckets = Buckets(clock)
    take_all(buckets, "a", HOURLY)
    small = Limit(60, 3600, capacity=5)
    clock.advance(86_400)

    assert take_all(buckets, "b", small) == 5
    assert take_all(buckets, "a", HOURLY) == 60


def test_clock_moved_back() -> None:
    """Moving the clock back takes no tokens away and gives none."""
    clock = make_clock()
    buckets = Buckets(clock)
    take_all(buckets, "a", HOURLY)
    clock.advance(-3600)

    assert take_all(buckets, "a", HOURLY) == 0


def test_memory_is_bounded() -> None:
    """No more buckets are kept than asked for."""
    buckets = Buckets(make_clock(), kept=3)
    took = [buckets.take(number, Limit(1, 60)) for number in (1, 2, 3, 4, 4, 1)]

    assert took == [True, True, True, True, False, True]
