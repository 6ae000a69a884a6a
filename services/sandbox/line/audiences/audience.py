"""What an audience is: kinds, states over time, members, masked counts (LP 3.2, 3.6-3.9)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

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
# Exact counts and no minimum, as long as the OA made them itself (LP 3.9, 4.5).
UNRESTRICTED_KINDS = ("UPLOAD", "CHAT_TAG")
RESTRICTED_MINIMUM = 50
SMALLEST_SHOWN_COUNT = 20
RETENTION = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Job:
    """One addition of user ids; they count only from `finished_at` on (LP 3.7)."""

    number: int
    created: datetime
    working_at: datetime
    finished_at: datetime
    people: int
    outsiders: frozenset[str]
    description: str | None
    failed_type: str | None = None

    @property
    def size(self) -> int:
        """Accounts added."""
        return self.people.bit_count() + len(self.outsiders)

    def status(self, now: datetime) -> str:
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
    the members at a time for audiences made from a message; they are frozen when the audience gets READY, unless
    the switch `message_audiences_grow` is on. `fixed_status` overrides the states over time.
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
    def restricted(self) -> bool:
        """Whether LINE's minimum of 50 holds for it (LP 4.5)."""
        return self.foreign or self.kind not in UNRESTRICTED_KINDS

    def settle(self, now: datetime, settings: LineSettings) -> None:
        """Take in finished jobs and become READY when it is time and there are enough members (LP 3.8)."""
        for job in self.jobs:
            if job.status(now) == "FINISHED":
                self.people |= job.people
                self.outsiders |= job.outsiders
        if self.growing is not None and (not self.is_ready or settings.message_audiences_grow):
            self.people = self.growing(now)
        least = RESTRICTED_MINIMUM if self.kind not in UNRESTRICTED_KINDS else 1
        if now >= self.ready_at and self.size >= least:
            self.is_ready = True

    @property
    def size(self) -> int:
        """True number of members, blocked ones and outsiders included."""
        return self.people.bit_count() + len(self.outsiders)

    @property
    def shown_size(self) -> int:
        """`audienceCount`: exact for uploads and chat tags, else 0 when under 20 (LP 3.9)."""
        exact = self.kind in UNRESTRICTED_KINDS or self.size >= SMALLEST_SHOWN_COUNT
        return self.size if exact else 0

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
        return sum(job.status(now) in ("QUEUED", "WORKING") for job in self.jobs)

    def fail_jobs(self, now: datetime, failed_type: str) -> None:
        """Let the jobs in flight end FAILED; their ids are never added."""
        self.jobs = [
            replace(job, failed_type=failed_type) if job.status(now) in ("QUEUED", "WORKING") else job
            for job in self.jobs
        ]

    def to_json(self, now: datetime) -> dict[str, Any]:
        """Return the `audienceGroup` object (LP 3.6)."""
        status = self.status(now)
        shown: dict[str, Any] = {
            "audienceGroupId": self.number,
            "createRoute": self.create_route,
            "type": self.kind,
            "description": self.name,
            "status": status,
            "audienceCount": self.shown_size,
            "created": int(self.created.timestamp()),
            "permission": self.permission,
            "isIfaAudience": self.is_ifa,
        }
        if self.expires is not None:
            shown["expireTimestamp"] = int(self.expires.timestamp())
        if self.request_id is not None:
            shown["requestId"] = self.request_id
        if self.click_url is not None:
            shown["clickUrl"] = self.click_url
        if status == "FAILED":
            shown["failedType"] = self.failed_type or "INTERNAL_ERROR"
        if self.activated is not None:
            shown["activated"] = self.activated
        if self.inactivated is not None:
            shown["inactivatedTimestamp"] = int(self.inactivated.timestamp())
        if self.web_traffic is not None:
            shown["webtraffic"] = dict(self.web_traffic)
        return shown

    def jobs_to_json(self, now: datetime) -> list[dict[str, Any]]:
        """Return the last 50 `jobs`, newest first (LP 3.7); other kinds than UPLOAD have none."""
        return [
            {
                "audienceGroupJobId": job.number,
                "audienceGroupId": self.number,
                "description": job.description,
                "type": "DIFF_ADD",
                "status": job.status(now),
                "jobStatus": job.status(now),
                "failedType": job.failed_type,
                "audienceCount": job.size,
                "created": int(job.created.timestamp()),
            }
            for job in reversed(self.jobs[-50:])
        ]
