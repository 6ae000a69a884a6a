"""Audiences and jobs as LINE's answers show them (LP 3.6, 3.7)."""

from datetime import datetime
from typing import Any

from sandbox.line.audiences.audience import MOST_JOBS, Audience
from sandbox.line.settings import LineSettings

WEB_TRAFFIC_KINDS = ("WEBTRAFFIC", "TRACKINGTAG_WEBTRAFFIC")


def show_audience(audience: Audience, now: datetime, settings: LineSettings, *, listed: bool = False) -> dict[str, Any]:
    """Return the `audienceGroup` object; `listed`: as lists have it, with `failedType` of EXPIRED ones too."""
    shown: dict[str, Any] = {
        "audienceGroupId": audience.number,
        "createRoute": audience.create_route,
        "type": audience.kind,
        "description": audience.name,
        "status": audience.status(now),
        "audienceCount": audience.shown_size,
        "created": int(audience.created.timestamp()),
        "permission": audience.permission,
        "isIfaAudience": audience.is_ifa,
    }
    shown |= _show_origin(audience)
    shown |= _show_failure(audience, shown["status"], listed=listed)
    return shown | _show_advertising(audience, settings)


def show_jobs(audience: Audience, now: datetime) -> list[dict[str, Any]]:
    """Return the last 50 `jobs`, newest first; other kinds than UPLOAD have none."""
    return [
        {
            "audienceGroupJobId": job.number,
            "audienceGroupId": audience.number,
            "description": job.description,
            "type": "DIFF_ADD",
            "status": job.status(now),
            "jobStatus": job.status(now),
            "failedType": job.failed_type,
            "audienceCount": job.size,
            "created": int(job.created.timestamp()),
        }
        for job in reversed(audience.jobs[-MOST_JOBS:])
    ]


def _show_origin(audience: Audience) -> dict[str, Any]:
    expires = None if audience.expires is None else int(audience.expires.timestamp())
    origin = {"expireTimestamp": expires, "requestId": audience.request_id, "clickUrl": audience.click_url}
    return {name: value for name, value in origin.items() if value is not None}


def _show_failure(audience: Audience, status: str, *, listed: bool) -> dict[str, Any]:
    if status == "FAILED":
        return {"failedType": audience.failed_type or "INTERNAL_ERROR"}
    return {"failedType": audience.failed_type} if listed and status == "EXPIRED" else {}


def _show_advertising(audience: Audience, settings: LineSettings) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if audience.activated is not None:
        shown["activated"] = audience.activated
    if audience.inactivated is not None:
        shown[settings.inactivation_name] = int(audience.inactivated.timestamp())
    # What the object holds is not in the reference, only that shared audiences of web traffic carry it (LP 3.5).
    if audience.web_traffic is not None or (audience.foreign and audience.kind in WEB_TRAFFIC_KINDS):
        shown["webtraffic"] = dict(audience.web_traffic or {})
    return shown
