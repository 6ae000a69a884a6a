"""What making an audience shares, whatever it is made from: its record, its jobs, its ids (LP 3.3-3.5)."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sandbox.line.audiences.audience import RETENTION, Audience, Job, Members
from sandbox.line.audiences.names import refuse_duplicate_name
from sandbox.line.audiences.reading import find_numbered, not_found, require_writable
from sandbox.line.audiences.shown import show_audience
from sandbox.line.endpoint import Answer, Call
from sandbox.line.errors import FORBIDDEN, LineError, audience_error
from sandbox.line.model import Account
from sandbox.line.people.population import is_user_id
from sandbox.line.platform import Line

MOST_AUDIENCES = 1_000
# Advertising ids are UUIDs; LINE's reference does not give their form.
_IFA = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def add_audience(line: Line, call: Call, *, kind: str, name: str) -> Audience:
    """Record a new audience, IN_PROGRESS and without members.

    Raises:
        LineError: 400 when there are 1,000 already, or the switch refuses the name.

    """
    account = call.channel.account
    if _count_audiences(line, call) >= MOST_AUDIENCES:
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


def find_growable(line: Line, call: Call, number: str) -> Audience:
    """Return the UPLOAD audience that ids are to be added to.

    Raises:
        LineError: 400 for an unknown, read-only or expired one; 429 with too many operations in flight.

    """
    audience = find_numbered(line, call, number)
    if audience is None or audience.kind != "UPLOAD":
        raise not_found()
    require_writable(line, audience)
    now = line.now()
    if audience.status(now) == "EXPIRED":
        raise audience_error("audience group is expired", "AUDIENCE_GROUP_CAN_NOT_UPLOAD_STATUS_EXPIRED")
    if audience.jobs_in_flight(now) >= line.settings.audience_operations_at_once:
        raise LineError(429, line.settings.concurrency_text)
    return audience


def add_job(line: Line, audience: Audience, members: Members, text: str | None) -> None:
    """Queue the addition of members; they count when the job is FINISHED (LP 3.7)."""
    now = line.now()
    working_at = now + timedelta(seconds=line.settings.job_queue_time)
    audience.jobs.append(
        Job(
            number=line.next_number(),
            created=now,
            working_at=working_at,
            finished_at=working_at + timedelta(seconds=line.settings.job_work_time),
            size=members.size,
            waiting=members,
            description=text,
        )
    )


@dataclass(frozen=True, slots=True)
class IdRules:
    """What the ids of one upload must be; `refuse` makes the error of a bad one, which differs by medium (LP 3.10)."""

    most: int
    ifas: bool
    refuse: Callable[[], LineError]

    def allow(self, ids: Iterable[Any]) -> bool:
        """Whether all have the form: user ids, or advertising ids, which can't be mixed (LP 3.5)."""
        return all(map(_is_ifa if self.ifas else is_user_id, ids))


def check_ids(line: Line, account: Account, batches: Iterable[Sequence[Any]], rules: IdRules) -> Members:
    """Return whom ids name, each once; who has not consented is left out without a word (LP 3.4).

    Raises:
        LineError: 400 for too many; `rules.refuse()` when one has another form, or when a switch refuses it because
            it is unknown or there twice.

    """
    if rules.ifas and not line.settings.ifa_audiences_allowed:
        raise LineError(403, FORBIDDEN)
    count, people, outsiders, fine = 0, 0, set[str](), True
    for batch in batches:
        count += len(batch)
        if count > rules.most:
            raise audience_error("too many audience ids", "UPLOAD_AUDIENCE_GROUP_TOO_MANY_AUDIENCE_IDS")
        # Counting goes on after a bad id: that there are too many is told first.
        fine = fine and rules.allow(batch)
        if fine:
            known, unknown = (0, batch) if rules.ifas else account.population.find(batch)
            people |= known
            outsiders.update(unknown)
    if not fine or not _suits_switches(line, Members(people, frozenset(outsiders)), count, rules):
        raise rules.refuse()
    kept = rules.ifas or line.settings.unknown_upload_ids == "kept"
    return Members(people & account.population.consented, frozenset(outsiders) if kept else frozenset())


def require_some(batches: Iterable[Sequence[Any]]) -> Iterable[Sequence[Any]]:
    """Yield batches of ids, and refuse when they hold none at all."""
    empty = True
    for batch in batches:
        empty = empty and not batch
        yield batch
    if empty:
        raise audience_error("no valid audience ids", "UPLOAD_AUDIENCE_GROUP_NO_VALID_AUDIENCE_IDS")


def note_addition(line: Line, audience: Audience) -> None:
    """Start the 180 days anew where the switch says that adding does (LP 3.3)."""
    if line.settings.adding_extends_expiry:
        audience.expires = _whole_seconds(line.now()) + RETENTION


def answer_created(line: Line, audience: Audience) -> Answer:
    """Answer 202 with what is known of an audience at its creation."""
    shown = show_audience(audience, line.now(), line.settings)
    for name in ("status", "audienceCount"):
        del shown[name]
    return Answer(shown, status=202)


def _suits_switches(line: Line, members: Members, count: int, rules: IdRules) -> bool:
    settings = line.settings
    if settings.duplicate_upload_ids == "refused" and members.size < count:
        return False
    return rules.ifas or settings.unknown_upload_ids != "refused" or not members.outsiders


def _count_audiences(line: Line, call: Call) -> int:
    """Return how many audiences the limit of 1,000 looks at; shared ones are somebody else's."""
    own = [audience for audience in line.list_audiences(call.channel.account) if not audience.foreign]
    if line.settings.audience_cap == "account":
        return len(own)
    return sum(audience.channel_id == call.channel.channel_id for audience in own)


def _is_ifa(value: Any) -> bool:
    return isinstance(value, str) and _IFA.fullmatch(value) is not None


def _whole_seconds(instant: datetime) -> datetime:
    return instant.replace(microsecond=0)
