"""Sends in outline between proto and domain, for other services of ours alone."""

from datetime import UTC, datetime

from delivery.domain.campaigns.sends import Send
from delivery.entrypoints.times import read_moment, write_time
from kit.errors import Violations
from outreach.delivery.internal.v1 import send_list_pb2 as pb
from outreach.delivery.v1.campaign_pb2 import Campaign


def read_since(bad: Violations, request: pb.ListSendsRequest) -> datetime:
    """Read from when on changes are asked for; what is missing or malformed is noted."""
    if not request.HasField("since_time"):
        bad.add("since_time", "must be set", "REQUIRED")
    return read_moment(bad, request.since_time, "since_time") or datetime.max.replace(tzinfo=UTC)


def write_send(send: Send) -> pb.Send:
    """Write a send."""
    reason = "REASON_UNSPECIFIED" if send.failure is None else send.failure.name
    return pb.Send(
        campaign=send.campaign,
        state=Campaign.State.Value(send.state.name),
        failure=Campaign.Failure.Reason.Value(reason),
        order_time=write_time(send.order_time),
        accept_time=write_time(send.accept_time),
        accept_time_confirmed=send.taken.confirmed and send.accept_time is not None,
        complete_time=write_time(send.complete_time),
        line_request_ids=send.taken.line_request_ids,
        update_time=write_time(send.update_time),
    )
