"""What an order would meet: the month's messages, the channel's turn, the order's end (R11, R14)."""

from dataclasses import dataclass
from datetime import datetime


def require_at_least(needed: int | None) -> int:
    """Return how many messages must be left for a send that may take `needed`; None: nothing bounds it."""
    return max(needed or 0, 1)


@dataclass(frozen=True, slots=True)
class Prospects:
    """What stands before an order, as published figures and our own ledger tell: callers read what follows (V7).

    They are judged beside a `Case` when a campaign is checked or ordered. The dispatcher does not ask them: there a row
    waits, whatever is short, until its order ends.

    Attributes:
        at: Now.
        needed_count: Messages of the month that it may take; None when nothing bounds them.
        left_count: Messages of the month left beside other sends; None where the plan has no limit.
        turn_time: When LINE can be asked at the earliest.
        is_rate_limited: Whether it is the channel's rate that lets it wait until then.
        last_start: The moment from which on no call may begin, so that it has ended by the order's end.

    """

    at: datetime
    needed_count: int | None
    left_count: int | None
    turn_time: datetime
    is_rate_limited: bool
    last_start: datetime
