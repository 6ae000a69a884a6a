"""How often LINE is asked for single audiences of a channel: 60 a minute, for whoever asks (LP 1.6)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import floor

LOOKUPS_A_MINUTE = 40
"""Ours: some are left to other tools of the channel."""

MOST_AT_ONCE = 20
"""With what flows in during a minute, no minute sees more than LINE's 60."""

KEPT_FOR_SENDS = 8
"""What looking for missing audiences leaves to the facts of sends that wait."""

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Lookups:
    """What is left of the limit, in machine time, at `time`; below zero while LINE has said that it is used up."""

    left: float
    time: datetime

    def refill(self, now: datetime) -> "Lookups":
        """Let what has flown in since come in."""
        flown = max(timedelta(), now - self.time) / _MINUTE * LOOKUPS_A_MINUTE
        return Lookups(min(float(MOST_AT_ONCE), self.left + flown), now)

    def take(self, wanted: int, *, keep: int = 0) -> tuple["Lookups", int]:
        """Take up to `wanted` and leave `keep`; return what is left, and how many were taken."""
        taken = max(0, min(wanted, floor(self.left - keep)))
        return Lookups(self.left - taken, self.time), taken

    def drain(self) -> "Lookups":
        """Note that LINE says the limit is used up, by others too: nothing for a minute."""
        return Lookups(-float(LOOKUPS_A_MINUTE), self.time)


def full(now: datetime) -> Lookups:
    """Return the limit of a channel that nobody has asked for."""
    return Lookups(float(MOST_AT_ONCE), now)
