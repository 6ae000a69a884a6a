"""The month's quota of an OA, what was used of it, and what running sends hold back (LP 4.7, 6.1-6.3)."""

from collections import Counter
from dataclasses import dataclass, field

from sandbox.line.errors import MONTHLY_LIMIT, LineError


@dataclass(slots=True)
class Quota:
    """`limit` messages a month (None: unlimited); `used` by month `yyyymm`, `holds` by request id."""

    limit: int | None = None
    used: Counter[str] = field(default_factory=Counter)
    holds: dict[str, int] = field(default_factory=dict)

    def remaining(self, month: str) -> int | None:
        """Return what can still be reserved in a month; None: without bound."""
        if self.limit is None:
            return None
        return max(0, self.limit - self.used[month] - sum(self.holds.values()))

    def plan(self, *, month: str, reach: int, most: int | None, up_to_remaining: bool) -> int | None:
        """Return the reservation of a narrowcast by the table of LP 4.7; None when it can't be made."""
        wanted = reach if most is None else min(reach, most)
        remaining = self.remaining(month)
        if remaining is None:
            return wanted
        if up_to_remaining:
            return min(wanted, remaining) if remaining > 0 else None
        return wanted if wanted <= remaining else None

    def spend(self, month: str, count: int) -> None:
        """Count messages, one per recipient whatever the number of bubbles (LP 6.2)."""
        self.used[month] += count

    def require(self, month: str, count: int) -> None:
        """Refuse a send of `count` messages that the rest of the month can't hold.

        Raises:
            LineError: 429 with the monthly text, which holds cause as well (LP 1.7).

        """
        remaining = self.remaining(month)
        if remaining is not None and count > remaining:
            raise LineError(429, MONTHLY_LIMIT)
