"""Delivery's list of ordered campaigns, through its `SendListService`."""

from collections.abc import Iterator
from datetime import UTC, datetime

import grpc
import structlog
from google.protobuf.timestamp_pb2 import Timestamp

from outreach.delivery.internal.v1 import send_list_pb2 as pb
from outreach.delivery.internal.v1.send_list_pb2_grpc import SendListServiceStub
from outreach.delivery.v1.campaign_pb2 import Campaign
from outreach_client.errors import RemoteError
from reporting.application.ports import SendPage
from reporting.domain.errors import ListNotOffered, PageTokenRefused, SendsUnavailable
from reporting.domain.rounds import Fact, FactKind
from reporting.domain.sends import NOBODY_KNOWS, Send

PAGE_SIZE = 200
"""Each send of a page is a row that one transaction locks; delivery gives at most 500."""

_SENT = (Campaign.SUCCEEDED, Campaign.PARTIALLY_SUCCEEDED)
_NOT_SENT = (Campaign.CANCELLED, Campaign.EXPIRED)
_GIVEN_UP = frozenset(map(Campaign.Failure.Reason.Value, NOBODY_KNOWS))

_log = structlog.get_logger(__name__)


class DeliverySendList:
    """`SendList` over a channel to delivery."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = SendListServiceStub(channel)

    async def page(self, *, since: datetime, page_token: str, channel: str | None = None) -> SendPage:
        """Return a page of sends; one that can't be read is told in the log and left out."""
        request = pb.ListSendsRequest(
            channel=channel or "", since_time=_to_stamp(since), page_size=PAGE_SIZE, page_token=page_token
        )
        try:
            answer = await self._stub.ListSends(request)
        except RemoteError as error:
            if page_token and error.code is grpc.StatusCode.INVALID_ARGUMENT:
                raise PageTokenRefused from error
            if error.code is grpc.StatusCode.UNIMPLEMENTED:
                raise ListNotOffered(error.reason) from error
            raise SendsUnavailable(error.reason, wait=error.retry_after) from error
        return SendPage([send for send in map(_read_send, answer.sends) if send is not None], answer.next_page_token)


def _read_send(send: pb.Send) -> Send | None:
    facts = tuple(_read_facts(send))
    if not facts:
        _log.error("send_unreadable", campaign=send.campaign, state=send.state)
        return None
    return Send(send.campaign, facts)


def _read_facts(send: pb.Send) -> Iterator[Fact]:
    if send.HasField("order_time"):
        yield Fact(FactKind.ORDERED, _to_time(send.order_time))
    if send.HasField("accept_time"):
        kind = FactKind.CONFIRMED if send.accept_time_confirmed else FactKind.ACCEPTED
        yield Fact(kind, _to_time(send.accept_time))
    outcome, end = _read_outcome(send), _find_end(send)
    if outcome is not None and end is not None:
        yield Fact(outcome, _to_time(end))


def _read_outcome(send: pb.Send) -> FactKind | None:
    if send.state in _SENT:
        return FactKind.SENT
    if send.state in _NOT_SENT:
        return FactKind.ENDED
    if send.state == Campaign.FAILED:
        return FactKind.GIVEN_UP if send.failure in _GIVEN_UP else FactKind.ENDED
    return FactKind.UNCERTAIN if send.state == Campaign.UNCERTAIN else None


def _find_end(send: pb.Send) -> Timestamp | None:
    """Return when the campaign came to its state; one that a person is to change may tell its last change alone."""
    if send.HasField("complete_time"):
        return send.complete_time
    return send.update_time if send.HasField("update_time") else None


def _to_time(stamp: Timestamp) -> datetime:
    return stamp.ToDatetime(UTC)


def _to_stamp(time: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(time)
    return stamp
