"""Webhook events: their common properties, ids and contents, and the body of a POST (LP 8.3, 8.4)."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sandbox.line.model import Channel
from sandbox.line.webhooks.outbox import Event

EventType = Literal["follow", "unfollow", "message", "postback"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ULID_LENGTH = 26
_ULID_RANDOM_BYTES = 10
_ULID_TIMES = 1 << 48


def make_event(
    channel: Channel, kind: EventType, user_id: str | None, content: Mapping[str, Any], *, time: datetime, seed: int
) -> Event:
    """Return the next event of a channel; its ids follow from the seed and the number of events before it.

    `content` is the object that events of this kind carry under the kind's name, as `{"isUnblocked": False}`. Users
    who did not consent are without `user_id` (LP 8.3); unfollow has no reply token (LP 8.4).
    """
    noise = _make_noise(channel, seed)
    document: dict[str, Any] = {
        "type": kind,
        "mode": "active",
        "timestamp": count_milliseconds(time),
        "source": {"type": "user"} if user_id is None else {"type": "user", "userId": user_id},
        "webhookEventId": make_ulid(count_milliseconds(time), noise[:_ULID_RANDOM_BYTES]),
        "deliveryContext": {"isRedelivery": False},
    }
    if kind != "unfollow":
        document["replyToken"] = noise[16:32].hex()
        document[kind] = _complete_message(content, noise) if kind == "message" else dict(content)
    return Event(time, document)


def redeliver(event: Event) -> Event:
    """Return the event as it is sent again: identical but for `isRedelivery` (LP 8.5)."""
    return replace(event, document={**event.document, "deliveryContext": {"isRedelivery": True}})


def write_body(channel: Channel, events: Iterable[Event]) -> bytes:
    """Return the body of a POST: compact JSON in UTF-8, in which half a surrogate pair is a question mark."""
    body = {"destination": channel.account.bot_user_id, "events": [event.document for event in events]}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def count_milliseconds(time: datetime) -> int:
    """Return UNIX milliseconds, as webhooks show times (LP 8.3)."""
    return (time - _EPOCH) // timedelta(milliseconds=1)


def make_ulid(milliseconds: int, randomness: bytes) -> str:
    """Return a ULID of 26 characters from a time and 10 random bytes (LP 8.7)."""
    number = (milliseconds % _ULID_TIMES) << 8 * _ULID_RANDOM_BYTES | int.from_bytes(randomness)
    return "".join(_CROCKFORD[number >> 5 * place & 31] for place in reversed(range(_ULID_LENGTH)))


def _make_noise(channel: Channel, seed: int) -> bytes:
    """Return 64 bytes of an event, from which all its ids are made."""
    channel.webhook.events_made += 1
    return hashlib.sha512(f"webhook:{seed}:{channel.channel_id}:{channel.webhook.events_made}".encode()).digest()


def _complete_message(content: Mapping[str, Any], noise: bytes) -> dict[str, Any]:
    """Add what LINE adds to what the user wrote; ids of messages are numbers in strings (LP 5.1)."""
    number = int.from_bytes(noise[10:16]) + 10**17
    return {**content, "id": str(number), "quoteToken": noise[32:].hex()}
