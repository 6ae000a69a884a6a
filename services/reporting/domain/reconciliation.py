"""How far reporting has compared itself with delivery: passes over the list of sends, each a run of pages.

Events tell what happens at once; a pass tells what events that were lost would have told. It begins a day after the
last one, and when events may have been lost.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

EVERY = timedelta(days=1)

OVERLAP = timedelta(minutes=10)
"""A change is dated before it is committed, by a clock that may differ; so a pass lists from before the last one."""

FIRST_RETRY = timedelta(seconds=5)
LONGEST_RETRY = timedelta(minutes=5)

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Pass:
    """One pass under way.

    Attributes:
        since_time: campaigns that changed at this moment or later are listed.
        begin_time: when it began; what changed before is known once it is over.
        page_token: of the page to read next; empty for the first one.

    """

    since_time: datetime
    begin_time: datetime
    page_token: str


@dataclass(frozen=True, slots=True)
class StreamPlace:
    """Where the consumer of a stream stands.

    Attributes:
        incarnation: which stream it is; another one when it was made anew.
        first_sequence: the oldest event that the stream still has.
        handled_sequence: the event up to which all were handled.

    """

    incarnation: str
    first_sequence: int
    handled_sequence: int

    @property
    def first_needed(self) -> int:
        """The oldest event that was not handled."""
        return self.handled_sequence + 1


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The comparison with one service.

    Attributes:
        service: which one.
        next_time: when there is something to do, business time.
        done_time: all that changed before it is known; None before the first pass was over.
        running: the pass under way.
        failure_count: how many pages in a row could not be had.
        incarnation: the stream whose events were heard last; None before one was seen.
        lost_sequence: a gap up to here was noticed; 0 before the first one.
        gap_time: when events may have been lost, the last time that this was noticed; None before.

    """

    service: str
    next_time: datetime
    done_time: datetime | None = None
    running: Pass | None = None
    failure_count: int = 0
    incarnation: str | None = None
    lost_sequence: int = 0
    gap_time: datetime | None = None

    def begin(self, now: datetime) -> Pass:
        """Return the pass under way, or a new one."""
        if self.running is not None:
            return self.running
        since = BEGINNING if self.done_time is None else self.done_time - OVERLAP
        return Pass(since, now, page_token="")

    def advance(self, part: Pass, next_page_token: str) -> "Reconciliation":
        """Note that a page was heard; without a next one the pass is over."""
        if next_page_token:
            return replace(self, running=replace(part, page_token=next_page_token), failure_count=0)
        # Its last page may have been read before what was lost happened.
        is_enough = self.gap_time is None or self.gap_time <= part.begin_time
        return replace(
            self,
            running=None,
            failure_count=0,
            done_time=part.begin_time,
            next_time=part.begin_time + EVERY if is_enough else self.next_time,
        )

    def restart(self) -> "Reconciliation":
        """Begin the pass again, as when its page token is not taken any more."""
        return replace(self, running=None)

    def postpone(self, now: datetime, *, wait: timedelta | None) -> "Reconciliation":
        """Go on after `wait`, or after a while that grows with each failure in a row."""
        doubled: timedelta = FIRST_RETRY * 2 ** min(self.failure_count, 16)
        pause = min(doubled, LONGEST_RETRY) if wait is None else max(wait, FIRST_RETRY)
        return replace(self, next_time=now + pause, failure_count=self.failure_count + 1)

    def watch(self, place: StreamPlace, now: datetime) -> "Reconciliation":
        """Note where the consumer stands; a pass is due at once when it can't have been given all events.

        That is so when the stream was made anew, or begins after the first event that was not handled.
        """
        is_new = place.incarnation != self.incarnation
        lost = place.first_sequence if place.first_sequence > place.first_needed else 0
        known = 0 if is_new else self.lost_sequence
        if not is_new and lost <= known:
            return self
        return replace(
            self,
            incarnation=place.incarnation,
            lost_sequence=max(lost, known),
            gap_time=now,
            next_time=min(self.next_time, now),
        )
