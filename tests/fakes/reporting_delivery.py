"""Delivery's internal services on a port of their own, with figures, sends and failures of the test's choice."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from outreach.delivery.internal.v1 import send_list_pb2 as list_pb
from outreach.delivery.internal.v1 import send_observation_pb2 as pb
from outreach.delivery.internal.v1.send_list_pb2_grpc import (
    SendListServiceServicer,
    add_SendListServiceServicer_to_server,
)
from outreach.delivery.internal.v1.send_observation_pb2_grpc import (
    SendObservationServiceServicer,
    add_SendObservationServiceServicer_to_server,
)

ServicerContext = grpc.aio.ServicerContext[pb.ObserveSendRequest, pb.ObserveSendResponse]
ListContext = grpc.aio.ServicerContext[list_pb.ListSendsRequest, list_pb.ListSendsResponse]


@dataclass(frozen=True, slots=True)
class Refusal:
    """How a call fails."""

    code: grpc.StatusCode
    reason: str
    wait: timedelta | None = None
    domain: str = "delivery.outreach"


@dataclass(slots=True)
class FakeDelivery(SendObservationServiceServicer, SendListServiceServicer):
    """Answers with `answers`, keyed by campaign, or else fails with `refusal`; lists `sends` or fails as well."""

    answers: dict[str, pb.ObserveSendResponse] = field(default_factory=dict)
    refusal: Refusal = field(default_factory=lambda: Refusal(grpc.StatusCode.NOT_FOUND, "NOT_FOUND"))
    sends: list[list_pb.Send] = field(default_factory=list)
    list_refusal: Refusal | None = None
    listed: list[list_pb.ListSendsRequest] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    address: str = ""

    async def ObserveSend(  # noqa: N802 - named by the proto
        self, request: pb.ObserveSendRequest, context: ServicerContext
    ) -> pb.ObserveSendResponse:
        """Answer, or fail as delivery does."""
        self.asked.append(request.campaign)
        self.tokens.update(str(value) for key, value in context.invocation_metadata() or () if key == "authorization")
        if request.campaign not in self.answers:
            await context.abort_with_status(_to_status(self.refusal))
        return self.answers[request.campaign]

    async def ListSends(  # noqa: N802 - named by the proto
        self, request: list_pb.ListSendsRequest, context: ListContext
    ) -> list_pb.ListSendsResponse:
        """Give a page of `sends`, or fail as delivery does."""
        self.listed.append(request)
        if self.list_refusal is not None:
            await context.abort_with_status(_to_status(self.list_refusal))
        changed = [send for send in self.sends if _is_listed(send, request)]
        start = int(request.page_token or 0)
        end = start + (request.page_size or 100)
        token = str(end) if end < len(changed) else ""
        return list_pb.ListSendsResponse(sends=changed[start:end], next_page_token=token)


@asynccontextmanager
async def serve_fake_delivery() -> AsyncIterator[FakeDelivery]:
    """Serve it for the length of the `with` block."""
    delivery = FakeDelivery()
    server = grpc.aio.server()
    add_SendObservationServiceServicer_to_server(delivery, server)
    add_SendListServiceServicer_to_server(delivery, server)
    delivery.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    try:
        yield delivery
    finally:
        await server.stop(0)


def _is_listed(send: list_pb.Send, request: list_pb.ListSendsRequest) -> bool:
    is_asked_for = send.campaign.startswith(f"{request.channel}/") if request.channel else True
    since, changed = request.since_time, send.update_time
    return is_asked_for and (changed.seconds, changed.nanos) >= (since.seconds, since.nanos)


def _to_status(refusal: Refusal) -> grpc.Status:
    status = Status(code=refusal.code.value[0], message="No.")
    details: list[ErrorInfo | RetryInfo] = [ErrorInfo(reason=refusal.reason, domain=refusal.domain)]
    if refusal.wait is not None:
        retry = RetryInfo()
        retry.retry_delay.FromTimedelta(refusal.wait)
        details.append(retry)
    for detail in details:
        packed = AnyMessage()
        packed.Pack(detail)
        status.details.append(packed)
    return rpc_status.to_status(status)
