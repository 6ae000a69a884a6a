"""Events, their ids and the body that carries them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.line.model import Account, Channel
from sandbox.line.webhooks.events import count_milliseconds, make_event, make_ulid, redeliver, write_body

TIME = datetime(2026, 6, 15, 3, 0, 0, 999_999, tzinfo=UTC)


def make_channel(channel_id: str = "1") -> Channel:
    """Return a channel on an account of its own."""
    return Channel(channel_id, "secret", Account("U1", "provider", "OA", "@1"))


def make(channel: Channel, *, seed: int = 7, **changes: Any) -> dict[str, Any]:
    """Return the document of a message event."""
    arguments = {"kind": "message", "user_id": "U2", "content": {"type": "text", "text": "a"}, **changes}
    return make_event(channel, time=TIME, seed=seed, **arguments).document


@pytest.mark.parametrize(
    ("milliseconds", "randomness", "ulid"),
    [
        (0, bytes(10), "0" * 26),
        (2**48 - 1, b"\xff" * 10, "7" + "Z" * 25),
        (1705891467288, bytes(10), "01HMQGW40R" + "0" * 16),
    ],
)
def test_ulids(milliseconds: int, randomness: bytes, ulid: str) -> None:
    """A ULID is 48 bits of time before 80 random ones in Crockford's base 32; the last time is LINE's example's."""
    assert make_ulid(milliseconds, randomness) == ulid


@pytest.mark.parametrize("year", [1, 1969, 9999])
def test_any_time_has_an_event(year: int) -> None:
    """A clock that was moved far away still gives events of the usual form."""
    event = make_event(make_channel(), "unfollow", "U2", {}, time=TIME.replace(year=year), seed=7)

    assert len(event.document["webhookEventId"]) == 26


def test_milliseconds_are_cut_off() -> None:
    """The timestamp is in whole milliseconds that have begun."""
    assert count_milliseconds(TIME) == int(TIME.timestamp()) * 1000 + 999


def test_ids_follow_from_seed_channel_and_number() -> None:
    """The same seed and number on the same channel give the same event; any other gives other ids."""
    channel = make_channel()
    events = [make(channel), make(channel), make(make_channel("2")), make(make_channel(), seed=8)]

    assert make(make_channel()) == events[0]
    assert len({event["webhookEventId"] for event in events}) == 4
    assert len({event["replyToken"] for event in events}) == 4
    assert len({event["message"]["id"] for event in events}) == 4


def test_a_redelivered_event_differs_by_its_flag() -> None:
    """Redelivery changes `isRedelivery` and nothing else, and leaves the first event as it was."""
    event = make_event(make_channel(), "follow", None, {"isUnblocked": True}, time=TIME, seed=7)
    again = redeliver(event)

    assert event.document["deliveryContext"] == {"isRedelivery": False}
    assert again.document == {**event.document, "deliveryContext": {"isRedelivery": True}}
    assert again.time == event.time


def test_the_body_is_compact_utf_8() -> None:
    """The body has no white space and its Japanese is not escaped, so that re-serialised JSON does not fit."""
    channel = make_channel()
    event = make_event(channel, "postback", "U2", {"data": "はい"}, time=TIME + timedelta(days=1), seed=7)
    body = write_body(channel, [event])

    assert "はい".encode() in body
    assert json.loads(body) == {"destination": "U1", "events": [event.document]}
    assert json.dumps(json.loads(body)).encode() != body
