"""What making an audience shares, whatever it is made from: its record, its jobs, its ids (LP 3.3-3.5)."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sandbox.line.audiences.audience import RETENTION, Audience, Job
from sandbox.line.audiences.names import refuse_duplicate_name
from sandbox.line.audiences.reading import not_found, require_writable
from sandbox.line.endpoint import Answer, Call
from sandbox.line.errors import LineError, audience_error, is_integer
from sandbox.line.model import Account
from sandbox.line.people.population import is_user_id
from sandbox.line.platform import Line

MOST_AUDIENCES = 1_000
# Advertising ids are UUIDs (their form is not in LINE's reference).
_IFA = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def add_audience(line: Line, call: Call, *, kind: str, name: str) -> Audience:
    """Record a new audience, IN_PROGRESS and without members.

    Raises:
        LineError: 400 when there are 1,000 already, or the switch refuses the name.

    """
    account = call.channel.account
    if len(line.list_audiences(account)) >= MOST_AUDIENCES:
        raise audience_error("too many audience groups", "AUDIENCE_GROUP_COUNT_MAX_OVER")
    refuse_duplicate_name(line, account, name)
    now = line.now()
    audience = Audience(
        number=line.next_audience_number(),
        kind=kind,
        name=name,
        created=now,
        ready_at=now + timedelta(seconds=line.settings.ready_delay),
        channel_id=call.channel.channel_id,
        expires=_whole_seconds(now) + RETENTION,
    )
    account.audiences[audience.number] = audience
    return audience


def find_growable(line: Line, call: Call, number: Any) -> Audience:
    """Return the UPLOAD audience that ids are to be added to.

    Raises:
        LineError: 400 for an unknown, foreign, read-only or expired one; 429 with too many operations in flight.

    """
    audience = line.find_audience(call.channel.account, number) if is_integer(number) else None
    if audience is None or audience.kind != "UPLOAD":
        raise not_found()
    require_writable(audience)
    now = line.now()
    if audience.status(now) == "EXPIRED":
        raise audience_error("audience group is expired", "AUDIENCE_GROUP_CAN_NOT_UPLOAD_STATUS_EXPIRED")
    if audience.jobs_in_flight(now) >= line.settings.audience_operations_at_once:
        # The text of this kind of 429 is not published (LP 1.7).
        raise LineError(429, "Too many concurrent operations on the audience.")
    return audience


def add_job(line: Line, account: Account, audience: Audience, ids: set[str], text: str | None) -> None:
    """Queue the addition of ids; they count when the job is FINISHED (LP 3.7)."""
    known, unknown = account.population.find(ids)
    now = line.now()
    working_at = now + timedelta(seconds=line.settings.job_queue_time)
    audience.jobs.append(
        Job(
            number=line.next_number(),
            created=now,
            working_at=working_at,
            finished_at=working_at + timedelta(seconds=line.settings.job_work_time),
            # Who has not agreed to the privacy policy is left out without a word (LP 3.4).
            people=known & account.population.consented,
            outsiders=frozenset(unknown if line.settings.unknown_upload_ids == "kept" else ()),
            description=text,
        )
    )


def check_ids(
    line: Line, account: Account, ids: Sequence[Any], *, ifas: bool, most: int, invalid: Callable[[], LineError]
) -> set[str]:
    """Return ids as a set: user ids, or advertising ids with `ifas`; the two can't be mixed (LP 3.5).

    Raises:
        LineError: 400 for more than `most`; `invalid()` when one has another form, or is unknown and a switch
            refuses that.

    """
    if len(ids) > most:
        raise audience_error("too many audience ids", "UPLOAD_AUDIENCE_GROUP_TOO_MANY_AUDIENCE_IDS")
    fits = _is_ifa if ifas else is_user_id
    if not all(map(fits, ids)):
        raise invalid()
    found = set(ids)
    if not ifas and line.settings.unknown_upload_ids == "refused" and account.population.find(found)[1]:
        raise invalid()
    return found


def require_some(ids: set[str]) -> None:
    """Refuse an addition of nobody."""
    if not ids:
        raise audience_error("no valid audience ids", "UPLOAD_AUDIENCE_GROUP_NO_VALID_AUDIENCE_IDS")


def note_addition(line: Line, audience: Audience) -> None:
    """Start the 180 days anew where the switch says that adding does (LP 3.3)."""
    if line.settings.adding_extends_expiry:
        audience.expires = _whole_seconds(line.now()) + RETENTION


def answer_created(line: Line, audience: Audience) -> Answer:
    """Answer 202 with what is known of an audience at its creation."""
    shown = audience.to_json(line.now())
    for name in ("status", "audienceCount"):
        del shown[name]
    return Answer(shown, status=202)


def _is_ifa(value: Any) -> bool:
    return isinstance(value, str) and _IFA.fullmatch(value) is not None


def _whole_seconds(instant: datetime) -> datetime:
    return instant.replace(microsecond=0)
