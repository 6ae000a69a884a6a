"""LINE's audience objects (LP 3.6–3.8) and how they are read."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lineapi.fields import FieldError, Fields


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
class UnreadableGroup:
    """An entry of a listing that does not read as documented; the others do.

    `audience_group_id` is None where not even that can be read; `problem` names the field and holds no value.
    """

    audience_group_id: int | None
    problem: str


@dataclass(frozen=True, slots=True)
class AudienceDetail:
    """One audience with its jobs; `owner` only where it was got as a shared one, `ad_account` only from LINE Ads.

    `jobs` is None where one of them does not read as documented.
    """

    group: AudienceGroup
    jobs: tuple[AudienceJob, ...] | None
    owner: AudienceOwner | None = None
    ad_account: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AudiencePage:
    """One page of a listing, in LINE's own order, which is not documented (LP 3.5)."""

    groups: tuple[AudienceGroup, ...]
    unreadable: tuple[UnreadableGroup, ...]
    has_next_page: bool


def read_detail(answer: Fields) -> AudienceDetail:
    """Read the answer of a get."""
    owner = answer.find_object("owner")
    ad_account = answer.find_object("adaccount")
    return AudienceDetail(
        group=_read_group(answer.read_object("audienceGroup")),
        jobs=_read_jobs(answer),
        owner=None if owner is None else _read_owner(owner),
        ad_account=None if ad_account is None else ad_account.find_text("name"),
    )


def read_page(answer: Fields) -> AudiencePage:
    """Read the answer of a list."""
    entries = [_read_entry(entry) for entry in answer.read_entries("audienceGroups")]
    return AudiencePage(
        groups=tuple(entry for entry in entries if isinstance(entry, AudienceGroup)),
        unreadable=tuple(entry for entry in entries if isinstance(entry, UnreadableGroup)),
        has_next_page=answer.read_flag("hasNextPage"),
    )


def _read_entry(entry: Fields | FieldError) -> AudienceGroup | UnreadableGroup:
    if isinstance(entry, FieldError):
        return UnreadableGroup(None, str(entry))
    try:
        return _read_group(entry)
    except FieldError as error:
        return UnreadableGroup(_find_id(entry), str(error))


def _find_id(group: Fields) -> int | None:
    with suppress(FieldError):
        return group.find_integer("audienceGroupId")
    return None


def _read_jobs(answer: Fields) -> tuple[AudienceJob, ...] | None:
    try:
        return tuple(_read_job(job) for job in answer.read_objects("jobs"))
    except FieldError:
        return None


def _read_group(group: Fields) -> AudienceGroup:
    return AudienceGroup(
        audience_group_id=group.read_integer("audienceGroupId"),
        create_route=group.read_text("createRoute"),
        type=group.read_text("type"),
        description=group.read_text("description"),
        status=group.read_text("status"),
        audience_count=group.read_count("audienceCount"),
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
        audience_count=job.read_count("audienceCount"),
        created=job.read_unix_time("created"),
    )


def _read_owner(owner: Fields) -> AudienceOwner:
    return AudienceOwner(
        service_type=owner.read_text("serviceType"), id=owner.read_text("id"), name=owner.read_text("name")
    )
