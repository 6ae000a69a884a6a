"""One call to HubSpot: paced, bounded in time, repeated where repeating helps."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
import httpx
import stamina
import structlog
from httpx_aiohttp import AiohttpTransport

from audience.adapters.hubspot.answers import Answer, find_correlation_id, read_answer
from audience.adapters.hubspot.pacing import Throttle
from audience.adapters.hubspot.troubles import PassingError, UnexpectedAnswerError
from audience.application.hubspot_port import HubSpotCredentials
from audience.domain.errors import DailyLimitReached, HubSpotRateLimited, HubSpotRefused, VendorUnavailable

_log = structlog.get_logger(__name__)

CONNECTIONS: Final = 200
"""Of one process: far more than those that hang, for each channel has a few (`Keyring`)."""

_JITTER: Final = 0.2  # a told pause is lengthened by up to this part, so that waiters don't come back together


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to try (ST 6.8). Every call here only reads, so any of them may be repeated.

    Attributes:
        attempts: Most attempts of one call; 1 switches repeating off.
        total_seconds: No further attempt begins after this long.
        longest_pause_seconds: A told pause above this is the caller's to wait for.
        call_seconds: One attempt is given up after this long, whatever trickles in.
        connect_seconds: Opening a connection.
        read_seconds: Silence on an open connection.

    """

    attempts: int = 6
    total_seconds: float = 120.0
    longest_pause_seconds: float = 30.0
    call_seconds: float = 60.0
    connect_seconds: float = 5.0
    read_seconds: float = 30.0

    def judge(self, error: Exception) -> bool | float:
        """Say whether to try again after an error: no, yes with growing pauses, or in so many seconds (HS 3)."""
        if not isinstance(error, (PassingError, HubSpotRateLimited)):
            return False
        if error.retry_after is None:
            return True
        pause = error.retry_after.total_seconds()
        lengthened = pause * random.uniform(1, 1 + _JITTER)  # noqa: S311 - spreads load, guards nothing
        return lengthened if pause <= self.longest_pause_seconds else False


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to ask; `search` marks the calls under the limit for searches (HS 4.1)."""

    method: str
    path: str
    params: Mapping[str, str | int] = field(default_factory=dict)
    json: Mapping[str, Any] | None = None
    search: bool = False


def open_http(url: str, patience: Patience) -> httpx.AsyncClient:
    """Return the HTTP client for HubSpot at `url`; the caller closes it."""
    return httpx.AsyncClient(
        base_url=url,
        transport=AiohttpTransport(limits=httpx.Limits(max_connections=CONNECTIONS)),
        timeout=httpx.Timeout(patience.read_seconds, connect=patience.connect_seconds, pool=patience.call_seconds),
        headers={"User-Agent": "outreach-audience", "Accept": "application/json"},
    )


class HubSpotTransport:
    """Sends requests with a token and turns whatever comes back into an answer or a typed error.

    `throttle` None switches pacing off.
    """

    def __init__(self, http: httpx.AsyncClient, *, patience: Patience, throttle: Throttle | None) -> None:
        self._http = http
        self._patience = patience
        self._throttle = throttle

    def attempts(self) -> AsyncIterator[stamina.Attempt]:
        """Yield the attempts of one call; what fails for good leaves the last of them as an error."""
        return stamina.retry_context(
            on=self._patience.judge,
            attempts=self._patience.attempts,
            timeout=self._patience.total_seconds,
            wait_initial=0.2,
            wait_max=10.0,
        ).__aiter__()

    async def call(self, credentials: HubSpotCredentials, request: Request) -> Answer:
        """Send until there is an answer; raises `HubSpotRefused` and `VendorUnavailable` as the port does."""
        async for attempt in self.attempts():
            with attempt:
                return await self.send(credentials, request)
        raise AssertionError("the last attempt returns or raises")

    async def send(self, credentials: HubSpotCredentials, request: Request) -> Answer:
        """Send once, when the pace allows."""
        if self._throttle is None:
            return _read(request, await self._exchange(credentials, request))
        await self._throttle.admit(credentials, search=request.search)
        response = await self._exchange(credentials, request)
        self._throttle.learn(credentials, response.headers)
        try:
            return _read(request, response)
        except HubSpotRateLimited as throttled:
            self._throttle.hold(credentials, throttled, search=request.search)
            raise
        except DailyLimitReached:
            self._throttle.close_day(credentials)
            raise

    async def _exchange(self, credentials: HubSpotCredentials, request: Request) -> httpx.Response:
        try:
            async with asyncio.timeout(self._patience.call_seconds):
                return await self._http.request(
                    request.method,
                    request.path,
                    params=request.params,
                    json=request.json,
                    headers={"Authorization": f"Bearer {credentials.access_token}"},
                )
        except (httpx.HTTPError, aiohttp.ClientError, OSError) as broken:
            # The kind only: a client's message may quote the request. TimeoutError is an OSError.
            _log.warning("hubspot_unreachable", method=request.method, path=request.path, kind=type(broken).__name__)
            raise PassingError from None


def _read(request: Request, response: httpx.Response) -> Answer:
    """Read an answer; a failed one is logged under HubSpot's own name for it, for its support (HS 3)."""
    try:
        return read_answer(response)
    except (HubSpotRefused, VendorUnavailable) as error:
        _log.warning(
            "hubspot_call_failed",
            method=request.method,
            path=request.path,
            status=response.status_code,
            correlation_id=find_correlation_id(response),
            kind=type(error).__name__,
            problem=error.problem if isinstance(error, UnexpectedAnswerError) else None,
        )
        raise
