"""`ChannelService` over the use cases of channels."""

from audience.application.channels import Channels
from audience.domain.channels import Channel
from audience.entrypoints.names import CHANNEL
from audience.entrypoints.translate_channels import read_new_channel, write_channel
from kit.callers import current_caller
from kit.errors import Violations
from kit.ids import Ids
from kit.rpc.requests import check_request_id, gathering, make_once, read_text_page
from outreach.audience.v1 import channel_pb2 as pb
from outreach.audience.v1.channel_pb2_grpc import ChannelServiceServicer


class ChannelServicer(ChannelServiceServicer):
    """Registers LINE Official Accounts and tells how they are."""

    def __init__(self, channels: Channels, *, ids: Ids) -> None:
        self._channels = channels
        self._ids = ids

    async def CreateChannel(self, request: pb.CreateChannelRequest, _context: object) -> pb.Channel:
        """Register a channel."""
        bad = Violations()
        check_request_id(bad, request)
        with gathering(bad):
            new = read_new_channel(request, generated_id=self._ids.resource_id())
        bad.raise_if_any()
        if request.validate_only:
            return write_channel(await self._channels.check(new))
        once = make_once("CreateChannel", request, request.request_id)
        return write_channel(await self._channels.create(new, once))

    async def GetChannel(self, request: pb.GetChannelRequest, _context: object) -> pb.Channel:
        """Return one channel."""
        CHANNEL.parse(request.name)
        return write_channel(await self._channels.get(request.name))

    async def ListChannels(self, request: pb.ListChannelsRequest, _context: object) -> pb.ListChannelsResponse:
        """Return a page of the channels that the caller may see, by name."""
        bad = Violations()
        page = read_text_page(bad, request, {"list": "channels"})
        bad.raise_if_any()
        found = await self._channels.page(among=_visible_channels(), after=page.after, size=page.size + 1)
        shown, token = page.cut(found, _name)
        return pb.ListChannelsResponse(channels=[write_channel(channel) for channel in shown], next_page_token=token)


def _visible_channels() -> frozenset[str] | None:
    """Return the names of the channels that are open to the caller; None for all."""
    caller = current_caller()
    if caller.sees_all_channels:
        return None
    return frozenset(f"channels/{channel_id}" for channel_id in caller.channels)


def _name(channel: Channel) -> str:
    return channel.name
