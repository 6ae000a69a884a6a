"""A campaign as reporting follows it: what was heard of it, what was published, what is due.

Events come in any order and more than once (ST 3.4), so what was heard leads to the same campaign whatever the order.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto

from reporting.domain import slots

FIRST_RETRY = timedelta(seconds=2)
LONGEST_RETRY = timedelta(minutes=5)


class ReportState(Enum):
    """How far the counting is; the words of `CampaignReport.State`."""

    PENDING = auto()
    COUNTING = auto()
    FINAL = auto()
    NOT_DELIVERED = auto()


@dataclass(frozen=True, slots=True)
class Campaign:
    """One campaign.

    Attributes:
        name: `channels/{channel}/campaigns/{campaign}`.
        start_time: the earliest time that was heard of it, which orders reports.
        accept_time: when LINE accepted it; None while that was not heard.
        failed: whether it was not delivered.
        published_day: day of the last publication's slot.
        due_day: day of the slot that the next publication is for; None when none follows.
        attempt_time: when LINE's figures are to be asked for; None when they are not.
        failure_count: how many attempts in a row got no figures.

    """

    name: str
    start_time: datetime
    accept_time: datetime | None = None
    failed: bool = False
    published_day: int | None = None
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
        if self.failed:
            return ReportState.NOT_DELIVERED
        if self.published_day is None:
            return ReportState.PENDING
        return ReportState.FINAL if self.published_day == slots.LAST_DAY else ReportState.COUNTING

    @property
    def next_publish_time(self) -> datetime | None:
        """When the next figures are due; None when none follow."""
        if self.accept_time is None or self.due_day is None:
            return None
        return slots.slot_time(self.accept_time, self.due_day)

    def hear_accepted(self, accept_time: datetime) -> "Campaign":
        """Note that LINE accepted the campaign; of several requests the first one begins the count of days."""
        heard = replace(self, start_time=min(self.start_time, accept_time))
        if self.accept_time is not None and self.accept_time <= accept_time:
            return heard
        heard = replace(heard, accept_time=accept_time)
        return heard if self.failed else _await(heard, slots.next_after_day(self.published_day))

    def hear_failed(self, complete_time: datetime) -> "Campaign":
        """Note that the campaign was not delivered: there is nothing to count, whatever else is heard."""
        return replace(_await(self, None), start_time=min(self.start_time, complete_time), failed=True)

    def publish(self, day: int) -> "Campaign":
        """Note a publication; the next slot is due."""
        return _await(replace(self, published_day=day), slots.next_after_day(day))

    def skip(self, now: datetime) -> "Campaign":
        """Give up the slots that have begun by `now` and wait for the next one."""
        if self.accept_time is None:
            return self
        return _await(self, slots.next_after_time(self.accept_time, now))

    def postpone(self, now: datetime, *, wait: timedelta | None) -> "Campaign":
        """Ask again after `wait`, or after a while that grows with each failure in a row."""
        doubled: timedelta = FIRST_RETRY * 2 ** min(self.failure_count, 16)
        pause = min(doubled, LONGEST_RETRY) if wait is None else wait
        return replace(self, attempt_time=now + pause, failure_count=self.failure_count + 1)


def _await(campaign: Campaign, day: int | None) -> Campaign:
    """Make the slot of a day the next one; None = none follows."""
    awaited = replace(campaign, due_day=day, failure_count=0)
    return replace(awaited, attempt_time=awaited.next_publish_time)
