"""LINE's audience objects (LP 3.6–3.8) and how they are read."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lineapi.fields import Fields


class JobStatus(StrEnum):
    """The states of a job that LP 3.7 knows; an answer may hold another one."""

    QUEUED = "QUEUED"
    WORKING = "WORKING"
    FINISHED = "FINISHED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceGroup:
    """One audience, seen from the calling channel (LP 3.6).

    Attributes:
        audience_group_id: LINE's id.
        create_route: who made it, as `OA_MANAGER`, `MESSAGING_API`, `AD_MANAGER`; open.
        type: one of the 14 kinds of LP 3.2; open.
        description: the audience's name.
        status: one of LP 3.8, as `READY`; open.
        audience_count: an upper bound of deliveries; where LINE masks, 0 stands for 0 to 19 (LP 3.9).
        created: aware UTC.
        permission: `READ` or `READ_WRITE`.
        is_ifa_audience: holds advertising ids instead of user ids.
        expire_time: aware UTC; not every audience has one.
        request_id: the message that a CLICK or IMP audience was made from.
        click_url: the link that a CLICK audience was made from; None = any link.
        failed_type: why it failed.
        activated: whether an audience of LINE Ads or Points Ads is active.
        inactivated_time: aware UTC, when such an audience became inactive.

    """

    audience_group_id: int
    create_route: str
    type: str
    description: str
    status: str
    audience_count: int
    created: datetime
    permission: str
    is_ifa_audience: bool
    expire_time: datetime | None = None
    request_id: str | None = None
    click_url: str | None = None
    failed_type: str | None = None
    activated: bool | None = None
    inactivated_time: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceJob:
    """One addition of ids to an UPLOAD audience (LP 3.7); they count only when it is FINISHED."""

    audience_group_job_id: int
    audience_group_id: int
    description: str | None
    type: str
    job_status: str
    failed_type: str | None
    audience_count: int
    created: datetime


@dataclass(frozen=True, slots=True)
class AudienceOwner:
    """Who shares an audience through Business Manager (LP 3.5); the service type is open."""

    service_type: str
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class AudienceDetail:
    """One audience with its jobs; `owner` only where it was got as a shared one, `ad_account` only from LINE Ads."""

    group: AudienceGroup
    jobs: tuple[AudienceJob, ...]
    owner: AudienceOwner | None = None
    ad_account: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AudiencePage:
    """One page of a listing, in LINE's own order, which is not documented (LP 3.5)."""

    groups: tuple[AudienceGroup, ...]
    has_next_page: bool
    total_count: int
    page: int
    size: int


def read_detail(answer: Fields) -> AudienceDetail:
    """Read the answer of a get."""
    owner = answer.find_object("owner")
    ad_account = answer.find_object("adaccount")
    return AudienceDetail(
        group=_read_group(answer.read_object("audienceGroup")),
        jobs=tuple(_read_job(job) for job in answer.read_objects("jobs")),
        owner=None if owner is None else _read_owner(owner),
        ad_account=None if ad_account is None else ad_account.find_text("name"),
    )


def read_page(answer: Fields) -> AudiencePage:
    """Read the answer of a list."""
    return AudiencePage(
        groups=tuple(_read_group(group) for group in answer.read_objects("audienceGroups")),
        has_next_page=answer.read_flag("hasNextPage"),
        total_count=answer.read_integer("totalCount"),
        page=answer.read_integer("page"),
        size=answer.read_integer("size"),
    )


def _read_group(group: Fields) -> AudienceGroup:
    return AudienceGroup(
        audience_group_id=group.read_integer("audienceGroupId"),
        create_route=group.read_text("createRoute"),
        type=group.read_text("type"),
        description=group.read_text("description"),
        status=group.read_text("status"),
        audience_count=group.read_integer("audienceCount"),
        created=group.read_unix_time("created"),
        permission=group.read_text("permission"),
        is_ifa_audience=group.read_flag("isIfaAudience"),
        expire_time=group.find_unix_time("expireTimestamp"),
        request_id=group.find_text("requestId"),
        click_url=group.find_text("clickUrl"),
        failed_type=group.find_text("failedType"),
        activated=group.find_flag("activated"),
        # LINE's text and its examples disagree on the spelling (LP 3.6, 12.2).
        inactivated_time=group.find_unix_time("inactivatedTimestamp") or group.find_unix_time("inactiveTimestamp"),
    )


def _read_job(job: Fields) -> AudienceJob:
    return AudienceJob(
        audience_group_job_id=job.read_integer("audienceGroupJobId"),
        audience_group_id=job.read_integer("audienceGroupId"),
        description=job.find_text("description"),
        type=job.read_text("type"),
        job_status=job.read_text("jobStatus"),
        failed_type=job.find_text("failedType"),
        audience_count=job.read_integer("audienceCount"),
        created=job.read_unix_time("created"),
    )


def _read_owner(owner: Fields) -> AudienceOwner:
    return AudienceOwner(
        service_type=owner.read_text("serviceType"), id=owner.read_text("id"), name=owner.read_text("name")
    )
