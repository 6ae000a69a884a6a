"""Channels: one LINE Official Account each, with the HubSpot account that belongs to it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto


class Problem(Enum):
    """Why a vendor refuses a channel; the words of `outreach.audience.v1.Channel.Problem.Reason`."""

    LINE_CREDENTIALS_REFUSED = auto()
    HUBSPOT_CREDENTIALS_REFUSED = auto()
    HUBSPOT_SCOPE_MISSING = auto()
    HUBSPOT_PROPERTY_MISSING = auto()


DEFAULT_ORDER_LIFETIME = timedelta(hours=24)
SHORTEST_ORDER_LIFETIME = timedelta(hours=1)
LONGEST_ORDER_LIFETIME = timedelta(days=7)

LINE_PROBLEMS = frozenset({Problem.LINE_CREDENTIALS_REFUSED})
HUBSPOT_PROBLEMS = frozenset(Problem) - LINE_PROBLEMS


@dataclass(frozen=True, slots=True)
class ObservedProblem:
    """A problem with one sentence for a person and the time it was first seen."""

    problem: Problem
    description: str
    observe_time: datetime


@dataclass(frozen=True, slots=True)
class Credentials:
    """What opens a channel at LINE and HubSpot (requirement N5); never shown, not even by `repr`."""

    line_channel_secret: str
    hubspot_access_token: str

    def __repr__(self) -> str:
        return "Credentials(…)"


@dataclass(frozen=True, slots=True)
class Channel:
    """A registered channel, without its credentials.

    `name` is `channels/{channel}`; `bot_user_id` is the Official Account's own id at LINE (LP 6.4 bot info);
    `area_prefix` is `jp`, `tw` or `th` (LP 4.4); `order_lifetime` is how long after its order a send may begin.
    """

    name: str
    display_name: str
    line_channel_id: str
    bot_user_id: str
    line_basic_id: str
    hubspot_line_id_property: str
    time_zone: str
    area_prefix: str
    order_lifetime: timedelta
    create_time: datetime
    update_time: datetime
    problems: tuple[ObservedProblem, ...] = ()

    @property
    def id(self) -> str:
        """The last segment of the name, which event subjects carry."""
        return self.name.removeprefix("channels/")

    def has(self, problem: Problem) -> bool:
        """Tell whether a problem is known."""
        return any(known.problem is problem for known in self.problems)

    def with_problem(self, found: ObservedProblem) -> "Channel":
        """Return the channel with one more problem; a problem that is known already keeps its time."""
        if self.has(found.problem):
            return self
        return replace(self, problems=(*self.problems, found), update_time=found.observe_time)

    def without_problems(self, solved: frozenset[Problem], *, now: datetime) -> "Channel":
        """Return the channel without the problems of a vendor that has just answered well."""
        left = tuple(known for known in self.problems if known.problem not in solved)
        return self if left == self.problems else replace(self, problems=left, update_time=now)
