"""A stage for floods and chaos: the whole product with replicas of delivery, and many small Official Accounts."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import cycle
from typing import Any

from deploy.local.stack import Stack
from outreach.audience.v1 import audience_pb2, channel_pb2, contact_list_pb2
from outreach.audience.v1.audience_pb2_grpc import AudienceServiceStub
from outreach.audience.v1.channel_pb2_grpc import ChannelServiceStub
from outreach.audience.v1.contact_list_pb2_grpc import ContactListServiceStub
from outreach.delivery.v1.campaign_pb2_grpc import CampaignServiceStub
from outreach_client.channel import open_channel
from tests.chaos.vendor import Vendor
from tests.infrastructure.eventually import eventually

SCOPES = ("platform.admin", "audience.read", "audience.write", "campaign.read", "campaign.write", "campaign.send")
SCOPES_OF_AN_OPERATOR = (*SCOPES, "campaign.resolve", "report.read")

FRIENDS = 300
"""Friends of an account; its one audience holds all that can be reached, enough for every minimum of LINE."""

_FIRST_LINE_CHANNEL = 2_100_000_000
_CONTACTS = 5
_TOKEN_LIFE = timedelta(hours=12)
_START_S = 60.0
_PAUSE_S = 0.1


@dataclass(frozen=True, slots=True)
class Account:
    """One Official Account and its channel, with what a campaign needs to name."""

    line_channel: str
    """LINE's id of the channel, by which the vendor's side names the account."""
    channel: str
    """`channels/{channel}`."""
    audience: str
    """`channels/{channel}/audiences/{audience}`."""
    contact_list: str
    """`channels/{channel}/contactLists/{contact_list}`."""


@dataclass(slots=True)
class Stage:
    """What a test has in hand; names of replicas are those of the stack, the first one is `delivery`."""

    stack: Stack
    vendor: Vendor
    channels: Any
    audiences: Any
    contact_lists: Any
    campaigns: dict[str, Any]
    """A stub of CampaignService for each replica of delivery, keyed by the replica's name."""
    accounts: list[Account] = field(default_factory=list)
    _turns: Any = None

    def next_campaigns(self) -> Any:
        """Return the stub of the replica whose turn it is, as a load balancer would."""
        if self._turns is None:
            self._turns = cycle(self.campaigns.values())
        return next(self._turns)

    def freeze(self, replica: str) -> None:
        """Let a replica stand still (SIGSTOP)."""
        self.stack.process(replica).freeze()

    def thaw(self, replica: str) -> None:
        """Let a frozen replica go on (SIGCONT)."""
        self.stack.process(replica).thaw()

    def kill(self, service: str) -> None:
        """End a replica, or any service, as a crash would (SIGKILL)."""
        self.stack.kill(service)

    async def stop(self, service: str, *, seconds: float = 30.0) -> None:
        """Ask a service to end in good order (SIGTERM), while the test's other calls go on; kill it after `seconds`."""
        process = self.stack.process(service)
        process.request_stop()
        try:
            await eventually(lambda: process.pid is None, deadline=seconds, pause=_PAUSE_S)
        finally:
            process.kill()

    async def start(self, service: str) -> None:
        """Start a service again, while the test's other calls go on, and return once it serves."""
        process = self.stack.process(service)
        process.spawn()
        await eventually(lambda: asyncio.to_thread(process.is_ready), deadline=_START_S, pause=_PAUSE_S)

    def move_clocks(self, span: timedelta) -> None:
        """Move business time forward, LINE's and ours."""
        self.stack.clock.advance(span)

    async def add_accounts(self, count: int, *, order_lifetime: timedelta | None = None) -> list[Account]:
        """Register Official Accounts through the public API, each with one audience and one contact list.

        They share one HubSpot account of few contacts, whose list is bound to each channel.

        Args:
            count: how many.
            order_lifetime: of their channels; None leaves it at its default.

        """
        first = len(self.vendor.control("/line/channels")["channels"])
        token = f"pat-stage-{uuid.uuid4().hex}"
        hub = self.vendor.control("/hubspot/accounts", {"token": token})["hubId"]
        lists = [{"name": "顧客", "share": 1.0}]
        self.vendor.control(f"/hubspot/accounts/{hub}/generated-contacts", {"count": _CONTACTS, "lists": lists})
        names = [str(_FIRST_LINE_CHANNEL + first + number) for number in range(count)]
        for name in names:
            self._open_account(name)
        added = await asyncio.gather(*(self._register(name, token, order_lifetime) for name in names))
        self.accounts += added
        return added

    def _open_account(self, line_channel: str) -> None:
        self.vendor.control("/line/channels", {"channel_id": line_channel, "secret": _secret_of(line_channel)})
        base = f"/line/channels/{line_channel}"
        self.vendor.control(f"{base}/friends", {"count": FRIENDS, "shares": {"unknown": 0.0, "blocked": 0.0}})
        self.vendor.control(f"{base}/audiences", {"kind": "UPLOAD", "name": "全員"})

    async def _register(self, line_channel: str, hubspot_token: str, order_lifetime: timedelta | None) -> Account:
        channel = channel_pb2.Channel(
            display_name=f"店舗 {line_channel}",
            line_channel_id=line_channel,
            line_channel_secret=_secret_of(line_channel),
            hubspot_access_token=hubspot_token,
            hubspot_line_id_property="line_user_id",
        )
        if order_lifetime is not None:
            channel.order_lifetime.FromTimedelta(order_lifetime)
        created = await self.channels.CreateChannel(
            channel_pb2.CreateChannelRequest(
                channel_id=f"shop-{line_channel}", channel=channel, request_id=new_request_id()
            )
        )
        await self.audiences.SyncAudiences(audience_pb2.SyncAudiencesRequest(parent=created.name))
        listed = await self.audiences.ListAudiences(audience_pb2.ListAudiencesRequest(parent=created.name))
        offered = await self.contact_lists.ListHubSpotLists(
            contact_list_pb2.ListHubSpotListsRequest(parent=created.name)
        )
        bound = await self.contact_lists.CreateContactList(
            contact_list_pb2.CreateContactListRequest(
                parent=created.name,
                contact_list=contact_list_pb2.ContactList(hubspot_list_id=offered.hubspot_lists[0].list_id),
                request_id=new_request_id(),
            )
        )
        return Account(line_channel, created.name, listed.audiences[0].name, bound.name)


def new_request_id() -> str:
    """Return a request id (AIP-155)."""
    return str(uuid.uuid4())


def _secret_of(line_channel: str) -> str:
    return f"secret-of-{line_channel}"


@asynccontextmanager
async def open_stage(
    stack: Stack, *, replicas: int = 2, scopes: Iterable[str] = SCOPES_OF_AN_OPERATOR
) -> AsyncIterator[Stage]:
    """Set a running stack with `replicas` of delivery, and leave it afterwards with one, healthy and with LINE's speed.

    Business time that a test has moved stays where it is.
    """
    further = [stack.replicate("delivery") for _ in range(replicas - 1)]
    vendor = Vendor(stack.sandbox_url)
    usual = vendor.control("/line/settings")
    token = stack.token("user:stage", scopes=scopes, lifetime=_TOKEN_LIFE)
    try:
        async with AsyncExitStack() as opened:
            audience = await opened.enter_async_context(open_channel(stack.addresses["audience"], token=token))
            delivery = {
                name: await opened.enter_async_context(open_channel(stack.addresses[name], token=token))
                for name in ("delivery", *further)
            }
            yield Stage(
                stack,
                vendor,
                ChannelServiceStub(audience),
                AudienceServiceStub(audience),
                ContactListServiceStub(audience),
                {name: CampaignServiceStub(channel) for name, channel in delivery.items()},
            )
    finally:
        vendor.heal()
        vendor.switch(**usual)
        for name in further:
            stack.dismiss(name)
        stack.process("delivery").thaw()
        stack.start("delivery")
