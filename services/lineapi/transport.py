"""How a request gets to LINE and back: the HTTP client, deadlines, ids, and the kind of every outcome."""

import asyncio
import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import aiohttp
import httpx
import stamina
from httpx_aiohttp import AiohttpTransport

from lineapi.answers import Answer, find_error
from lineapi.errors import ServerFaultError, UnansweredError, UnreachableError
from lineapi.fields import FieldError, Fields

API_URL = "https://api.line.me"  # LP 1.1

# Ours: LINE publishes a timeout for audience uploads only (LP 1.8). Seconds, from the first byte to the last.
LOOKUP_TIMEOUT = 10.0
SEND_TIMEOUT = 15.0

# Attempts of a call that costs nothing to repeat, within the one deadline of the whole call.
LOOKUP_ATTEMPTS = 3

_CONNECT_TIMEOUT = 5.0
_TRANSIENT = (UnreachableError, UnansweredError, ServerFaultError)

# What a lost connection looks like: httpx_aiohttp lets some of aiohttp's errors through as they are, and the deadline's
# TimeoutError is an OSError.
_LOST = (httpx.HTTPError, aiohttp.ClientError, OSError)

# What aiohttp raises before a connection is there, so before a request's first byte.
_NOT_CONNECTED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ServerFingerprintMismatch)

ResultT = TypeVar("ResultT")


def open_http(*, connections: int = 100) -> httpx.AsyncClient:
    """Make the HTTP client that a process shares among all its LINE clients; the caller closes it.

    aiohttp under httpx: several times the throughput of httpx's own transport (architecture 1). It follows no redirects
    and reads no proxy settings from the environment.
    """
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=5.0)
    return httpx.AsyncClient(transport=AiohttpTransport(limits=limits), limits=limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request to LINE.

    Attributes:
        method: HTTP method.
        path: path on the API host, starting with a slash; must not hold a user id, for it appears in errors.
        within: seconds for the whole call, all attempts included.
        token: channel access token; None only for the OAuth endpoints.
        params: query parameters.
        body: the exact bytes to send.
        content_type: of the body.
        headers: further headers.
        attempts: how often the call may be made when LINE's answer is missing or 5xx; 1 for whatever has an effect,
            and for the endpoints of 60 an hour, where a repetition spends the caller's budget (LP 1.6). Below this,
            aiohttp repeats a GET, PUT or DELETE once when a kept connection turns out to be dead; never a POST.

    """

    method: str
    path: str
    within: float
    token: str | None = field(default=None, repr=False)
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    attempts: int = 1

    @property
    def operation(self) -> str:
        """Method and path, as errors name the call."""
        return f"{self.method} {self.path}"

    def build_headers(self) -> dict[str, str]:
        """Put together the headers of LP 1.2."""
        headers = dict(self.headers)
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        if self.body is not None:
            headers["Content-Type"] = self.content_type
        return headers


class LINETransport:
    """Calls one LINE host. Logs nothing; every failure is a `LINEError`."""

    def __init__(self, http: httpx.AsyncClient, *, api_url: str = API_URL) -> None:
        self._http = http
        self._api_url = api_url.rstrip("/")

    async def ask(self, call: Call, read: Callable[[Fields], ResultT]) -> ResultT:
        """Make a call whose answer has content, up to `call.attempts` times within `call.within`.

        `read` raises `FieldError` on content that is not as documented; that becomes `MalformedAnswerError`.
        """
        deadline = asyncio.get_running_loop().time() + call.within
        # The context form: stamina's decorator hands the arguments, and so the token, to its logging hooks.
        async for attempt in stamina.retry_context(
            on=_TRANSIENT, attempts=call.attempts, timeout=call.within, wait_initial=0.1, wait_jitter=0.2, wait_max=1.0
        ):
            with attempt:
                return _read_content(await self._exchange(call, deadline), read)
        raise AssertionError("stamina ends by returning or raising")

    async def perform(self, call: Call) -> Answer:
        """Make a call exactly once and return its 2xx answer; the body may be lost, since the status is decisive."""
        return await self._exchange(call, asyncio.get_running_loop().time() + call.within)

    async def _exchange(self, call: Call, deadline: float) -> Answer:
        answer = await self._call(call, deadline)
        error = find_error(answer)
        if error is not None:
            raise error
        return answer

    async def _call(self, call: Call, deadline: float) -> Answer:
        response: httpx.Response | None = None
        body: bytes | None = None
        try:
            async with asyncio.timeout_at(deadline):
                response = await self._http.send(self._build(call), stream=True)
                body = await response.aread()
        except _LOST as failure:
            if response is None:
                kind = UnreachableError if _is_unconnected(failure) else UnansweredError
                raise kind(call.operation) from failure
        finally:
            await _close(response)
        return Answer(
            operation=call.operation,
            status=response.status_code,
            request_id=response.headers.get("X-Line-Request-Id"),
            accepted_request_id=response.headers.get("X-Line-Accepted-Request-Id"),
            body=body,
        )

    def _build(self, call: Call) -> httpx.Request:
        # aiohttp counts waiting for a free connection as connecting. Both end before the whole call does, so that an
        # unreachable host, or a full pool, is told apart from a request that left.
        connect = min(_CONNECT_TIMEOUT, call.within / 2)
        return self._http.build_request(
            call.method,
            self._api_url + call.path,
            params=call.params or None,
            content=call.body,
            headers=call.build_headers(),
            timeout=httpx.Timeout(None, connect=connect, pool=connect),
        )


def encode_json(value: object) -> bytes:
    """Write canonical JSON: sorted keys, no white space, UTF-8, no NaN; equal values give equal bytes."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True).encode()


async def _close(response: httpx.Response | None) -> None:
    # Closing a connection that is lost already fails in its own way; the status that came before stands.
    if response is not None:
        with contextlib.suppress(*_LOST):
            await response.aclose()


def _is_unconnected(failure: BaseException) -> bool:
    # Only aiohttp's own exception tells: httpx_aiohttp calls a connection that was lost **after** the request had left
    # `ConnectTimeout` too. Whatever is not surely unconnected counts as sent.
    return isinstance(failure, _NOT_CONNECTED) or isinstance(failure.__cause__, _NOT_CONNECTED)


def _read_content(answer: Answer, read: Callable[[Fields], ResultT]) -> ResultT:
    if answer.body is None:
        raise UnansweredError(answer.operation, status=answer.status, request_id=answer.request_id)
    try:
        return read(Fields(json.loads(answer.body)))
    except FieldError as error:
        raise answer.malformed(str(error)) from error
    except (ValueError, RecursionError):
        # The decoder's error carries the whole document, which may be personal. It recurses into nested arrays.
        raise answer.malformed("answer is not JSON") from None
