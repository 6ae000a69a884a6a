"""Registering channels, over everything real but the vendors."""

from uuid import uuid4

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from outreach.audience.internal.v1.targeting_facts_pb2 import GetTargetingFactsRequest
from outreach.audience.v1.channel_pb2 import Channel, GetChannelRequest, ListChannelsRequest
from outreach_client.errors import RemoteError
from tests.integration.audience.serving import ACME, Api, Served, new_channel


async def test_created_channel(api: Api) -> None:
    """A channel whose credentials both vendors accept is ACTIVE, named as asked, and never shows its credentials."""
    created = await api.channels.CreateChannel(new_channel())
    read = await api.channels.GetChannel(GetChannelRequest(name=ACME))

    assert (created.name, created.state, created.time_zone) == (ACME, Channel.ACTIVE, "Asia/Tokyo")
    assert created.line_basic_id.startswith("@")
    assert (created.line_channel_secret, created.hubspot_access_token) == ("", "")
    assert read == created


@pytest.mark.parametrize(("given", "kept"), [(None, 86_400), (3_600, 3_600), (604_800, 604_800)])
async def test_order_lifetime(api: Api, delivery: Api, given: int | None, kept: int) -> None:
    """A channel keeps how long its orders may wait, 24 hours unless told otherwise, and shows it everywhere."""
    request = new_channel()
    if given is not None:
        request.channel.order_lifetime.seconds = given
    created = await api.channels.CreateChannel(request)
    read = await api.channels.GetChannel(GetChannelRequest(name=ACME))
    (listed,) = (await api.channels.ListChannels(ListChannelsRequest())).channels
    facts = await delivery.facts.GetTargetingFacts(GetTargetingFactsRequest(channel=ACME))

    shown = [known.order_lifetime for known in (created, read, listed, facts.channel)]
    assert shown == [Duration(seconds=kept)] * 4


@pytest.mark.parametrize(
    ("changes", "reason", "subject"),
    [
        ({"line_channel_secret": "wrong"}, "LINE_CREDENTIALS_REFUSED", "channel.line_channel_secret"),
        ({"line_channel_id": "2999999999"}, "LINE_CREDENTIALS_REFUSED", "channel.line_channel_secret"),
        ({"hubspot_access_token": "pat-wrong"}, "HUBSPOT_CREDENTIALS_REFUSED", "channel.hubspot_access_token"),
        ({"hubspot_line_id_property": "nothing"}, "HUBSPOT_PROPERTY_MISSING", "channel.hubspot_line_id_property"),
    ],
)
async def test_refused_credentials(api: Api, changes: dict[str, str], reason: str, subject: str) -> None:
    """Credentials that a vendor refuses are named with the field to correct, and nothing is stored."""
    with pytest.raises(RemoteError) as refused:
        await api.channels.CreateChannel(new_channel(**changes))
    listed = await api.channels.ListChannels(ListChannelsRequest())

    error = refused.value
    assert (error.code, error.reason) == (grpc.StatusCode.FAILED_PRECONDITION, reason)
    assert error.metadata["channel"] == ACME
    assert [violation.subject for violation in error.precondition_violations] == [subject]
    assert not any(secret in str(error) for secret in changes.values() if secret.startswith(("wrong", "pat-")))
    assert list(listed.channels) == []


async def test_repeated_request(api: Api) -> None:
    """A repetition gets the channel; the same request id with another body is refused."""
    request_id = str(uuid4())
    first = await api.channels.CreateChannel(new_channel(request_id=request_id))
    second = await api.channels.CreateChannel(new_channel(request_id=request_id.upper()))
    with pytest.raises(RemoteError) as reused:
        await api.channels.CreateChannel(new_channel(request_id=request_id, display_name="another"))

    assert second == first
    assert reused.value.reason == "REQUEST_ID_REUSED"


async def test_taken_names(api: Api, channel: str) -> None:
    """A taken id, and a LINE channel that is registered already, are each told apart; so does a trial run."""
    reasons = []
    for channel_id in ("acme", "other"):
        for validate_only in (False, True):
            request = new_channel(channel_id)
            request.validate_only = validate_only
            with pytest.raises(RemoteError) as taken:
                await api.channels.CreateChannel(request)
            reasons.append((taken.value.code, taken.value.reason))

    exists = grpc.StatusCode.ALREADY_EXISTS
    assert channel == ACME
    assert reasons == [(exists, "ALREADY_EXISTS")] * 2 + [(exists, "LINE_CHANNEL_TAKEN")] * 2


async def test_trial_run_stores_nothing(api: Api) -> None:
    """`validate_only` answers as if the channel were there, and stores nothing."""
    request = new_channel()
    request.validate_only = True
    tried = await api.channels.CreateChannel(request)
    with pytest.raises(RemoteError) as missing:
        await api.channels.GetChannel(GetChannelRequest(name=ACME))

    assert (tried.name, tried.state) == (ACME, Channel.ACTIVE)
    assert missing.value.reason == "NOT_FOUND"


async def test_listing_shows_what_the_caller_may_see(served: Served, api: Api, channel: str) -> None:
    """A caller of one channel sees that channel alone; pages follow each other by name."""
    async with served.call_as(scope="audience.read", channels=["other"]) as stranger:
        hidden = await stranger.channels.ListChannels(ListChannelsRequest())
    async with served.call_as(scope="audience.read", channels=["acme"]) as owner:
        shown = await owner.channels.ListChannels(ListChannelsRequest(page_size=1))
    everything = await api.channels.ListChannels(ListChannelsRequest(page_size=1))

    assert list(hidden.channels) == []
    assert [known.name for known in shown.channels] == [known.name for known in everything.channels] == [channel]
    assert (shown.next_page_token, everything.next_page_token) == ("", "")
