"""The CloudEvents 1.0 envelope and its NATS headers (ST 3.2)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from kit.events.errors import MalformedEvent

SPEC_VERSION = "1.0"
CONTENT_TYPE = "application/json"

# JetStream keeps one of several messages with the same value within its duplicate window.
MESSAGE_ID_HEADER = "Nats-Msg-Id"
RESOURCE_HEADER = "ce-subject"

# Far under NATS's default limit of 1 MiB: an event carries names and times, never whole resources (ST 3.1).
MAX_BODY_BYTES = 256 * 1024

# Printable ASCII without a space: what goes into a header line unescaped and can't break out of it.
_HEADER_VALUE = re.compile(r"[!-~]+")
_SUBJECT = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact, ready to travel.

    Attributes:
        id: unique per event; consumers recognise repeats by it.
        source: the producing service, as `outreach.audience`.
        type: full name of the body's message, as `outreach.audience.v1.AudienceReady`.
        subject: NATS subject, as `outreach.audience.v1.acme.audience.ready` (ST 3.1).
        resource: name of the resource that the fact is about, CloudEvents' `subject`. Events of one resource are
            published in the order in which their transactions committed.
        time: when the fact became true, in business time.
        body: proto3 JSON of the message, UTF-8.
        traceparent: W3C trace context of the producer; None outside a trace.

    Raises:
        ValueError: an attribute can't be carried.

    """

    id: str
    source: str
    type: str
    subject: str
    resource: str
    time: datetime
    body: bytes
    traceparent: str | None = None

    def __post_init__(self) -> None:
        for name in ("id", "source", "type", "resource"):
            if not _HEADER_VALUE.fullmatch(getattr(self, name)):
                raise ValueError(f"An event's {name} must be printable ASCII without spaces.")
        if not _SUBJECT.fullmatch(self.subject):
            raise ValueError("An event's subject must be tokens of letters, digits, - and _ joined by dots.")
        if self.time.tzinfo is None:
            raise ValueError("An event's time must have a time zone.")
        if len(self.body) > MAX_BODY_BYTES:
            raise ValueError(f"An event's body may have at most {MAX_BODY_BYTES} bytes.")


def to_headers(event: Event) -> dict[str, str]:
    """Map an event's context to NATS headers; subject and body travel as the message's own."""
    headers = {
        "ce-specversion": SPEC_VERSION,
        "ce-id": event.id,
        "ce-source": event.source,
        "ce-type": event.type,
        RESOURCE_HEADER: event.resource,
        "ce-time": event.time.isoformat(),
        "ce-datacontenttype": CONTENT_TYPE,
        MESSAGE_ID_HEADER: event.id,
    }
    if event.traceparent is not None:
        headers["traceparent"] = event.traceparent
    return headers


def from_headers(subject: str, headers: Mapping[str, str], body: bytes) -> Event:
    """Read an event back from a message; headers that we don't know are ignored.

    Raises:
        MalformedEvent: an attribute is missing or unreadable, or the event is of another CloudEvents version.

    """
    if headers.get("ce-specversion") != SPEC_VERSION:
        raise MalformedEvent("The message is no CloudEvent of version 1.0.")
    try:
        return Event(
            id=headers["ce-id"],
            source=headers["ce-source"],
            type=headers["ce-type"],
            subject=subject,
            resource=headers[RESOURCE_HEADER],
            time=datetime.fromisoformat(headers["ce-time"]),
            body=body,
            traceparent=headers.get("traceparent"),
        )
    except KeyError as error:
        raise MalformedEvent(f"The message lacks the header {error.args[0]}.") from error
    except ValueError as error:
        raise MalformedEvent(str(error)) from error
