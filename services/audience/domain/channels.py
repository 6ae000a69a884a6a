"""Channels: one LINE Official Account each, with the HubSpot account that belongs to it."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum, auto

from audience.domain.catalog import CatalogSync
from audience.domain.retries import pause


class Problem(Enum):
    """Why a vendor refuses a channel; the words of `outreach.audience.v1.Channel.Problem.Reason`."""

    LINE_CREDENTIALS_REFUSED = auto()
    HUBSPOT_CREDENTIALS_REFUSED = auto()
    HUBSPOT_SCOPE_MISSING = auto()
    HUBSPOT_PROPERTY_MISSING = auto()
    LINE_AUDIENCES_FORBIDDEN = auto()


DEFAULT_ORDER_LIFETIME = timedelta(hours=24)
SHORTEST_ORDER_LIFETIME = timedelta(hours=1)
LONGEST_ORDER_LIFETIME = timedelta(days=7)

LINE_CREDENTIAL_PROBLEMS = frozenset({Problem.LINE_CREDENTIALS_REFUSED})
"""What a token that LINE issues disproves."""

LINE_PROBLEMS = LINE_CREDENTIAL_PROBLEMS | {Problem.LINE_AUDIENCES_FORBIDDEN}
"""What audiences that LINE tells of disprove."""

HUBSPOT_PROBLEMS = frozenset(Problem) - LINE_PROBLEMS

FIRST_REFUSAL_PAUSE = timedelta(minutes=1)
LONGEST_REFUSAL_PAUSE = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class ObservedProblem:
    """A problem with one sentence for a person, the time it was first seen, and how often the vendor has refused since.

    Before `next_time` the vendor is not asked again, unless a person asks.
    """

    problem: Problem
    description: str
    observe_time: datetime
    refusal_count: int
    next_time: datetime


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
    `area_prefix` is `jp`, `tw` or `th` (LP 4.4), None where it is not known; `order_lifetime` is how long after its
    order a send may begin.
    """

    name: str
    display_name: str
    line_channel_id: str
    bot_user_id: str
    line_basic_id: str
    hubspot_line_id_property: str
    time_zone: str
    area_prefix: str | None
    order_lifetime: timedelta
    create_time: datetime
    update_time: datetime
    problems: tuple[ObservedProblem, ...] = ()
    catalog: CatalogSync = field(default_factory=CatalogSync)

    @property
    def id(self) -> str:
        """The last segment of the name, which event subjects carry."""
        return self.name.removeprefix("channels/")

    def has(self, problem: Problem) -> bool:
        """Tell whether a problem is known."""
        return any(known.problem is problem for known in self.problems)

    def find_pause(self, problems: frozenset[Problem], now: datetime) -> ObservedProblem | None:
        """Return one of `problems` for which the vendor is not to be asked again yet."""
        return next((known for known in self.problems if known.problem in problems and now < known.next_time), None)

    def refuse(self, problem: Problem, description: str, *, now: datetime) -> "Channel":
        """Note that a vendor refused the channel; a problem that is known already keeps its time, and waits longer."""
        before = next((known for known in self.problems if known.problem is problem), None)
        count = 1 if before is None else before.refusal_count + 1
        next_time = now + pause(count, first=FIRST_REFUSAL_PAUSE, longest=LONGEST_REFUSAL_PAUSE)
        seen = now if before is None else before.observe_time
        noted = ObservedProblem(problem, description, seen, count, next_time)
        others = tuple(known for known in self.problems if known.problem is not problem)
        return replace(self, problems=(*others, noted), update_time=now if before is None else self.update_time)

    def end_pauses(self, problems: frozenset[Problem], *, now: datetime) -> "Channel":
        """Let the vendor be asked again at once: a person says that something has changed."""
        ended = tuple(
            replace(known, next_time=min(known.next_time, now)) if known.problem in problems else known
            for known in self.problems
        )
        return replace(self, problems=ended)

    def without_problems(self, solved: frozenset[Problem], *, now: datetime) -> "Channel":
        """Return the channel without the problems of a vendor that has just answered well."""
        left = tuple(known for known in self.problems if known.problem not in solved)
        return self if left == self.problems else replace(self, problems=left, update_time=now)
