"""Reading of events."""

from datetime import UTC, datetime

import pytest
from google.rpc import error_details_pb2
from google.rpc.error_details_pb2 import ErrorInfo

from outreach_client.events import Envelope, UnknownEventError, UnreadableEventError, event_types, read_event

# Any generated module serves; this one is not going to change.
TYPES = event_types(error_details_pb2)
SUBJECT = "outreach.audience.v1.acme.audience.ready"
HEADERS = {
    "ce-specversion": "1.0",
    "ce-id": "8f14e45f-ceea-467f-a9ab-0b1b1c1d1e1f",
    "ce-source": "outreach.audience",
    "ce-type": "google.rpc.ErrorInfo",
    "ce-subject": "channels/acme/audiences/7",
    "ce-time": "2026-04-01T03:00:00+00:00",
}


def test_event() -> None:
    """A message becomes its envelope and a message of its type; fields of a newer producer are ignored."""
    envelope, event = read_event(SUBJECT, HEADERS, b'{"reason": "X", "addedLater": 1}', TYPES)

    assert event == ErrorInfo(reason="X")
    assert envelope == Envelope(
        id="8f14e45f-ceea-467f-a9ab-0b1b1c1d1e1f",
        source="outreach.audience",
        type="google.rpc.ErrorInfo",
        subject=SUBJECT,
        resource="channels/acme/audiences/7",
        time=datetime(2026, 4, 1, 3, 0, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (None, b"{}"),
        ({}, b"{}"),
        ({**HEADERS, "ce-time": "yesterday"}, b"{}"),
        (HEADERS, b""),
        (HEADERS, b"[1]"),
        (HEADERS, b'{"reason": 1}'),
        (HEADERS, b"\xff"),
    ],
)
def test_unreadable(headers: dict[str, str] | None, body: bytes) -> None:
    """What is no event is refused with a typed error, and told apart from an event of a type that is not known."""
    with pytest.raises(UnreadableEventError) as caught:
        read_event(SUBJECT, headers, body, TYPES)

    assert not isinstance(caught.value, UnknownEventError)


def test_unknown_type() -> None:
    """An event of a newer release names its type, so that a reader can pass it over."""
    with pytest.raises(UnknownEventError) as caught:
        read_event(SUBJECT, {**HEADERS, "ce-type": "unknown.Type"}, b"?", TYPES)

    assert caught.value.type == "unknown.Type"
