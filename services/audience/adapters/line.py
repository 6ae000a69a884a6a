"""LINE as the audience service sees it, over lineapi."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from audience.application.ports import LineBot, LineToken
from audience.domain.audiences import KINDS_WITH_JOBS, Jobs, Kind, ObservedAudience, Permission, State
from audience.domain.errors import LineRefused, VendorUnavailable
from kit.clock import Clock, machine_now
from lineapi.audience_group import AudienceGroup, AudienceJob, JobStatus
from lineapi.client import LINEClient
from lineapi.errors import (
    ForbiddenError,
    InvalidCredentialsError,
    LINEError,
    NotFoundError,
    UnauthorizedError,
)

LONGEST_NAME = 500
"""LINE's names are up to 120 characters (LP 3.3); longer ones are cut, for a page of them must fit into one answer."""

_RUNNING_JOBS = frozenset({JobStatus.QUEUED, JobStatus.WORKING})
_ENDED_JOBS = frozenset({JobStatus.FINISHED, JobStatus.FAILED})
_KINDS = {kind.name: kind for kind in Kind if kind is not Kind.OTHER_KIND}
_STATES = {state.name: state for state in State if state not in (State.REMOVED, State.OTHER_STATE)}


class LineApiAccounts:
    """`LineAccounts` over HTTP."""

    def __init__(self, client: LINEClient, *, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    async def issue_token(self, line_channel_id: str, secret: str) -> LineToken:
        """Get a token of 15 minutes for the channel (LP 2.2)."""
        with _line_errors():
            token = await self._client.tokens.issue_stateless(
                client_id=line_channel_id, client_secret=secret, now=machine_now()
            )
        return LineToken(token.value, token.expires_at)

    async def describe_bot(self, token: LineToken) -> LineBot:
        """Ask who the Official Account is (LP 6.4)."""
        with _line_errors():
            info = await self._client.bot.get_info(token.value)
        return LineBot(info.user_id, info.basic_id)

    async def list_audiences(self, token: LineToken) -> list[ObservedAudience]:
        """Read all audiences that the Official Account sees: its own, of all its channels, and those shared with it."""
        observed: dict[int, ObservedAudience] = {}
        with _line_errors():
            async for page in self._client.audiences.iterate_pages(token.value):
                for group in page.groups:
                    observed[group.audience_group_id] = self._observe(group, jobs=None, owned=True)
            async for page in self._client.audiences.iterate_shared_pages(token.value):
                for group in page.groups:
                    observed.setdefault(group.audience_group_id, self._observe(group, jobs=None, owned=False))
        return list(observed.values())

    async def get_audience(self, token: LineToken, audience_id: int, *, owned: bool) -> ObservedAudience | None:
        """Read one audience with its jobs (LP 3.7); one that is not owned comes through Business Manager."""
        try:
            with _line_errors():
                detail = await self._client.audiences.get(token.value, audience_id, shared=not owned)
        except NotFoundError:
            return None
        return self._observe(detail.group, jobs=detail.jobs, owned=owned)

    async def count_reach(self, token: LineToken, day: date) -> int | None:
        """Read the target reach of a Japanese day (LP 6.4)."""
        with _line_errors():
            followers = await self._client.insight.get_followers(token.value, day=day)
        return followers.targeted_reaches

    def _observe(self, group: AudienceGroup, *, jobs: tuple[AudienceJob, ...] | None, owned: bool) -> ObservedAudience:
        kind, now = _KINDS.get(group.type, Kind.OTHER_KIND), self._clock.now()
        if jobs is None and kind not in KINDS_WITH_JOBS:
            jobs = ()
        unfinished = None if jobs is None else _find_unfinished(jobs)
        return ObservedAudience(
            audience_id=group.audience_group_id,
            display_name=group.description[:LONGEST_NAME],
            kind=kind,
            state=_STATES.get(group.status, State.OTHER_STATE),
            line_count=group.audience_count,
            permission=Permission.READ_WRITE if group.permission == "READ_WRITE" else Permission.READ,
            create_route=group.create_route[:LONGEST_NAME],
            ifa=group.is_ifa_audience,
            owned=owned,
            create_time=group.created,
            expire_time=group.expire_time,
            jobs=None if unfinished is None else Jobs(unfinished, now),
            observe_time=now,
        )


def _find_unfinished(jobs: tuple[AudienceJob, ...]) -> bool | None:
    """Tell whether a job is unfinished; None when one is in a state that LINE added later (LP 1.10)."""
    states = {job.job_status for job in jobs}
    if states & _RUNNING_JOBS:
        return True
    return False if states <= _ENDED_JOBS else None


@contextmanager
def _line_errors() -> Iterator[None]:
    """Raise the service's own errors instead of lineapi's; `NotFoundError` of an unknown audience stays."""
    try:
        yield
    except NotFoundError:
        raise
    except (InvalidCredentialsError, UnauthorizedError, ForbiddenError) as error:
        raise LineRefused from error
    except LINEError as error:
        raise VendorUnavailable("line") from error
