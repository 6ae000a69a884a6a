"""Requests about JetStream's streams and consumers, as documents: what this program does not know of stays as it is.

nats-py's own classes drop what they do not know from an answer (of a consumer, its priority groups), and what an update
does not name the server resets. So a document is read, changed in one place, and sent back whole.
"""

import json
from typing import Any, TypeAlias

import nats.errors
from nats.aio.client import Client

from kit.events.errors import BusRefusal, BusUnavailable

REQUEST_TIMEOUT_S = 2.0

Document: TypeAlias = dict[str, Any]

_ABSENT = 404
_OVERLOADED = 503


class NotThere(BusUnavailable):
    """There is no stream or consumer of that name, for now."""


async def ask(client: Client, request: str, body: Document | None = None) -> Document:
    """Make a request, as `STREAM.INFO.delivery`, and return the answer.

    Raises:
        NotThere: it is about a stream or a consumer that does not exist.
        BusUnavailable: JetStream gives no answer.
        BusRefusal: JetStream says no.

    """
    payload = b"" if body is None else json.dumps(body).encode()
    try:
        message = await client.request(f"$JS.API.{request}", payload, timeout=REQUEST_TIMEOUT_S)
    except (nats.errors.Error, OSError) as error:
        raise BusUnavailable("JetStream gives no answer.") from error
    answer: Document = json.loads(message.data)
    refusal = answer.get("error")
    if refusal is None:
        return answer
    if refusal["code"] == _ABSENT:
        raise NotThere(refusal["description"])
    if refusal["code"] == _OVERLOADED:
        raise BusUnavailable(refusal["description"])
    raise BusRefusal(refusal["description"], refusal.get("err_code", 0))


async def find(client: Client, request: str) -> Document | None:
    """Return the answer to a request for information; None when there is no such stream or consumer.

    Raises as `ask`, but for `NotThere`.
    """
    try:
        return await ask(client, request)
    except NotThere:
        return None


def nanoseconds(seconds: float) -> int:
    """Return a span as JetStream counts it."""
    return round(seconds * 1_000_000_000)
