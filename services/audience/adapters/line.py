"""LINE as the audience service sees it, over lineapi."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from http import HTTPStatus

import structlog

from audience.application.ports import LineBot, LineToken, ListedPage
from audience.domain.audiences import KINDS_WITH_JOBS, Jobs, Kind, ObservedAudience, Permission, State
from audience.domain.errors import (
    AnswerUnreadable,
    LineAudiencesForbidden,
    LineRateLimited,
    LineRefused,
    Refused,
    VendorUnavailable,
)
from kit.clock import Clock, machine_now
from lineapi.audience_group import AudienceGroup, AudienceJob, AudiencePage, JobStatus
from lineapi.client import LINEClient
from lineapi.errors import (
    ForbiddenError,
    InvalidCredentialsError,
    LINEError,
    MalformedAnswerError,
    NotFoundError,
    TooManyRequestsError,
)

_LARGEST_ID = 10**18 - 1

_log = structlog.get_logger(__name__)

PAGES_AT_ONCE = 30
PAGE_PAUSE = timedelta(seconds=1.5)
"""Beyond so many pages, 1,200 audiences, a walk slows down: LINE answers 60 a minute, and others ask too (LP 1.6)."""

LONGEST_NAME = 500
"""LINE's names are up to 120 characters (LP 3.3); longer ones are cut, for a page of them must fit into one answer."""

_RUNNING_JOBS = frozenset({JobStatus.QUEUED, JobStatus.WORKING})
_ENDED_JOBS = frozenset({JobStatus.FINISHED, JobStatus.FAILED})
_KINDS = {kind.name: kind for kind in Kind if kind is not Kind.OTHER_KIND}
_PERMISSIONS = {known.name: known for known in (Permission.READ, Permission.READ_WRITE)}
_STATES = {state.name: state for state in State if state not in (State.REMOVED, State.OTHER_STATE)}


class LineApiAccounts:
    """`LineAccounts` over HTTP."""

    def __init__(self, client: LINEClient, *, clock: Clock, page_pause: timedelta = PAGE_PAUSE) -> None:
        self._client = client
        self._clock = clock
        self._page_pause = page_pause

    async def issue_token(self, line_channel_id: str, secret: str) -> LineToken:
        """Get a token of 15 minutes for the channel (LP 2.2)."""
        with _line_errors(refusal=LineRefused):
            token = await self._client.tokens.issue_stateless(
                client_id=line_channel_id, client_secret=secret, now=machine_now()
            )
        return LineToken(token.value, token.expires_at)

    async def describe_bot(self, token: LineToken) -> LineBot:
        """Ask who the Official Account is (LP 6.4)."""
        with _line_errors(refusal=LineRefused):
            info = await self._client.bot.get_info(token.value)
        return LineBot(info.user_id[:LONGEST_NAME], info.basic_id[:LONGEST_NAME])

    async def list_audiences(self, token: LineToken) -> AsyncIterator[ListedPage]:
        """Walk the audiences of the Official Account, of all its channels, and then those shared with it."""
        walks = (
            (self._client.audiences.iterate_pages(token.value), True),
            (self._client.audiences.iterate_shared_pages(token.value), False),
        )
        with _line_errors(refusal=LineAudiencesForbidden):
            number = 0
            for pages, owned in walks:
                async for page in pages:
                    yield self._read_page(page, owned=owned)
                    number += 1
                    if number >= PAGES_AT_ONCE:
                        await asyncio.sleep(self._page_pause.total_seconds())

    async def get_audience(self, token: LineToken, audience_id: int, *, owned: bool) -> ObservedAudience | None:
        """Read one audience with its jobs (LP 3.7); one that is not owned comes through Business Manager."""
        with _line_errors(refusal=LineAudiencesForbidden):
            try:
                detail = await self._client.audiences.get(token.value, audience_id, shared=not owned)
            except NotFoundError as error:
                # LINE says 400 of an audience that it does not know; 404 may be a wrong address (LP 1.5).
                if error.status == HTTPStatus.BAD_REQUEST:
                    return None
                raise
        return self._observe(detail.group, jobs=detail.jobs, owned=owned)

    async def count_reach(self, token: LineToken, day: date) -> int | None:
        """Read the target reach of a Japanese day (LP 6.4); an account that may not know it has none."""
        with _line_errors():
            followers = await self._client.insight.get_followers(token.value, day=day)
        return followers.targeted_reaches

    def _read_page(self, page: AudiencePage, *, owned: bool) -> ListedPage:
        for entry in page.unreadable:
            _log.warning("audience_unreadable", audience=entry.audience_group_id, problem=entry.problem)
        # An id that names no resource can't be stored either.
        usable = [group for group in page.groups if 0 < group.audience_group_id <= _LARGEST_ID]
        return ListedPage(
            audiences=tuple(self._observe(group, jobs=None, owned=owned) for group in usable),
            unreadable=(
                *(entry.audience_group_id for entry in page.unreadable),
                *[None] * (len(page.groups) - len(usable)),
            ),
        )

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
            permission=_PERMISSIONS.get(group.permission, Permission.OTHER_PERMISSION),
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
def _line_errors(*, refusal: Callable[[], Refused] | None = None) -> Iterator[None]:
    """Raise the service's own errors instead of lineapi's.

    `refusal` is what 403 means, which LINE says of the account or its plan (LP 1.5); None = nothing that a person is to
    be told. A token that was just issued and is refused, 401, says nothing about the credentials that it came from.
    Every status that LINE does not document for a call is no useful answer, and logged for whoever wonders.
    """
    try:
        yield
    except InvalidCredentialsError as error:
        raise LineRefused from error
    except ForbiddenError as error:
        raise (VendorUnavailable("line") if refusal is None else refusal()) from error
    except TooManyRequestsError as error:
        raise LineRateLimited from error
    except MalformedAnswerError as error:
        _log.warning("line_answer_unreadable", operation=error.operation, problem=error.problem)
        raise AnswerUnreadable from error
    except LINEError as error:
        _log.warning("line_gives_no_answer", failure=str(error))
        raise VendorUnavailable("line") from error
