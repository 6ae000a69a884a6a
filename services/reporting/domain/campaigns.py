"""A campaign as reporting follows it: what was heard of it, what was published, what is due.

Events come in any order and more than once (ST 3.4), so what was heard leads to the same campaign whatever the order.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum, auto

from reporting.domain import slots
from reporting.domain.rounds import Fact, Heard

FIRST_RETRY = timedelta(seconds=2)
LONGEST_RETRY = timedelta(hours=1)
"""Each attempt may spend a call of the channel's hour (LP 1.6), which other campaigns need too."""

PATIENCE = timedelta(days=14)
"""How long after the last slot has opened LINE's figures are asked for at least, before the count is given up."""

MOST_FAILURES = 100
"""After so many failures in a row it is given up then; some days of attempts."""


class ReportState(Enum):
    """How far the counting is; the words of `CampaignReport.State`."""

    PENDING = auto()
    COUNTING = auto()
    FINAL = auto()
    NOT_DELIVERED = auto()
    NO_FIGURES = auto()


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot of one count of days.

    Attributes:
        round: counts the rounds that something was published of, from 1.
        accept_time: what the days were counted from when it was published; LINE's own time may have come later.
        day: days after that.

    """

    round: int
    accept_time: datetime
    day: int


@dataclass(frozen=True, slots=True)
class Campaign:
    """One campaign.

    Attributes:
        name: `channels/{channel}/campaigns/{campaign}`.
        start_time: the earliest time that was heard of it, which orders reports.
        heard: what was heard of it.
        published: the last publication's slot.
        due_day: day of the slot that the next publication is for; None when none follows.
        attempt_time: when LINE's figures are to be asked for; None when they are not.
        failure_count: how many attempts in a row got no figures.

    """

    name: str
    start_time: datetime
    heard: Heard = field(default_factory=Heard)
    published: Slot | None = None
    due_day: int | None = None
    attempt_time: datetime | None = None
    failure_count: int = 0

    @property
    def channel(self) -> str:
        """Name of the channel."""
        return "/".join(self.name.split("/")[:2])

    @property
    def state(self) -> ReportState:
        """How far the counting is."""
        rounds, is_counted = self.heard.rounds, self.count_time is not None
        is_decided = bool(rounds) and rounds[-1].decided
        if is_decided and not is_counted and rounds[-1].ended:
            return ReportState.NOT_DELIVERED
        # What was sent again and is not decided may still bring figures.
        if is_decided and self.due_day is None:
            return ReportState.NO_FIGURES if self.published is None or not is_counted else ReportState.FINAL
        return ReportState.PENDING if self.published is None else ReportState.COUNTING

    @property
    def accept_time(self) -> datetime | None:
        """When LINE accepted it, the last time that it did; None while that was not heard."""
        if self.count_time is not None:
            return self.count_time
        return next((part.accept_time for part in reversed(self.heard.rounds) if part.accept_time is not None), None)

    @property
    def count_time(self) -> datetime | None:
        """What the days are counted from; None when there is nothing to count."""
        counted = self.heard.last_counted
        return None if counted is None else counted.accept_time

    @property
    def published_day(self) -> int | None:
        """Day of the last publication of the round that is counted; None before its first one."""
        return self.published.day if self.published is not None and self._is_of_this_round(self.published) else None

    @property
    def next_publish_time(self) -> datetime | None:
        """When the next figures are due; None when none follow."""
        if self.count_time is None or self.due_day is None:
            return None
        return slots.slot_time(self.count_time, self.due_day)

    def hear(self, *facts: Fact) -> "Campaign":
        """Note facts; slots that were not published yet move with the time that the days are counted from."""
        start_time = min([self.start_time, *(fact.time for fact in facts)])
        heard = replace(self, start_time=start_time, heard=self.heard.add(*facts))
        if (heard.count_time, heard.published_day) == (self.count_time, self.published_day):
            return heard
        return _await(heard, slots.next_after_day(heard.published_day))

    def find_open_slot(self, now: datetime) -> Slot | None:
        """Return the slot that is open and not yet published."""
        if self.count_time is None:
            return None
        day = slots.find_open(self.count_time, now)
        if day is None or (self.published_day is not None and day <= self.published_day):
            return None
        return Slot(self._number_round(), self.count_time, day)

    def publish(self, slot: Slot) -> "Campaign":
        """Note a publication; the next slot is due."""
        return _await(replace(self, published=slot), slots.next_after_day(slot.day))

    def skip(self, now: datetime) -> "Campaign":
        """Give up the slots that have begun by `now` and wait for the next one."""
        if self.count_time is None:
            return self
        return _await(self, slots.next_after_time(self.count_time, now))

    def postpone(self, now: datetime, *, wait: timedelta | None) -> "Campaign":
        """Ask again after `wait`, or after a while that grows with each failure in a row; in the end give it up."""
        if self.count_time is None:
            return self
        is_late = now >= slots.slot_time(self.count_time, slots.LAST_DAY) + PATIENCE
        if is_late and self.failure_count >= MOST_FAILURES:
            return _await(self, None)
        doubled: timedelta = FIRST_RETRY * 2 ** min(self.failure_count, 16)
        pause = min(doubled, LONGEST_RETRY) if wait is None else max(wait, FIRST_RETRY)
        return replace(self, attempt_time=now + pause, failure_count=self.failure_count + 1)

    def _number_round(self) -> int:
        if self.published is None:
            return 1
        return self.published.round + (0 if self._is_of_this_round(self.published) else 1)

    def _is_of_this_round(self, slot: Slot) -> bool:
        counted = self.heard.last_counted
        return counted is not None and self.heard.find_round(slot.accept_time) == counted


def _await(campaign: Campaign, day: int | None) -> Campaign:
    """Make the slot of a day the next one; None = none follows, as when there is nothing to count."""
    awaited = replace(campaign, due_day=None if campaign.count_time is None else day, failure_count=0)
    return replace(awaited, attempt_time=awaited.next_publish_time)
