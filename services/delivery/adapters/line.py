"""LINE as delivery sees it, over lineapi: every answer becomes one of the port's outcomes or errors."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from http import HTTPStatus
from typing import TypeVar
from uuid import UUID

from delivery.adapters.line_figures import read_figures
from delivery.adapters.line_findings import read_violations
from delivery.adapters.line_outcomes import RATE_PAUSE, judge_failure
from delivery.adapters.line_tokens import LineToken, LineTokens
from delivery.application.line_port import (
    Accepted,
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
from delivery.domain.sending.quota import Allowance
from kit.bulkheads import Bulkheads, Crowded
from kit.telemetry import trace_http
from lineapi.client import LINEClient
from lineapi.errors import (
    EverybodyRefusedError,
    ForbiddenError,
    InvalidRequestError,
    LINEError,
    NotFoundError,
    RefusedError,
    TooManyRequestsError,
    UnauthorizedError,
)
from lineapi.narrowcast import NarrowcastErrorCode, NarrowcastProgress
from lineapi.quota import QuotaType
from lineapi.transport import open_http

CONNECTIONS = 500
"""Of one process to LINE: far more than those that hang, for each channel has a few (`MOST_LOOKUPS`, and its lanes)."""

MOST_LOOKUPS = 8
LOOKUP_PATIENCE = timedelta(seconds=2)
CROWD_PAUSE = timedelta(seconds=10)
"""What one channel may ask at once, how long more of it may wait, and when to come back then: the longest look-up."""

ResultT = TypeVar("ResultT")

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
    async with open_http(connections=CONNECTIONS) as http:
        trace_http(http)
        yield LINEClient(http, api_url=api_url)


class LineApiCall:
    """`LineCall` over HTTP."""

    def __init__(self, client: LINEClient, tokens: LineTokens, channel: str, token: LineToken) -> None:
        self._client = client
        self._tokens = tokens
        self._channel = channel
        self._token = token

    async def send_narrowcast(self, cleared: Cleared, *, retry_key: UUID) -> SendOutcome:
        """See `LineCall`; lineapi looks at the bytes once more and never addresses every friend."""
        try:
            sent = await self._client.narrowcast.send(self._token.value, cleared.body, retry_key=retry_key)
        except LINEError as error:
            if isinstance(error, UnauthorizedError):
                self._tokens.drop(self._channel, self._token)
            return judge_failure(error)
        except EverybodyRefusedError as error:
            return Refused(RefusalKind.REQUEST_REFUSED, f"not sent: {error}")
        return Accepted(sent.request_id, already=False)


class LineApiMessages:
    """`LineMessages` over HTTP; `validations` and `quotas` bound how many each channel may have under way at once.

    Sends and their progress are bounded over all replicas, by the lanes of channels.
    """

    def __init__(
        self,
        client: LINEClient,
        tokens: LineTokens,
        *,
        validations: Bulkheads | None = None,
        quotas: Bulkheads | None = None,
    ) -> None:
        self._client = client
        self._tokens = tokens
        self._validations = validations or Bulkheads(most=MOST_LOOKUPS, patience=LOOKUP_PATIENCE)
        self._quotas = quotas or Bulkheads(most=MOST_LOOKUPS, patience=LOOKUP_PATIENCE)

    async def open_call(self, channel: str) -> LineApiCall:
        """See `LineMessages`."""
        return LineApiCall(self._client, self._tokens, channel, await self._tokens.get(channel))

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
            async with _place(self._validations, channel):
                await _look_up(
                    self._tokens, channel, lambda token: self._client.validate.validate_narrowcast(token, objects)
                )
        except RefusedError as error:
            return read_violations(error.message, error.details, objects)
        return ()

    async def get_quota(self, channel: str) -> Allowance | None:
        """See `LineMessages`; a value that LINE adds to its types is neither limited nor unlimited (LP 1.10)."""
        try:
            async with _place(self._quotas, channel):
                return await self._ask_quota(channel)
        except RefusedError as error:
            raise LineUnavailable from error

    async def _ask_quota(self, channel: str) -> Allowance | None:
        quota = await _look_up(self._tokens, channel, self._client.quota.get)
        if quota.type == QuotaType.NONE:
            return None
        if quota.type != QuotaType.LIMITED or quota.value is None:
            raise LineUnavailable
        return Allowance(quota.value, await _look_up(self._tokens, channel, self._client.quota.get_consumption))


class LineApiInsight:
    """`LineInsight` over HTTP; `lookups` bounds how many of them each channel may have under way at once."""

    def __init__(self, client: LINEClient, tokens: LineTokens, *, lookups: Bulkheads | None = None) -> None:
        self._client = client
        self._tokens = tokens
        self._lookups = lookups or Bulkheads(most=MOST_LOOKUPS, patience=LOOKUP_PATIENCE)

    async def get_message_event(self, channel: str, request_id: str) -> RequestFigures:
        """See `LineInsight`; what LINE answers for an unknown id is not known, so it counts as no answer (LP 7.2)."""
        try:
            async with _place(self._lookups, channel):
                event = await _look_up(
                    self._tokens, channel, lambda token: self._client.insight.get_message_event(token, request_id)
                )
        except RefusedError as error:
            raise LineUnavailable from error
        return read_figures(event)


@asynccontextmanager
async def _place(places: Bulkheads, channel: str) -> AsyncIterator[None]:
    try:
        async with places.place(channel):
            yield
    except Crowded as error:
        raise LineUnavailable(retry_after=CROWD_PAUSE) from error


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
        evidence=f"error code {code}" if has_failed else "",
    )


def _read_failure(code: int | None) -> NarrowcastFailure:
    """Read LINE's number (LP 4.8); one that it has added since says no more than that LINE failed."""
    return _FAILURES.get(code or 0, NarrowcastFailure.LINE_INTERNAL)
