"""What the story's chapters share: stubs over gRPC, the sandbox's control face, and a voice."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from deploy.local.stack import Stack
from outreach.audience.v1.audience_pb2_grpc import AudienceServiceStub
from outreach.audience.v1.channel_pb2_grpc import ChannelServiceStub
from outreach.audience.v1.contact_list_pb2_grpc import ContactListServiceStub
from outreach.delivery.v1.campaign_pb2_grpc import CampaignServiceStub
from outreach.reporting.v1.report_pb2_grpc import ReportServiceStub
from outreach_client.channel import open_channel
from outreach_client.errors import RemoteError

CHANNEL = "channels/midori"
LINE_CHANNEL = "2000000001"
SCOPES = (
    "platform.admin",
    "audience.read",
    "audience.write",
    "campaign.read",
    "campaign.write",
    "campaign.send",
    "campaign.resolve",
    "report.read",
)

_PATIENCE_S = 30.0
_PAUSE_S = 0.2
_ANSWER_S = 10.0

ValueT = TypeVar("ValueT")


class StoryBrokenError(Exception):
    """Something did not go as the story says."""


def say(text: str) -> None:
    """Print a line of the story."""
    print(f"   {text}", flush=True)


def announce(number: int, title: str) -> None:
    """Print the heading of a chapter."""
    print(f"\n{number}. {title}", flush=True)


def expect(holds: bool, what: str) -> None:  # noqa: FBT001 - reads as a sentence
    """Go on only if `holds`."""
    if not holds:
        raise StoryBrokenError(f"expected: {what}")


async def await_value(ask: Callable[[], Awaitable[ValueT]], holds: Callable[[ValueT], bool], what: str) -> ValueT:
    """Ask until the answer is the one that is waited for."""
    loop = asyncio.get_running_loop()
    end = loop.time() + _PATIENCE_S
    while True:
        value = await ask()
        if holds(value):
            return value
        expect(loop.time() < end, f"{what}, within {_PATIENCE_S:.0f} s")
        await asyncio.sleep(_PAUSE_S)


async def expect_error(call: Awaitable[Any], reason: str) -> RemoteError:
    """Return the error of a call that must fail for `reason`."""
    try:
        await call
    except RemoteError as error:
        expect(error.reason == reason, f"{reason}, not {error.reason}")
        return error
    raise StoryBrokenError(f"expected: the call fails with {reason}")


def new_request_id() -> str:
    """Return a request id (AIP-155)."""
    return str(uuid.uuid4())


@dataclass(slots=True)
class World:
    """Everything that a chapter may use, and what earlier ones have found out."""

    stack: Stack
    channels: Any
    audiences: Any
    contact_lists: Any
    campaigns: Any
    reports: Any
    audience_names: dict[str, str] = field(default_factory=dict)
    """Names of audiences by what people call them."""
    list_names: dict[str, str] = field(default_factory=dict)
    """Names of contact lists by what people call them."""
    measured: str = ""
    """The campaign whose report is read."""

    def control(self, route: str, body: Mapping[str, Any] | None = None, **query: str) -> Any:
        """Call the sandbox's control face: POST with a body, GET without."""
        url = f"{self.stack.sandbox_url}/_control{route}" + (f"?{urlencode(query)}" if query else "")
        data = None if body is None else json.dumps(body).encode()
        request = Request(url, data, {"Content-Type": "application/json"})  # noqa: S310 - the sandbox on loopback
        with urlopen(request, timeout=_ANSWER_S) as answer:  # noqa: S310 - the sandbox on loopback
            return json.load(answer)

    def list_narrowcasts(self) -> list[dict[str, Any]]:
        """Return the narrowcasts that the sandbox has accepted, in order."""
        return list(self.control(f"/line/channels/{LINE_CHANNEL}/narrowcasts")["narrowcasts"])

    def count_narrowcast_calls(self) -> int:
        """Return how often LINE was asked for a narrowcast."""
        return len(self.control("/requests", path="/v2/bot/message/narrowcast")["requests"])


@asynccontextmanager
async def open_world(stack: Stack) -> AsyncIterator[World]:
    """Open a channel to each service, with a token of a platform team."""
    token = stack.token("user:demo", scopes=SCOPES)
    async with (
        open_channel(stack.addresses["audience"], token=token) as audience,
        open_channel(stack.addresses["delivery"], token=token) as delivery,
        open_channel(stack.addresses["reporting"], token=token) as reporting,
    ):
        yield World(
            stack,
            ChannelServiceStub(audience),
            AudienceServiceStub(audience),
            ContactListServiceStub(audience),
            CampaignServiceStub(delivery),
            ReportServiceStub(reporting),
        )
