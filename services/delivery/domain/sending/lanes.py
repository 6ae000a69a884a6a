"""How fast a channel's calls go out: a gate for each endpoint, and a rest for a channel in trouble (architecture 5).

LINE's own token buckets are not published and are shared with other tools (LP 1.6). So a gate is a guess that gives
way: a 429 empties it, and from then on it opens once in `Capacity.every`.
"""

import dataclasses
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
    """A token bucket's size, and how often a token comes back."""

    burst: int
    every: timedelta


NARROWCAST_CAPACITY = Capacity(burst=60, every=timedelta(minutes=1))
"""60 narrowcasts an hour (LP 1.6); that a full hour may go at once is a guess."""

PROGRESS_CAPACITY = Capacity(burst=2000, every=timedelta(milliseconds=1))
"""2,000 a second (LP 1.6): no gate that anybody notices."""


@dataclass(frozen=True, slots=True)
class Gate:
    """A token bucket, kept as the moment at which it would be full: exact, where counted tokens would be rounded.

    Times are business time, which is LINE's. A bucket whose `full_time` is past is full.
    """

    capacity: Capacity
    full_time: datetime

    def take(self, at: datetime) -> Self | None:
        """Return the gate after one call; None while it is closed."""
        if self.opens(at) > at:
            return None
        return dataclasses.replace(self, full_time=max(self.full_time, at) + self.capacity.every)

    def shut(self, at: datetime) -> Self:
        """Return the gate after LINE has refused a call for its rate: the next one may go after `Capacity.every`."""
        return dataclasses.replace(self, full_time=at + self.capacity.burst * self.capacity.every)

    def opens(self, at: datetime, *, position: int = 0) -> datetime:
        """Return when a call may go before which `position` others wait; `at` when it may go at once."""
        beyond = position + 1 - self.capacity.burst
        return max(at, max(self.full_time, at) + beyond * self.capacity.every)


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
