"""Puts the service's facts into the outbox as the messages of `audience_events.proto` (architecture 8)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from audience.domain import events as facts
from kit.events.bodies import encode_body
from kit.events.envelope import Event
from kit.events.ports import EventSink
from kit.ids import Ids
from outreach.audience.v1 import audience_events_pb2 as pb
from outreach.audience.v1.audience_pb2 import Audience
from outreach.audience.v1.contact_list_pb2 import ContactList

SOURCE = "outreach.audience"


class EventOutbox:
    """`Outbox` of the application's ports, over kit's."""

    def __init__(self, sink: EventSink, *, ids: Ids) -> None:
        self._sink = sink
        self._ids = ids

    async def add(self, event: facts.Event) -> None:
        """Put a fact into the outbox."""
        await self._sink.add(to_envelope(event, event_id=self._ids.uuid4()))


def to_envelope(event: facts.Event, *, event_id: str) -> Event:
    """Write a fact as a CloudEvent on its registered subject (`protos/events.yaml`)."""
    subject, describe = _REGISTER[type(event)]
    resource, time, message = describe(event)
    channel = resource.split("/")[1]
    return Event(
        id=event_id,
        source=SOURCE,
        type=message.DESCRIPTOR.full_name,
        subject=f"outreach.audience.v1.{channel}.{subject}",
        resource=resource,
        time=time,
        body=encode_body(message),
    )


Described = tuple[str, datetime, Message]


def _channel_created(event: facts.ChannelCreated) -> Described:
    message = pb.ChannelCreated(
        channel=event.channel, create_time=_timestamp(event.create_time), time_zone=event.time_zone
    )
    return event.channel, event.create_time, message


def _channel_changed(event: facts.ChannelChanged) -> Described:
    message = pb.ChannelChanged(channel=event.channel, update_time=_timestamp(event.update_time))
    return event.channel, event.update_time, message


def _audience_discovered(event: facts.AudienceDiscovered) -> Described:
    message = pb.AudienceDiscovered(
        audience=event.audience,
        kind=Audience.Kind.Value(event.kind.name),
        state=Audience.State.Value(event.state.name),
        sync_time=_timestamp(event.sync_time),
    )
    return event.audience, event.sync_time, message


def _audience_ready(event: facts.AudienceReady) -> Described:
    message = pb.AudienceReady(
        audience=event.audience, kind=Audience.Kind.Value(event.kind.name), sync_time=_timestamp(event.sync_time)
    )
    return event.audience, event.sync_time, message


def _audience_unusable(event: facts.AudienceUnusable) -> Described:
    message = pb.AudienceUnusable(
        audience=event.audience,
        state=Audience.State.Value(event.state.name),
        sync_time=_timestamp(event.sync_time),
    )
    return event.audience, event.sync_time, message


def _contact_list_bound(event: facts.ContactListBound) -> Described:
    message = pb.ContactListBound(contact_list=event.contact_list, create_time=_timestamp(event.create_time))
    return event.contact_list, event.create_time, message


def _contact_list_synced(event: facts.ContactListSynced) -> Described:
    message = pb.ContactListSynced(contact_list=event.contact_list, sync_time=_timestamp(event.sync_time))
    return event.contact_list, event.sync_time, message


def _contact_list_sync_failed(event: facts.ContactListSyncFailed) -> Described:
    failure = "FAILURE_UNSPECIFIED" if event.failure is None else event.failure.name
    message = pb.ContactListSyncFailed(
        contact_list=event.contact_list,
        state=ContactList.State.Value(event.state.name),
        failure=ContactList.Failure.Value(failure),
        update_time=_timestamp(event.update_time),
    )
    return event.contact_list, event.update_time, message


def _timestamp(time: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(time)
    return stamp


# Keyed by kind of fact: the subject's last two tokens, and what to say.
_REGISTER: dict[type, tuple[str, Callable[[Any], Described]]] = {
    facts.ChannelCreated: ("channel.created", _channel_created),
    facts.ChannelChanged: ("channel.changed", _channel_changed),
    facts.AudienceDiscovered: ("audience.discovered", _audience_discovered),
    facts.AudienceReady: ("audience.ready", _audience_ready),
    facts.AudienceUnusable: ("audience.unusable", _audience_unusable),
    facts.ContactListBound: ("contact_list.bound", _contact_list_bound),
    facts.ContactListSynced: ("contact_list.synced", _contact_list_synced),
    facts.ContactListSyncFailed: ("contact_list.sync_failed", _contact_list_sync_failed),
}
