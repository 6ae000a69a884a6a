"""Two attempts under one retry key that LINE accepts both, since neither has met the other (LP 1.9)."""

from datetime import timedelta

from sandbox.line.endpoint import Call
from sandbox.line.model import Send
from sandbox.line.platform import Line
from sandbox.line.sending.delivery import RETRY_CONFLICT


def find_rival(line: Line, call: Call) -> Send | None:
    """Return the send that was accepted under the call's key and does not keep it out; each has one rival at most."""
    earlier = line.sends.get(line.find_accepted(call.channel, call.retry_key) or "")
    if earlier is None or earlier.raced or line.settings.retry_race == "never":
        return None
    is_soon = line.now() < earlier.accepted + timedelta(seconds=line.settings.retry_race_time)
    return earlier if is_soon else None


def race(line: Line, earlier: Send, later: Send) -> None:
    """Decide what becomes of two; before the later one is accepted. A repetition is told of the one that counts."""
    earlier.raced = later.raced = True
    match line.settings.retry_race:
        case "earlier_fails" if earlier.phase == "waiting":
            earlier.planned_failure = RETRY_CONFLICT
        case "earlier_fails" | "later_fails":
            later.planned_failure = RETRY_CONFLICT
            later.retry_key = None
