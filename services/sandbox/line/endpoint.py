"""What every LINE endpoint does before its own work: token, retry key, size, rate limit, JSON (LP 1)."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BodyPartReader, ClientPayloadError, MultipartReader, StreamReader, web
from aiohttp.http_exceptions import HttpProcessingError
from multidict import MultiMapping

from sandbox.faults import Fault
from sandbox.line.errors import RATE_LIMITED, LineError
from sandbox.line.model import Channel
from sandbox.line.platform import Line, is_uuid
from sandbox.rate import Limit
from sandbox.recorder import FAULTS, REQUEST_ID

LARGEST_BODY = 2 * 1024 * 1024
# How deep a body may nest is not published (LP 4.3); every walk over a body relies on this bound.
DEEPEST_BODY = 200

PER_HOUR = Limit(60, 3600)
PER_MINUTE = Limit(60, 60)
MULTICAST = Limit(200, 1)
OTHERS = Limit(2000, 1)


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a multipart form; `content_type` is empty where the part has none."""

    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Call:
    """One authenticated request, as handlers see it."""

    channel: Channel
    request_id: str
    retry_key: str | None
    query: MultiMapping[str]
    parts: Mapping[str, str]
    content: bytes
    content_type: str
    faults: tuple[Fault, ...] = ()
    form: Mapping[str, Part] = field(default_factory=dict)

    def read_object(self) -> dict[str, Any]:
        """Return the JSON object of the body.

        Raises:
            LineError: 400 for another media type, malformed JSON, or no object (LP 1.4).

        """
        if self.content_type != "application/json":
            raise LineError(400, f"The content type, {self.content_type}, is not supported")
        try:
            document = json.loads(self.content)
        except json.JSONDecodeError as error:
            raise _unparsable(error.lineno, error.colno) from error
        except (UnicodeDecodeError, RecursionError, ValueError) as error:
            raise _unparsable() from error
        if not isinstance(document, dict):
            raise _unparsable(1, 1)
        if _is_deeper(document, self.content, DEEPEST_BODY):
            raise _unparsable()
        return document


@dataclass(frozen=True, slots=True)
class Answer:
    """A success; without data the body is `{}` (LP 1.4)."""

    body: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200


# All but those that call out of the sandbox answer at once.
Handler = Callable[[Line, Call], Answer | Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One path and method with its rate limit; `takes_retry_key` only on the four sends (LP 1.9).

    `takes_form`: the body is a multipart form, of which LINE takes more than its 2 MB (LP 1.1).
    """

    method: str
    path: str
    handler: Handler
    limit: Limit = OTHERS
    takes_retry_key: bool = False
    takes_form: bool = False


def serve(line: Line, endpoint: Endpoint) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Return the web handler of an endpoint."""
    name = f"{endpoint.method} {endpoint.path}"

    async def handle(request: web.Request) -> web.Response:
        content = await request.read()
        try:
            line.settle()
            channel = _authenticate(line, request.headers.get("Authorization", ""))
            retry_key = _read_retry_key(request, endpoint)
            # A call that is refused or retried counts as well (LP 1.6).
            _require_rate(line, channel, name, endpoint.limit)
            if not endpoint.takes_form:
                _require_size(content)
            call = Call(
                channel=channel,
                request_id=request[REQUEST_ID],
                retry_key=retry_key,
                query=request.query,
                parts=request.match_info,
                content=content,
                content_type=request.content_type,
                faults=request[FAULTS],
                form=await _read_form(request, content) if endpoint.takes_form else {},
            )
            answer = endpoint.handler(line, call)
            if not isinstance(answer, Answer):
                answer = await answer
        except LineError as error:
            return answer_error(error)
        return web.json_response(answer.body, status=answer.status)

    return handle


def answer_error(error: LineError) -> web.Response:
    """Return the response of an error."""
    return web.json_response(error.body, status=error.status, headers=error.headers)


def _authenticate(line: Line, header: str) -> Channel:
    scheme, _, text = header.partition(" ")
    if scheme.lower() != "bearer" or not text:
        raise LineError(401, "Authentication failed due to the following reason: access token is missing")
    channel = line.find_channel_of(text.strip())
    if channel is None:
        raise LineError(401, "Authentication failed due to the following reason: invalid token or expired")
    return channel


def _require_rate(line: Line, channel: Channel, name: str, limit: Limit) -> None:
    if not line.take_rate(channel, name, limit):
        raise LineError(429, RATE_LIMITED)


def _require_size(content: bytes) -> None:
    if len(content) > LARGEST_BODY:
        raise LineError(413, "The request body is too large")


async def _read_form(request: web.Request, content: bytes) -> Mapping[str, Part]:
    if request.content_type != "multipart/form-data":
        raise LineError(400, f"The content type, {request.content_type}, is not supported")
    # The whole body is here already: a lower limit would ask the connection to pause.
    stream = StreamReader(request.protocol, limit=len(content) + 1, loop=asyncio.get_running_loop())
    stream.feed_data(content)
    stream.feed_eof()
    form: dict[str, Part] = {}
    try:
        async for part in MultipartReader(request.headers, stream):
            if isinstance(part, BodyPartReader) and part.name:
                form[part.name] = Part(bytes(await part.read()), part.headers.get("Content-Type", "").split(";")[0])
    # The reader tells of broken forms by whatever it stumbles over.
    except (
        ValueError,
        RuntimeError,
        AssertionError,
        TypeError,
        LookupError,
        ClientPayloadError,
        HttpProcessingError,
    ) as error:
        raise LineError(400, "The request body could not be parsed as a form") from error
    return form


def _read_retry_key(request: web.Request, endpoint: Endpoint) -> str | None:
    key = request.headers.get("X-Line-Retry-Key")
    if key is None:
        return None
    if not endpoint.takes_retry_key:
        raise LineError(400, "The retry key is not supported by this endpoint")
    if not is_uuid(key):
        raise LineError(400, "The retry key is invalid")
    return key.lower()


def _is_deeper(document: dict[str, Any], content: bytes, deepest: int) -> bool:
    """Whether objects and arrays nest deeper than allowed."""
    if content.count(b"{") + content.count(b"[") <= deepest:
        return False
    level: list[Any] = [document]
    for _ in range(deepest):
        parts = [part.values() if isinstance(part, dict) else part for part in level]
        level = [item for part in parts for item in part if isinstance(item, (dict, list))]
        if not level:
            return False
    return True


def _unparsable(row: int | str = "-", column: int | str = "-") -> LineError:
    return LineError(400, f"The request body could not be parsed as JSON (line: {row}, column: {column})")
