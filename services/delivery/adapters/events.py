"""Puts the service's facts into the outbox as the messages of `delivery_events.proto` (architecture 8)."""

from collections.abc import Sequence
from datetime import datetime

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from delivery.domain.campaigns.events import (
    CampaignAccepted,
    CampaignCancelled,
    CampaignCreated,
    CampaignEvent,
    CampaignExpired,
    CampaignFailed,
    CampaignSending,
    CampaignSucceeded,
    CampaignUncertain,
)
from kit.events.bodies import encode_body
from kit.events.envelope import Event
from kit.events.ports import EventSink
from kit.ids import Ids
from outreach.delivery.v1 import delivery_events_pb2 as pb
from outreach.delivery.v1.campaign_pb2 import Campaign

SOURCE = "outreach.delivery"

FACTS: dict[type[CampaignEvent], str] = {
    CampaignCreated: "created",
    CampaignSending: "sending",
    CampaignAccepted: "accepted",
    CampaignSucceeded: "succeeded",
    CampaignFailed: "failed",
    CampaignExpired: "expired",
    CampaignCancelled: "cancelled",
    CampaignUncertain: "uncertain",
}
"""The last part of each fact's subject (`protos/events.yaml`)."""


class EventOutbox:
    """`Outbox` of the application's ports, over kit's."""

    def __init__(self, sink: EventSink, *, ids: Ids) -> None:
        self._sink = sink
        self._ids = ids

    async def add(self, events: Sequence[CampaignEvent]) -> None:
        """Put facts into the outbox, in order."""
        for event in events:
            await self._sink.add(to_envelope(event, event_id=self._ids.uuid4()))


def to_envelope(event: CampaignEvent, *, event_id: str) -> Event:
    """Write a fact as a CloudEvent on its registered subject."""
    message = _describe(event)
    channel = event.campaign.split("/")[1]
    return Event(
        id=event_id,
        source=SOURCE,
        type=message.DESCRIPTOR.full_name,
        subject=f"outreach.delivery.v1.{channel}.campaign.{FACTS[type(event)]}",
        resource=event.campaign,
        time=event.time,
        body=encode_body(message),
    )


def _describe(event: CampaignEvent) -> Message:
    time = _timestamp(event.time)
    match event:
        case CampaignCreated(campaign):
            return pb.CampaignCreated(campaign=campaign, create_time=time)
        case CampaignSending(campaign, _, revision):
            return pb.CampaignSending(campaign=campaign, revision=revision, send_time=time)
        case CampaignAccepted(campaign, _, ids):
            return pb.CampaignAccepted(campaign=campaign, line_request_ids=ids, accept_time=time)
        case CampaignExpired(campaign):
            return pb.CampaignExpired(campaign=campaign, complete_time=time)
        case CampaignCancelled(campaign):
            return pb.CampaignCancelled(campaign=campaign, complete_time=time)
    return _describe_outcome(event, time)


def _describe_outcome(event: CampaignSucceeded | CampaignFailed | CampaignUncertain, time: Timestamp) -> Message:
    accept_time = None if event.acceptance.accept_time is None else _timestamp(event.acceptance.accept_time)
    ids = event.acceptance.line_request_ids
    match event:
        case CampaignSucceeded(campaign):
            return pb.CampaignSucceeded(
                campaign=campaign, accept_time=accept_time, complete_time=time, line_request_ids=ids
            )
        case CampaignFailed(campaign, _, reason):
            return pb.CampaignFailed(
                campaign=campaign,
                reason=Campaign.Failure.Reason.Value(reason.name),
                complete_time=time,
                accept_time=accept_time,
                line_request_ids=ids,
            )
        case CampaignUncertain(campaign, _, unknown):
            return pb.CampaignUncertain(
                campaign=campaign,
                update_time=time,
                reason=Campaign.Uncertainty.Reason.Value(unknown.name),
                accept_time=accept_time,
                line_request_ids=ids,
            )


def _timestamp(time: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(time)
    return stamp
