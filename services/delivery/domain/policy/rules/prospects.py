"""Rules about what an order would meet: the month's messages, the channel's rate, the order's end (R11, R14)."""

import math
from collections.abc import Iterator

from delivery.domain.policy.findings import Code, Finding, Severity
from delivery.domain.policy.prospects import Prospects, require_at_least
from delivery.domain.targeting.references import LIMIT_PATH

ACCEPT_PATH = "accept_time"
END_PATH = "end_time"


def require_quota(prospects: Prospects) -> Iterator[Finding]:
    """Refuse what the month can't hold: LINE would not take it, or would tell by it how many people match (T-D)."""
    left, needed = prospects.left_count, require_at_least(prospects.needed_count)
    if left is None or left >= needed:
        return
    yield Finding(
        Code.QUOTA_INSUFFICIENT,
        Severity.ERROR,
        LIMIT_PATH,
        "The messages that it may take don't fit what is left of the month beside other sends; order it once they do, "
        "or set a lower recipient_limit.",
        {"needed": needed, "left": max(left, 0)},
    )


def warn_rate_budget(prospects: Prospects) -> Iterator[Finding]:
    """Say that it is not sent at once: the channel has used up its calls, or other orders go before it."""
    wait = prospects.turn_time - prospects.at
    if prospects.is_rate_limited and wait:
        seconds = math.ceil(wait.total_seconds())
        yield Finding(
            Code.RATE_BUDGET_EXHAUSTED,
            Severity.WARNING,
            ACCEPT_PATH,
            f"LINE takes only so many calls an hour of a channel; its turn comes in {math.ceil(seconds / 60)} minutes.",
            {"wait_seconds": seconds},
        )


def require_reachable_end(prospects: Prospects) -> Iterator[Finding]:
    """Refuse an order that can't come up before its end, whoever has set that."""
    if prospects.turn_time < prospects.last_start:
        return
    yield Finding(
        Code.DEADLINE_UNREACHABLE,
        Severity.ERROR,
        END_PATH,
        "It can't come up before the order's end: its turn comes later, or the end is too near for a call to LINE.",
    )
