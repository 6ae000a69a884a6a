"""Reads events: CloudEvents 1.0 over NATS, context in `ce-*` headers, the body proto3 JSON (architecture 8).

TYPES = event_types(audience_events_pb2, delivery_events_pb2)

async for message in subscription.messages:
    with suppress(UnknownEventError):
        envelope, event = read_event(message.subject, message.headers, message.data, TYPES)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import ModuleType

from google.protobuf import json_format
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass


@dataclass(frozen=True, slots=True)
class Envelope:
    """An event's context.

    Attributes:
        id: unique per event; repeats have the same.
        source: the producing service, as `outreach.audience`.
        type: full name of the body's message, as `outreach.audience.v1.AudienceReady`.
        subject: NATS subject, as `outreach.audience.v1.acme.audience.ready`.
        resource: name of the resource that the fact is about.
        time: when the fact became true, aware.

    """

    id: str
    source: str
    type: str
    subject: str
    resource: str
    time: datetime


class UnreadableEventError(Exception):
    """A message is no event of ours, or its type is not among those that were asked for."""


class UnknownEventError(UnreadableEventError):
    """A message is an event of a type that is not among those that were asked for, as of a newer release: pass it over.

    Attributes:
        type: full name of its message.

    """

    def __init__(self, event_type: str) -> None:
        super().__init__(f"No event of the type {event_type} is known here.")
        self.type = event_type


def event_types(*modules: ModuleType) -> dict[str, type[Message]]:
    """Return the messages of generated modules, as `audience_events_pb2`, keyed by full name."""
    descriptors = [d for module in modules for d in module.DESCRIPTOR.message_types_by_name.values()]
    return {descriptor.full_name: GetMessageClass(descriptor) for descriptor in descriptors}


def read_event(
    subject: str, headers: Mapping[str, str] | None, body: bytes, types: Mapping[str, type[Message]]
) -> tuple[Envelope, Message]:
    """Read a NATS message; fields that a newer producer added are ignored.

    Raises:
        UnknownEventError: its type is not in `types`.
        UnreadableEventError: it lacks a header, or a header or its body is not of its form.

    """
    context = headers or {}
    try:
        envelope = Envelope(
            id=context["ce-id"],
            source=context["ce-source"],
            type=context["ce-type"],
            subject=subject,
            resource=context["ce-subject"],
            time=datetime.fromisoformat(context["ce-time"]),
        )
    except KeyError as error:
        raise UnreadableEventError(f"No header {error.args[0]}.") from error
    except ValueError as error:
        raise UnreadableEventError("A header is not of its form.") from error
    if envelope.type not in types:
        raise UnknownEventError(envelope.type)
    try:
        event = json_format.Parse(body, types[envelope.type](), ignore_unknown_fields=True)
    except (ValueError, json_format.ParseError) as error:
        raise UnreadableEventError("The body is not of its form.") from error
    return envelope, event
