"""Token buckets on the sandbox clock, one per key, for the vendors' rate limits (LP 1.6, HS 11)."""

from collections.abc import Hashable
from dataclasses import dataclass

from sandbox.clock import Clock


@dataclass(frozen=True, slots=True)
class Limit:
    """`count` calls per `seconds`, refilled steadily; `capacity` tokens at most (default `count`)."""

    count: int
    seconds: float
    capacity: int | None = None

    @property
    def size(self) -> int:
        """The tokens of a full bucket."""
        return self.count if self.capacity is None else self.capacity


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class Buckets:
    """Token buckets that start full and refill with business time, so that moving the clock refills them.

    Keys are whatever the caller separates limits by, as (channel id, endpoint). A full bucket is forgotten once
    there are more than `kept` of them, so the memory stays bounded.
    """

    def __init__(self, clock: Clock, *, kept: int = 10_000) -> None:
        self._clock = clock
        self._kept = kept
        self._buckets: dict[Hashable, _Bucket] = {}

    def take(self, key: Hashable, limit: Limit) -> bool:
        """Take one token of the bucket of `key`; False when there is none, and nothing is taken then."""
        now = self._clock.timestamp()
        bucket = self._buckets.get(key)
        if bucket is None:
            self._make_room()
            bucket = self._buckets[key] = _Bucket(tokens=limit.size, filled_at=now)
        # A clock that was moved back must not take tokens away.
        elapsed = max(0.0, now - bucket.filled_at)
        bucket.tokens = min(float(limit.size), bucket.tokens + elapsed * limit.count / limit.seconds)
        bucket.filled_at = now
        # Refilling in many small steps loses a little to rounding, which must not cost a whole call.
        if bucket.tokens < 1 - 1e-9:
            return False
        bucket.tokens -= 1
        return True

    def reset(self) -> None:
        """Fill every bucket."""
        self._buckets.clear()

    def _make_room(self) -> None:
        while len(self._buckets) >= self._kept:
            self._buckets.pop(next(iter(self._buckets)))
