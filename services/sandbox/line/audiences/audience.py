"""What an audience is: kinds, states over time, members, masked counts (LP 3.2, 3.6-3.9)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from sandbox.line.settings import LineSettings

KINDS = (
    "UPLOAD",
    "CLICK",
    "IMP",
    "CHAT_TAG",
    "FRIEND_PATH",
    "RESERVATION",
    "RICHMENU_IMP",
    "RICHMENU_CLICK",
    "WEBTRAFFIC",
    "TRACKINGTAG_WEBTRAFFIC",
    "APP_EVENT",
    "VIDEO_VIEW",
    "IMAGE_CLICK",
    "POP_AD_IMP",
)
STATUSES = ("IN_PROGRESS", "READY", "FAILED", "EXPIRED", "INACTIVE", "ACTIVATING")
# The last two appear in shared audiences only (LP 3.5).
CREATE_ROUTES = (
    "OA_MANAGER",
    "MESSAGING_API",
    "POINT_AD",
    "AD_MANAGER",
    "BUSINESS_MANAGER",
    "YAHOO_DISPLAY_ADS",
)
FAILED_TYPES = ("AUDIENCE_GROUP_AUDIENCE_INSUFFICIENT", "INTERNAL_ERROR")
OWNER_SERVICES = ("bm", "lap", "account", "yda")
RESTRICTED_MINIMUM = 50
SMALLEST_SHOWN_COUNT = 20
RETENTION = timedelta(days=180)
MOST_JOBS = 50

JobStatus = Literal["QUEUED", "WORKING", "FINISHED", "FAILED"]
IN_FLIGHT = ("QUEUED", "WORKING")


@dataclass(frozen=True, slots=True)
class Members:
    """Who an upload names: a set over the OA's population, and the ids that nobody here has."""

    people: int = 0
    outsiders: frozenset[str] = frozenset()

    @property
    def size(self) -> int:
        """How many they are."""
        return self.people.bit_count() + len(self.outsiders)


@dataclass(slots=True)
class Job:
    """One addition of ids; they count only from `finished_at` on (LP 3.7).

    `size` is the number of ids in it; `waiting` is empty once the audience has taken them in.
    """

    number: int
    created: datetime
    working_at: datetime
    finished_at: datetime
    size: int
    waiting: Members
    description: str | None
    failed_type: str | None = None

    def status(self, now: datetime) -> JobStatus:
        """Return `jobStatus` at a time."""
        if self.failed_type is not None:
            return "FAILED"
        if now >= self.finished_at:
            return "FINISHED"
        return "WORKING" if now >= self.working_at else "QUEUED"


@dataclass(frozen=True, slots=True)
class Owner:
    """Who shares an audience, by `serviceType` (LP 3.5)."""

    service_type: str = "bm"
    owner_id: str = "1"
    name: str = "Business Manager"

    def to_json(self) -> dict[str, str]:
        """Return the `owner` object."""
        return {"serviceType": self.service_type, "id": self.owner_id, "name": self.name}


@dataclass(slots=True)
class Audience:
    """One audience of an OA.

    `people` is a set over the OA's population, `outsiders` are uploaded ids that are nobody here. `growing` gives
    the members at a time for audiences made from a message; `recount` takes them in until the audience gets READY,
    and the switch `message_audiences_grow` after that. `following` gives the members of an audience that always follows
    what people do, as web traffic does. `fixed_status` overrides the states over time.
    """

    number: int
    kind: str
    name: str
    created: datetime
    ready_at: datetime
    channel_id: str
    create_route: str = "MESSAGING_API"
    permission: str = "READ_WRITE"
    foreign: bool = False
    people: int = 0
    outsiders: set[str] = field(default_factory=set)
    growing: Callable[[datetime], int] | None = None
    following: Callable[[datetime], int] | None = None
    jobs: list[Job] = field(default_factory=list)
    expires: datetime | None = None
    is_ready: bool = False
    fixed_status: str | None = None
    failed_type: str | None = None
    is_ifa: bool = False
    request_id: str | None = None
    click_url: str | None = None
    owner: Owner = Owner()
    ad_account: str | None = None
    activated: bool | None = None
    inactivated: datetime | None = None
    web_traffic: Mapping[str, Any] | None = None

    @property
    def is_exact(self) -> bool:
        """Whether it is counted exactly and has no minimum of its own: user ids uploaded, chat tags (LP 3.9, 4.5)."""
        return self.kind == "CHAT_TAG" or (self.kind == "UPLOAD" and not self.is_ifa)

    @property
    def restricted(self) -> bool:
        """Whether LINE's minimum of 50 holds for sends to it (LP 4.5)."""
        return self.foreign or not self.is_exact

    def settle(self, now: datetime, settings: LineSettings) -> None:
        """Take in finished jobs and become READY when it is time and there are enough members (LP 3.8)."""
        for job in self.jobs:
            if job.status(now) == "FINISHED":
                self.people |= job.waiting.people
                self.outsiders |= job.waiting.outsiders
                job.waiting = Members()
        self._forget_old_jobs(now)
        if self.growing is not None and self.is_ready and settings.message_audiences_grow:
            self.people = self.growing(now)
        if self.following is not None:
            self.people = self.following(now)
        least = 1 if self.is_exact else RESTRICTED_MINIMUM
        if now >= self.ready_at and self.size >= least:
            self.is_ready = True

    def recount(self, now: datetime, settings: LineSettings) -> None:
        """Take in who acted on the message that it is made from."""
        if self.growing is not None:
            self.people = self.growing(now)
        self.settle(now, settings)

    @property
    def size(self) -> int:
        """True number of members, blocked ones and outsiders included."""
        return self.people.bit_count() + len(self.outsiders)

    @property
    def shown_size(self) -> int:
        """`audienceCount`: exact for uploads of user ids and chat tags, else 0 when under 20 (LP 3.9)."""
        return self.size if self.is_exact or self.size >= SMALLEST_SHOWN_COUNT else 0

    def status(self, now: datetime) -> str:
        """Return the status at a time; `settle` must have run for that time."""
        if self.fixed_status is not None:
            return self.fixed_status
        if self.expires is not None and now >= self.expires:
            return "EXPIRED"
        return "READY" if self.is_ready else "IN_PROGRESS"

    def is_gone(self, now: datetime, settings: LineSettings) -> bool:
        """Whether it was deleted after its expiry (LP 3.3)."""
        return self.expires is not None and now >= self.expires + timedelta(seconds=settings.expired_kept)

    def jobs_in_flight(self, now: datetime) -> int:
        """Return how many jobs are QUEUED or WORKING; each counts as an operation in flight (LP 1.6)."""
        return len(self._find_jobs_in_flight(now))

    def fail_jobs(self, now: datetime, failed_type: str) -> None:
        """Let the jobs in flight end FAILED; their ids are never added."""
        for job in self._find_jobs_in_flight(now):
            job.failed_type = failed_type
            job.waiting = Members()

    def _find_jobs_in_flight(self, now: datetime) -> list[Job]:
        return [job for job in self.jobs if job.status(now) in IN_FLIGHT]

    def _forget_old_jobs(self, now: datetime) -> None:
        """Keep the 50 that are shown, and whatever is in flight (LP 3.7)."""
        older = self.jobs[:-MOST_JOBS]
        if older:
            self.jobs = [job for job in older if job.status(now) in IN_FLIGHT] + self.jobs[-MOST_JOBS:]
