"""One POST to somebody's webhook, and how it ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

import aiohttp
from yarl import URL

Reason = Literal["could_not_connect", "request_timeout", "error_status_code", "unclassified"]

# aiohttp takes 0 for no limit.
_SHORTEST_TIMEOUT = 0.001


@dataclass(frozen=True, slots=True)
class Outcome:
    """`status` None: no answer came; `reason` None: a 2xx came."""

    status: int | None
    reason: Reason | None


def open_session() -> aiohttp.ClientSession:
    """Return a client that keeps nothing between calls: no connection, no cookie, no headers of its own."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(force_close=True),
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=("User-Agent",),
    )


async def post(
    http: aiohttp.ClientSession, url: str, body: bytes, headers: Mapping[str, str], *, timeout_seconds: float
) -> Outcome:
    """POST a body; anything but a 2xx in time is a failure, a redirection too.

    `timeout_seconds` is machine time: the receiver's own.
    """
    timeout = aiohttp.ClientTimeout(total=max(timeout_seconds, _SHORTEST_TIMEOUT))
    try:
        target = URL(url, encoded=True)
        async with http.post(target, data=body, headers=headers, timeout=timeout, allow_redirects=False) as response:
            return _judge(response.status)
    except TimeoutError:
        return Outcome(None, "request_timeout")
    except aiohttp.ClientConnectorError:
        return Outcome(None, "could_not_connect")
    except (aiohttp.ClientError, OSError, ValueError):
        return Outcome(None, "unclassified")


def _judge(status: int) -> Outcome:
    return Outcome(status, None if HTTPStatus(200) <= status < HTTPStatus(300) else "error_status_code")
