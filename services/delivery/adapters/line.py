"""LINE as delivery sees it, over lineapi: every answer becomes one of the port's outcomes or errors."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TypeVar
from uuid import UUID

from delivery.adapters.line_figures import read_figures
from delivery.adapters.line_findings import read_violations
from delivery.adapters.line_outcomes import HOLD_PAUSE, RATE_PAUSE, judge_failure, judge_no_token
from delivery.adapters.line_tokens import LineTokens
from delivery.application.line_port import (
    Accepted,
    Deferred,
    LineCredentialsRefused,
    LineUnavailable,
    Phase,
    ProgressReport,
    RefusalKind,
    Refused,
    RequestFigures,
    SendOutcome,
)
from delivery.domain.content.inspection import MessageViolation
from delivery.domain.policy.clearance import Cleared
from delivery.domain.sending.failures import NarrowcastFailure
from kit.errors import ServiceError
from kit.telemetry import trace_http
from lineapi.client import LINEClient
from lineapi.errors import (
    EverybodyRefusedError,
    ForbiddenError,
    InvalidRequestError,
    LINEError,
    MonthlyLimitError,
    NotFoundError,
    RefusedError,
    TooManyRequestsError,
    UnauthorizedError,
)
from lineapi.narrowcast import NarrowcastErrorCode, NarrowcastProgress
from lineapi.transport import open_http

ResultT = TypeVar("ResultT")

# Seconds for each of two questions; both are part of `LONGEST_SEND`.
_QUOTA_TIMEOUT = 5.0

_PHASES = {phase.value: phase for phase in Phase}

# 2 and 4 are one: that one of several audiences was too small, and not all together, would tell about people (Q4).
_FAILURES: dict[int, NarrowcastFailure] = {
    NarrowcastErrorCode.TOO_FEW_RECIPIENTS: NarrowcastFailure.RECIPIENTS_BELOW_MINIMUM,
    NarrowcastErrorCode.AUDIENCE_BELOW_MINIMUM: NarrowcastFailure.RECIPIENTS_BELOW_MINIMUM,
    NarrowcastErrorCode.RETRY_CONFLICT: NarrowcastFailure.DUPLICATE,
    NarrowcastErrorCode.PARTIAL_DELIVERY_FORBIDDEN: NarrowcastFailure.ABOVE_LIMIT,
}


@asynccontextmanager
async def open_line(api_url: str) -> AsyncIterator[LINEClient]:
    """Open a client whose requests are traced; it serves all channels, and holds no token."""
    async with open_http() as http:
        trace_http(http)
        yield LINEClient(http, api_url=api_url)


class LineApiMessages:
    """`LineMessages` over HTTP."""

    def __init__(self, client: LINEClient, tokens: LineTokens) -> None:
        self._client = client
        self._tokens = tokens

    async def send_narrowcast(self, cleared: Cleared, *, retry_key: UUID) -> SendOutcome:
        """See `LineMessages`; lineapi looks at the bytes once more and never addresses every friend."""

        async def send(token: str) -> Accepted:
            sent = await self._client.narrowcast.send(token, cleared.body, retry_key=retry_key)
            return Accepted(sent.request_id, already=False)

        try:
            return await _call(self._tokens, cleared.channel, send)
        except MonthlyLimitError as error:
            return await self._judge_monthly_limit(cleared.channel, error)
        except LINEError as error:
            return judge_failure(error)
        except EverybodyRefusedError as error:
            return Refused(RefusalKind.REQUEST_REFUSED, f"not sent: {error}")
        except ServiceError as error:
            return judge_no_token(error)

    async def get_progress(self, channel: str, request_id: str) -> ProgressReport | None:
        """See `LineMessages`; an id that LINE takes for none is one that it does not know (LP 4.8)."""
        try:
            progress = await _look_up(
                self._tokens, channel, lambda token: self._client.narrowcast.get_progress(token, request_id)
            )
        except (NotFoundError, InvalidRequestError):
            return None
        return _read_progress(progress)

    async def validate(self, channel: str, messages: bytes) -> tuple[MessageViolation, ...]:
        """See `LineMessages`; LINE knows neither recipients nor limit here (LP 4.1)."""
        objects = json.loads(messages)
        try:
            await _look_up(
                self._tokens, channel, lambda token: self._client.validate.validate_narrowcast(token, objects)
            )
        except RefusedError as error:
            return read_violations(error.message, error.details, objects)
        return ()

    async def _judge_monthly_limit(self, channel: str, error: MonthlyLimitError) -> Refused | Deferred:
        """Tell a quota that is used up from one that a running send holds: LINE's 429 is the same (LP 1.7)."""
        evidence = str(error)
        try:
            left = await self._count_left(channel)
        except (LINEError, ServiceError):
            return Deferred(HOLD_PAUSE, evidence)
        if left is not None and left <= 0:
            return Refused(RefusalKind.QUOTA_EXHAUSTED, evidence)
        return Deferred(HOLD_PAUSE, evidence)

    async def _count_left(self, channel: str) -> int | None:
        """Return the messages left this month, roughly (LP 6.1); None when there is no limit."""
        token = (await self._tokens.get(channel)).value
        quota = await self._client.quota.get(token, within=_QUOTA_TIMEOUT)
        if quota.value is None:
            return None
        return quota.value - await self._client.quota.get_consumption(token, within=_QUOTA_TIMEOUT)


class LineApiInsight:
    """`LineInsight` over HTTP."""

    def __init__(self, client: LINEClient, tokens: LineTokens) -> None:
        self._client = client
        self._tokens = tokens

    async def get_message_event(self, channel: str, request_id: str) -> RequestFigures:
        """See `LineInsight`; what LINE answers for an unknown id is not known, so it counts as no answer (LP 7.2)."""
        try:
            event = await _look_up(
                self._tokens, channel, lambda token: self._client.insight.get_message_event(token, request_id)
            )
        except RefusedError as error:
            raise LineUnavailable from error
        return read_figures(event)


async def _call(tokens: LineTokens, channel: str, call: Callable[[str], Awaitable[ResultT]]) -> ResultT:
    """Return what `call` makes of the channel's token; after a 401, which surely did nothing, once more with a new one.

    Raises lineapi's errors, and those of `LineTokens.get`.
    """
    token = await tokens.get(channel)
    try:
        return await call(token.value)
    except UnauthorizedError:
        tokens.drop(channel, token)
    return await call((await tokens.get(channel)).value)


async def _look_up(tokens: LineTokens, channel: str, call: Callable[[str], Awaitable[ResultT]]) -> ResultT:
    """Do as `_call` does, with the port's errors; only refusals of what was asked for stay as they are."""
    try:
        return await _call(tokens, channel, call)
    except (UnauthorizedError, ForbiddenError) as error:
        raise LineCredentialsRefused(channel) from error
    except TooManyRequestsError as error:
        raise LineUnavailable(retry_after=RATE_PAUSE) from error
    except RefusedError as error:
        if _is_about_the_request(error):
            raise
        raise LineUnavailable from error
    except LINEError as error:
        raise LineUnavailable from error


def _is_about_the_request(error: RefusedError) -> bool:
    too_large = error.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    return too_large or isinstance(error, InvalidRequestError | NotFoundError)


def _read_progress(progress: NarrowcastProgress) -> ProgressReport:
    phase = _PHASES.get(progress.phase, Phase.OTHER)
    code = progress.error_code
    has_failed = phase is Phase.FAILED
    return ProgressReport(
        phase=phase,
        accept_time=progress.accepted_time,
        complete_time=progress.completed_time,
        failure=_read_failure(code) if has_failed else None,
        error_code=code,
        evidence=f"error code {code}" if has_failed else "",
    )


def _read_failure(code: int | None) -> NarrowcastFailure:
    """Read LINE's number (LP 4.8); one that it has added since says no more than that LINE failed."""
    return _FAILURES.get(code or 0, NarrowcastFailure.LINE_INTERNAL)
