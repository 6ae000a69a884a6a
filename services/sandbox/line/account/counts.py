"""How many messages an OA sent on each day, by kind (LP 6.1, 7.5)."""

from collections import Counter
from dataclasses import dataclass, field

# What only OA Manager and other tools send; the control face tells of them.
MANAGER_COUNTERS = (
    "broadcast",
    "targeting",
    "stepMessage",
    "autoResponse",
    "welcomeResponse",
    "chat",
    "ccAutoReply",
    "ccManualReply",
    "pnpNoticeMessage",
    "pnpCallToLine",
    "thirdPartyChatTool",
)
API_COUNTERS = {
    "broadcast": "apiBroadcast",
    "push": "apiPush",
    "multicast": "apiMulticast",
    "narrowcast": "apiNarrowcast",
    "reply": "apiReply",
}
COUNTERS = (*MANAGER_COUNTERS, *API_COUNTERS.values())


@dataclass(slots=True)
class DailyCounts:
    """Messages by JST day (ordinal) and counter of LP 7.5; one per recipient."""

    _counts: Counter[tuple[int, str]] = field(default_factory=Counter)

    def add(self, day: int, counter: str, count: int) -> None:
        """Count messages of a day."""
        self._counts[day, counter] += count

    def read(self, day: int, counter: str) -> int:
        """Return the messages of a day."""
        return self._counts[day, counter]
