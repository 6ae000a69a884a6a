"""The webhook of one channel: its settings, what waits to be sent, what was tried, and the reply tokens given out."""

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

# Attempts are read back by tests; older ones are forgotten.
KEPT_ATTEMPTS = 5_000


@dataclass(frozen=True, slots=True)
class Event:
    """One event as it is sent; `time` is when it happened, `document` its JSON object."""

    time: datetime
    document: dict[str, Any]

    @property
    def reply_token(self) -> str | None:
        """Its reply token; unfollow has none (LP 8.4)."""
        token: str | None = self.document.get("replyToken")
        return token


@dataclass(frozen=True, slots=True)
class Parcel:
    """Events that share one POST; it is due at `time`, for the `attempt`-th time from 1."""

    time: datetime
    events: tuple[Event, ...]
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Attempt:
    """One POST that is over; `status` None: no answer came, `reason` None: it was a success.

    `time` is when it was due, so that the same calls read back alike on a clock that stands still. `attempt` 0 is a
    test of the endpoint (LP 8.8).
    """

    time: datetime
    attempt: int
    url: str
    body: str
    signature: str
    status: int | None
    reason: str | None


@dataclass(slots=True)
class ReplyToken:
    """Whom a reply token answers, and what decides whether it still does (LP 8.6)."""

    person: int
    happened: datetime
    received: datetime | None = None
    redelivered: bool = False
    used: bool = False


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much one webhook holds: events not yet packed, parcels not yet answered, reply tokens.

    LINE may suspend webhooks to a bot that is out for long (LP 8.1): what happens beyond the bounds is not sent.
    """

    happened: int = 100_000
    waiting: int = 10_000
    reply_tokens: int = 100_000


@dataclass(slots=True)
class Webhook:
    """State of one channel's webhook.

    `active` None: as the switch `webhook_active_at_first` says. `redelivers` is off by default (LP 8.5). `happened`
    are events not yet packed, `waiting` parcels not yet answered: the first one may be on its way. `duplicates`,
    `reordered` and `wrong_signatures` are what a test asked to go wrong with the next POSTs. `suspended` counts
    events that were never sent because too many waited.
    """

    endpoint: str | None = None
    active: bool | None = None
    redelivers: bool = False
    happened: list[Event] = field(default_factory=list)
    waiting: deque[Parcel] = field(default_factory=deque)
    attempts: deque[Attempt] = field(default_factory=lambda: deque(maxlen=KEPT_ATTEMPTS))
    failures: Counter[str] = field(default_factory=Counter)
    reply_tokens: dict[str, ReplyToken] = field(default_factory=dict)
    bounds: Bounds = Bounds()
    events_made: int = 0
    suspended: int = 0
    duplicates: int = 0
    reordered: int = 0
    held: list[Parcel] = field(default_factory=list)
    wrong_signatures: int = 0

    @property
    def is_full(self) -> bool:
        """Whether so much waits that LINE sends no further events."""
        return len(self.happened) >= self.bounds.happened or len(self.waiting) >= self.bounds.waiting

    def add(self, event: Event, person: int) -> None:
        """Take an event in and give out its reply token."""
        self.happened.append(event)
        if event.reply_token is not None:
            while len(self.reply_tokens) >= self.bounds.reply_tokens:
                self.reply_tokens.pop(next(iter(self.reply_tokens)))
            self.reply_tokens[event.reply_token] = ReplyToken(person, event.time)

    def pack(self, most: int) -> None:
        """Put what happened into parcels; neighbours of one moment share one, up to `most` events (LP 8.1)."""
        for time, events in groupby(self.happened, key=lambda event: event.time):
            for share in _divide(tuple(events), most):
                self._queue(Parcel(time, share))
        self.happened.clear()

    def record(self, attempt: Attempt) -> None:
        """Keep an attempt, and count it in the error statistics when it failed (LP 8.1)."""
        self.attempts.append(attempt)
        if attempt.reason is not None and attempt.attempt > 0:
            self.failures[attempt.reason] += 1

    def release(self) -> None:
        """Let everything go right again, and let parcels go that wait for others to overtake them."""
        self.duplicates = self.reordered = self.wrong_signatures = 0
        self.waiting.extend(self.held)
        self.held.clear()

    def _queue(self, parcel: Parcel) -> None:
        copies = [parcel, parcel] if self.duplicates > 0 else [parcel]
        self.duplicates = max(0, self.duplicates - 1)
        if not self.reordered:
            self.waiting.extend(copies)
            return
        self.held.extend(copies)
        self.reordered -= 1
        if not self.reordered:
            self.waiting.extend(reversed(self.held))
            self.held.clear()


def _divide(events: Sequence[Event], most: int) -> Iterator[tuple[Event, ...]]:
    for first in range(0, len(events), most):
        yield tuple(events[first : first + most])
