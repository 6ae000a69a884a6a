"""Chapter 1: a channel, its audiences, its contact lists."""

from deploy.local.story.world import CHANNEL, LINE_CHANNEL, World, announce, await_value, expect, new_request_id, say
from outreach.audience.v1 import audience_pb2, channel_pb2, contact_list_pb2
from outreach.type.v1.count_pb2 import Count

LISTS = ("メルマガ会員", "購入者", "配信しない")
KINDS = {"UPLOAD", "CLICK", "IMP", "CHAT_TAG", "FRIEND_PATH", "WEBTRAFFIC"}


async def register(world: World) -> None:
    """Register the shop's Official Account and HubSpot portal, and read what both hold."""
    announce(1, "A channel is registered: the shop's LINE Official Account and its HubSpot")
    await _create_channel(world)
    await _read_audiences(world)
    await _bind_lists(world)


async def _create_channel(world: World) -> None:
    channel = channel_pb2.Channel(
        display_name="みどり商店",
        line_channel_id=LINE_CHANNEL,
        line_channel_secret="sandbox-line-secret-0001",  # noqa: S106 - opens nothing but the sandbox
        hubspot_access_token="pat-sandbox-demo-0001",  # noqa: S106 - opens nothing but the sandbox
        hubspot_line_id_property="line_user_id",
    )
    request = channel_pb2.CreateChannelRequest(channel_id="midori", channel=channel, request_id=new_request_id())
    created = await world.channels.CreateChannel(request)
    expect(created.state == channel_pb2.Channel.ACTIVE, "the channel is active")
    say(f"{created.name} 「{created.display_name}」 is ACTIVE: both vendors took the credentials")


async def _read_audiences(world: World) -> None:
    synced = await world.audiences.SyncAudiences(audience_pb2.SyncAudiencesRequest(parent=CHANNEL))
    listed = await world.audiences.ListAudiences(audience_pb2.ListAudiencesRequest(parent=CHANNEL))
    found = list(listed.audiences)
    say(f"LINE has {synced.audience_count} audiences:")
    for audience in found:
        kind = audience_pb2.Audience.Kind.Name(audience.kind)
        state = audience_pb2.Audience.State.Name(audience.state)
        size = f"{audience.size.value:>6,} {Count.State.Name(audience.size.state)}"
        say(f"  {kind:<12} {state:<12} {size:<16} {audience.display_name}")
    world.audience_names = {audience.display_name: audience.name for audience in found}
    expect({audience_pb2.Audience.Kind.Name(a.kind) for a in found} >= KINDS, "the six kinds are there")


async def _bind_lists(world: World) -> None:
    offered = await world.contact_lists.ListHubSpotLists(contact_list_pb2.ListHubSpotListsRequest(parent=CHANNEL))
    ids = {entry.display_name: entry.list_id for entry in offered.hubspot_lists}
    expect(set(LISTS) <= set(ids), "HubSpot offers the three lists")
    for title in LISTS:
        contact_list = contact_list_pb2.ContactList(hubspot_list_id=ids[title])
        bound = await world.contact_lists.CreateContactList(
            contact_list_pb2.CreateContactListRequest(
                parent=CHANNEL, contact_list=contact_list, request_id=new_request_id()
            )
        )
        world.list_names[title] = bound.name
    say("HubSpot's lists are bound and read; a contact without a LINE id can't be sent to:")
    for title in LISTS:
        await _await_list(world, title)


async def _await_list(world: World, title: str) -> None:
    request = contact_list_pb2.GetContactListRequest(name=world.list_names[title])
    ready = await await_value(
        lambda: world.contact_lists.GetContactList(request),
        lambda found: found.state == contact_list_pb2.ContactList.READY,
        f"{title} is read",
    )
    say(
        f"  {title}: {ready.contact_count:,} contacts, {ready.recipient_count:,} with a LINE id, "
        f"{ready.missing_count:,} without, {ready.malformed_count:,} malformed, {ready.duplicate_count:,} duplicate"
    )
    expect(ready.contact_count > 0, f"{title} holds contacts")
