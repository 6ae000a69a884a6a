"""The services that the operator's command calls, and how it reaches them."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc

from outreach.audience.v1.channel_pb2_grpc import ChannelServiceStub
from outreach.delivery.v1.ledger_pb2_grpc import LedgerServiceStub
from outreach.reporting.v1.report_pb2_grpc import ReportServiceStub
from outreach_client.channel import open_channel


class AccessError(Exception):
    """The services can't be called with what was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How the services are reached.

    Attributes:
        audience: address of the audience service, `host:port`; likewise `delivery` and `reporting`.
        token: the operator's bearer token, of all channels, with the scopes that the command names.
        ca_file: PEM certificates of the authorities that the services are checked against; None = plain text, which is
            for this machine only.

    """

    audience: str
    delivery: str
    reporting: str
    token: str
    ca_file: Path | None = None


class Services:
    """Stubs of what is called."""

    def __init__(self, *, audience: grpc.aio.Channel, delivery: grpc.aio.Channel, reporting: grpc.aio.Channel) -> None:
        self.channels = ChannelServiceStub(audience)
        self.ledger = LedgerServiceStub(delivery)
        self.reports = ReportServiceStub(reporting)


@asynccontextmanager
async def open_services(access: Access) -> AsyncIterator[Services]:
    """Open channels to the services, and close them at the end.

    Raises:
        AccessError: the certificates can't be read, or the token would travel to another machine in plain text.

    """
    async with AsyncExitStack() as stack:
        try:
            channels = _open_channels(access)
        except (OSError, ValueError) as error:
            raise AccessError(str(error)) from error
        audience, delivery, reporting = [await stack.enter_async_context(channel) for channel in channels]
        yield Services(audience=audience, delivery=delivery, reporting=reporting)


def _open_channels(access: Access) -> list[grpc.aio.Channel]:
    authorities = None if access.ca_file is None else access.ca_file.read_bytes()
    credentials = None if authorities is None else grpc.ssl_channel_credentials(authorities)
    return [
        open_channel(address, token=access.token, credentials=credentials)
        for address in (access.audience, access.delivery, access.reporting)
    ]
