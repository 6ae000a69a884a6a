"""Reading LINE's audiences into the catalog, and the events that tell of it."""

import nats
from google.protobuf import json_format

from outreach.audience.v1 import audience_events_pb2
from outreach.audience.v1.audience_pb2 import (
    Audience,
    GetAudienceRequest,
    ListAudiencesRequest,
    SyncAudiencesRequest,
)
from outreach.type.v1.count_pb2 import Count
from outreach_client.events import event_types, read_event
from sandbox.app import RunningSandbox
from sandbox.world import CHANNEL_ID, PLANS
from tests.infrastructure.eventually import eventually
from tests.integration.audience.serving import ACME, Api

TYPES = event_types(audience_events_pb2)


async def test_sync(api: Api, channel: str) -> None:
    """A sync enters every audience that LINE has; a second one finds nothing new."""
    await api.audiences.SyncAudiences(SyncAudiencesRequest(parent=channel))
    again = await api.audiences.SyncAudiences(SyncAudiencesRequest(parent=channel))
    listed = await api.audiences.ListAudiences(ListAudiencesRequest(parent=channel))
    one = await api.audiences.GetAudience(GetAudienceRequest(name=listed.audiences[0].name))

    assert (again.audience_count, again.discovered_count, again.removed_count) == (len(PLANS), 0, 0)
    assert [entry.display_name for entry in listed.audiences] == [plan.name for plan in PLANS]
    assert one == listed.audiences[0]


async def test_sizes(api: Api, channel: str) -> None:
    """Sizes that LINE computes are rounded down to tens or hidden; those of chat tags and uploads are exact (V7)."""
    await api.audiences.SyncAudiences(SyncAudiencesRequest(parent=channel))
    listed = await api.audiences.ListAudiences(ListAudiencesRequest(parent=channel))

    computed = [entry.size for entry in listed.audiences if entry.kind not in (Audience.UPLOAD, Audience.CHAT_TAG)]
    exact = {entry.size.state for entry in listed.audiences if entry.kind in (Audience.UPLOAD, Audience.CHAT_TAG)}
    assert exact == {Count.EXACT}
    assert {size.state for size in computed} <= {Count.ROUNDED, Count.HIDDEN}
    assert all(size.value % 10 == 0 for size in computed)


async def test_filters_and_pages(api: Api, channel: str) -> None:
    """Pages follow each other by id within the filters."""
    await api.audiences.SyncAudiences(SyncAudiencesRequest(parent=channel))
    request = ListAudiencesRequest(parent=channel, page_size=1, kinds=[Audience.UPLOAD])
    first = await api.audiences.ListAudiences(request)
    request.page_token = first.next_page_token
    second = await api.audiences.ListAudiences(request)
    expired = await api.audiences.ListAudiences(ListAudiencesRequest(parent=channel, states=[Audience.EXPIRED]))

    names = [entry.display_name for page in (first, second) for entry in page.audiences]
    assert names == [plan.name for plan in PLANS if plan.kind == "UPLOAD"]
    assert second.next_page_token == ""
    assert [entry.display_name for entry in expired.audiences] == ["昨年のキャンペーン"]


async def test_removed_audience(api: Api, channel: str, sandbox: RunningSandbox) -> None:
    """An audience that is gone from LINE is REMOVED, and listed only when asked for."""
    await api.audiences.SyncAudiences(SyncAudiencesRequest(parent=channel))
    audiences = sandbox.state.line.channels[CHANNEL_ID].account.audiences
    number = next(iter(audiences))
    del audiences[number]
    result = await api.audiences.SyncAudiences(SyncAudiencesRequest(parent=channel))
    listed = await api.audiences.ListAudiences(ListAudiencesRequest(parent=channel))
    removed = await api.audiences.ListAudiences(ListAudiencesRequest(parent=channel, states=[Audience.REMOVED]))

    assert (result.audience_count, result.removed_count) == (len(PLANS) - 1, 1)
    assert len(listed.audiences) == len(PLANS) - 1
    assert [entry.name for entry in removed.audiences] == [f"{ACME}/audiences/{number}"]


async def test_events(api: Api, channel: str, nats_url: str) -> None:
    """Registering and syncing are told on the bus, on the channel's subjects, without anybody's secrets."""
    await api.audiences.SyncAudiences(SyncAudiencesRequest(parent=channel))
    usable = await api.audiences.ListAudiences(ListAudiencesRequest(parent=channel, states=[Audience.READY]))
    ready = len(usable.audiences)
    connection = await nats.connect(nats_url)
    jetstream = connection.jetstream()

    async def stored() -> bool:
        return (await jetstream.stream_info("audience")).state.messages == 1 + len(PLANS) + ready

    await eventually(stored)
    subscription = await jetstream.pull_subscribe("outreach.audience.v1.>", stream="audience")
    messages = await subscription.fetch(100, timeout=2)
    events = [read_event(message.subject, message.headers, message.data, TYPES) for message in messages]
    await connection.close()

    kinds = [envelope.type.rpartition(".")[2] for envelope, _ in events]
    assert events[0][0].subject == "outreach.audience.v1.acme.channel.created"
    assert (kinds.count("ChannelCreated"), kinds.count("AudienceDiscovered")) == (1, len(PLANS))
    assert kinds.count("AudienceReady") == ready > 0
    assert not any("secret" in json_format.MessageToJson(event) for _, event in events)
