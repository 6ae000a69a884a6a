"""How fast a channel's calls go out: a gate for each endpoint, and a rest for a channel in trouble (architecture 5).

LINE's own token buckets are not published and are shared with other tools (LP 1.6). So a gate is a guess that gives
way: a 429 empties it, and for a day from then on no burst is tried, but one call in each `Capacity.every`.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Self

LONGEST_REST = timedelta(minutes=5)
FIRST_REST = timedelta(seconds=1)


class Endpoint(Enum):
    """What a lane leads to; the two have rates and troubles of their own."""

    NARROWCAST = "NARROWCAST"
    PROGRESS = "PROGRESS"


@dataclass(frozen=True, slots=True)
class Capacity:
    """How much of a channel an endpoint takes.

    Attributes:
        burst: Size of the token bucket.
        every: How often a token comes back.
        in_flight: Calls at once, over all replicas; one while the channel is in trouble.

    """

    burst: int
    every: timedelta
    in_flight: int


NARROWCAST_BURST = 60
"""Narrowcasts that may go at once: 60 an hour go in all (LP 1.6), and that a full hour may go at once is a guess."""

CAUTION = timedelta(days=1)
"""How long after a 429 no burst is tried (ours): 60 an hour still go, and a bucket that is smaller than ours, or that
another tool empties, costs one refusal a day."""


def set_capacities(*, narrowcast_burst: int = NARROWCAST_BURST) -> Mapping[Endpoint, Capacity]:
    """Return how much each endpoint takes.

    Narrowcasts go one at a time, so that a channel's orders reach LINE in their order. Progress has 2,000 calls a
    second (LP 1.6): no gate that anybody notices.
    """
    return {
        Endpoint.NARROWCAST: Capacity(narrowcast_burst, timedelta(minutes=1), in_flight=1),
        Endpoint.PROGRESS: Capacity(2000, timedelta(milliseconds=1), in_flight=2),
    }


CAPACITIES = set_capacities()


@dataclass(frozen=True, slots=True)
class Gate:
    """A token bucket, kept as the moment at which it would be full: exact, where counted tokens would be rounded.

    Times are business time, which is LINE's.

    Attributes:
        capacity: What it holds when it is full.
        full_time: When it is full again; past = it is full.
        shut_time: When LINE last refused a call for its rate; None when it never has.

    """

    capacity: Capacity
    full_time: datetime
    shut_time: datetime | None = None

    def take(self, at: datetime) -> Self | None:
        """Return the gate after a call has begun; None while it is closed."""
        if self.opens(at) > at:
            return None
        return dataclasses.replace(self, full_time=max(self.full_time, at) + self.capacity.every)

    def settle(self, at: datetime) -> Self:
        """Return the gate after a call has ended: LINE may have counted it as late as that."""
        return dataclasses.replace(self, full_time=max(self.full_time, at + self.capacity.every))

    def shut(self, at: datetime) -> Self:
        """Return the gate after LINE has refused a call for its rate: the next one may go after `Capacity.every`."""
        return dataclasses.replace(self, full_time=at + self.capacity.every, shut_time=at)

    def opens(self, at: datetime, *, position: int = 0) -> datetime:
        """Return when a call may go before which `position` others wait; `at` when it may go at once."""
        beyond = position + 1 - self._burst(at)
        return max(at, max(self.full_time, at) + beyond * self.capacity.every)

    def _burst(self, at: datetime) -> int:
        is_cautious = self.shut_time is not None and at < self.shut_time + CAUTION
        return 1 if is_cautious else self.capacity.burst


@dataclass(frozen=True, slots=True)
class Lane:
    """One channel's way to one endpoint.

    Attributes:
        channel: `channels/{channel}`.
        endpoint: Where it leads.
        gate: Its rate.
        trouble_count: Calls in a row that got no useful answer.
        rest_until: No call is begun before; None when the channel is well.

    """

    channel: str
    endpoint: Endpoint
    gate: Gate
    trouble_count: int = 0
    rest_until: datetime | None = None

    @property
    def in_trouble(self) -> bool:
        """Whether the last call got no useful answer."""
        return self.trouble_count > 0

    def opens(self, at: datetime, *, position: int = 0) -> datetime:
        """Return when a call may go before which `position` others wait."""
        rested = max(at, self.rest_until) if self.rest_until else at
        return max(rested, self.gate.opens(at, position=position))

    def take(self, at: datetime) -> Self | None:
        """Return the lane after a call has begun; None while its gate is closed."""
        gate = self.gate.take(at)
        return None if gate is None else dataclasses.replace(self, gate=gate)

    def settle(self, at: datetime) -> Self:
        """Return the lane after a call has ended, however it did."""
        return dataclasses.replace(self, gate=self.gate.settle(at))

    def shut(self, at: datetime) -> Self:
        """Return the lane after LINE has refused a call for its rate."""
        return dataclasses.replace(self, gate=self.gate.shut(at))

    def strain(self, at: datetime) -> Self:
        """Return the lane after a call without a useful answer: the whole channel rests, longer each time."""
        rest: timedelta = FIRST_REST * 2 ** min(self.trouble_count, 16)
        return dataclasses.replace(self, trouble_count=self.trouble_count + 1, rest_until=at + min(rest, LONGEST_REST))

    def recover(self) -> Self:
        """Return the lane after a useful answer."""
        return dataclasses.replace(self, trouble_count=0, rest_until=None)


def open_lane(channel: str, endpoint: Endpoint, capacity: Capacity, *, at: datetime) -> Lane:
    """Return a channel's lane as it is before its first call."""
    return Lane(channel, endpoint, Gate(capacity, at))
