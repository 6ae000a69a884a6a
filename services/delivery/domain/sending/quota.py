"""How many of a month's messages an Official Account has left: published for callers, live for dispatch (R14).

    published remainder = the plan's size − the published usage − what our own sends may take beyond it

The published usage is read once a day in Japan and stands until the next one, so that nobody learns how many people
were sent to by watching it move (V7). What callers read follows from it alone. LINE's own count decides only when a row
is called for (T-D).
"""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from delivery.domain.sending.values import Ending

JAPAN = ZoneInfo("Asia/Tokyo")
"""Days of LINE's figures are Japanese (LP 0.3); that months are too is the natural reading (LP 6.2)."""


def tell_day(at: datetime) -> date:
    """Return the day in Japan."""
    return at.astimezone(JAPAN).date()


def begin_day(at: datetime) -> datetime:
    """Return when the day in Japan began."""
    return at.astimezone(JAPAN).replace(hour=0, minute=0, second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class Allowance:
    """A month's messages as LINE counts them now; what running sends hold back is not in it (LP 6.3).

    Attributes:
        size: Messages that the plan and what was added to it allow.
        used: Messages used, approximately, those of OA Manager included (LP 6.1).

    """

    size: int
    used: int

    @property
    def left(self) -> int:
        """The live remainder; below 0 where more was used than the plan allows."""
        return self.size - self.used


@dataclass(frozen=True, slots=True)
class Usage:
    """A published usage.

    Attributes:
        account: The Official Account.
        message_count: Messages that it had used this month.
        read_time: When LINE was asked.

    """

    account: str
    message_count: int
    read_time: datetime

    def is_current(self, at: datetime) -> bool:
        """Tell whether it still stands: it was read on this day in Japan, so in this month too.

        One that was read "tomorrow", by a clock that is ahead, stands as well: else two clocks would take turns around
        midnight, each publishing anew.
        """
        return tell_day(self.read_time) >= tell_day(at)

    def covers(self, ending: Ending | None) -> bool:
        """Tell whether what a send took is in it: it was read after the send had ended."""
        return ending is not None and ending.time < self.read_time


@dataclass(frozen=True, slots=True)
class Balance:
    """An account's published usage, and what our own sends may take that it does not cover yet."""

    usage: Usage
    reserved_count: int

    def count_left(self, size: int) -> int:
        """Return the published remainder of a plan; below 0 where more is promised than the plan allows."""
        return size - self.usage.message_count - self.reserved_count
