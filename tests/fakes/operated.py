"""The three services as the operator's command sees them, on one port."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from outreach.audience.v1 import channel_pb2
from outreach.audience.v1.channel_pb2_grpc import ChannelServiceServicer, add_ChannelServiceServicer_to_server
from outreach.delivery.v1 import ledger_pb2
from outreach.delivery.v1.ledger_pb2_grpc import LedgerServiceServicer, add_LedgerServiceServicer_to_server
from outreach.reporting.v1 import report_pb2
from outreach.reporting.v1.report_pb2_grpc import ReportServiceServicer, add_ReportServiceServicer_to_server

PartT = TypeVar("PartT")

PAGE = 2


@dataclass(slots=True)
class FakeOutreach(ChannelServiceServicer, ReportServiceServicer, LedgerServiceServicer):
    """Lists `started`, the campaigns of each channel with their start, in small pages, and shows how it was fenced.

    A call of the method `failing` fails; so does every other one without the token `t`.
    """

    started: dict[str, dict[str, datetime]] = field(default_factory=dict)
    state: ledger_pb2.LedgerState = field(default_factory=ledger_pb2.LedgerState)
    failing: str = ""
    fences: list[ledger_pb2.FenceLedgerRequest] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    address: str = ""

    async def ListChannels(self, request: Any, context: Any) -> Any:  # noqa: N802 - named by the proto
        """Give a page of the channels, by name."""
        await self._take("ListChannels", context)
        names, token = _cut(sorted(self.started), request.page_token)
        channels = [channel_pb2.Channel(name=name) for name in names]
        return channel_pb2.ListChannelsResponse(channels=channels, next_page_token=token)

    async def ListCampaignReports(self, request: Any, context: Any) -> Any:  # noqa: N802 - named by the proto
        """Give a page of a channel's reports, the newest campaign first."""
        await self._take("ListCampaignReports", context)
        newest = sorted(self.started[request.parent].items(), key=lambda entry: entry[1], reverse=True)
        shown, token = _cut(newest, request.page_token)
        reports = [report_pb2.CampaignReport(campaign=name, start_time=to_stamp(time)) for name, time in shown]
        return report_pb2.ListCampaignReportsResponse(campaign_reports=reports, next_page_token=token)

    async def GetLedgerState(self, _request: Any, context: Any) -> Any:  # noqa: N802 - named by the proto
        """Give the state."""
        await self._take("GetLedgerState", context)
        return self.state

    async def FenceLedger(self, request: Any, context: Any) -> Any:  # noqa: N802 - named by the proto
        """Note the fence; every name was forgotten, and three campaigns become uncertain each time."""
        await self._take("FenceLedger", context)
        self.fences.append(request)
        return ledger_pb2.FenceLedgerResponse(refused_name_count=len(request.campaigns), uncertain_campaign_count=3)

    async def _take(self, method: str, context: Any) -> None:
        self.asked.append(method)
        if method == self.failing:
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, "No.")
        if ("authorization", "Bearer t") not in tuple(context.invocation_metadata()):
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, "Who?")


@asynccontextmanager
async def serve_fake_outreach() -> AsyncIterator[FakeOutreach]:
    """Serve it for the length of the `with` block."""
    outreach = FakeOutreach()  # type: ignore[abstract]  # it has what the command calls, no more
    server = grpc.aio.server()
    add_ChannelServiceServicer_to_server(outreach, server)
    add_ReportServiceServicer_to_server(outreach, server)
    add_LedgerServiceServicer_to_server(outreach, server)
    outreach.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    try:
        yield outreach
    finally:
        await server.stop(0)


def to_stamp(time: datetime) -> Timestamp:
    """Return a proto's time."""
    stamp = Timestamp()
    stamp.FromDatetime(time)
    return stamp


def _cut(entries: Sequence[PartT], page_token: str) -> tuple[Sequence[PartT], str]:
    start = int(page_token or 0)
    end = start + PAGE
    return entries[start:end], str(end) if end < len(entries) else ""
