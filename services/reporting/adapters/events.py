"""Puts the service's facts into the outbox as the messages of `reporting_events.proto` (architecture 8)."""

from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from kit.events.bodies import encode_body
from kit.events.envelope import Event
from kit.events.ports import EventSink
from kit.ids import Ids
from outreach.reporting.v1 import reporting_events_pb2 as pb
from outreach.reporting.v1.report_pb2 import CampaignReport
from outreach.type.v1 import count_pb2
from reporting.domain.counts import Count
from reporting.domain.events import ReportPublished

SOURCE = "outreach.reporting"


class EventOutbox:
    """`Outbox` of the application's ports, over kit's."""

    def __init__(self, sink: EventSink, *, ids: Ids) -> None:
        self._sink = sink
        self._ids = ids

    async def add(self, event: ReportPublished) -> None:
        """Put a fact into the outbox."""
        await self._sink.add(to_envelope(event, event_id=self._ids.uuid4()))


def to_envelope(event: ReportPublished, *, event_id: str) -> Event:
    """Write a fact as a CloudEvent on its registered subject (`protos/events.yaml`)."""
    publication = event.publication
    message = _describe(event)
    channel = publication.campaign.split("/")[1]
    return Event(
        id=event_id,
        source=SOURCE,
        type=message.DESCRIPTOR.full_name,
        subject=f"outreach.reporting.v1.{channel}.report.published",
        resource=message.report,
        time=publication.publish_time,
        body=encode_body(message),
    )


def _describe(event: ReportPublished) -> pb.ReportPublished:
    figures = event.figures.figures
    return pb.ReportPublished(
        report=f"{event.publication.campaign}/report",
        state=CampaignReport.State.Value(event.state.name),
        publish_time=_timestamp(event.publication.publish_time),
        delivered_count=_count(figures.delivered),
        opened_count=_count(figures.opened),
        clicked_count=_count(figures.clicked),
    )


def _count(count: Count) -> count_pb2.Count:
    return count_pb2.Count(value=count.value, state=count_pb2.Count.State.Value(count.state.name))


def _timestamp(time: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(time)
    return stamp
