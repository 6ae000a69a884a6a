"""What the delivery service asks: LINE tokens and facts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from sqlalchemy import select

from audience.adapters.tables import TOKEN_ISSUES
from kit.store.engine import open_database
from outreach.audience.internal.v1.line_token_pb2 import IssueLineTokenRequest
from outreach.audience.internal.v1.targeting_facts_pb2 import AudienceFacts, GetTargetingFactsRequest
from outreach.audience.v1.audience_pb2 import Audience, ListAudiencesRequest, SyncAudiencesRequest
from outreach.audience.v1.channel_pb2 import Channel, GetChannelRequest
from outreach_client.errors import RemoteError
from sandbox.app import RunningSandbox
from sandbox.faults import Fault
from sandbox.world import BOT_USER_ID, CHANNEL_ID, PLANS
from tests.integration.audience.serving import SCOPES, Api, Served, new_channel
from tests.integration.audience.test_contact_lists import await_end_of_sync, bind, find


async def test_line_token(delivery: Api, channel: str, database_url: str) -> None:
    """The delivery service gets a token of at most 15 minutes, and the issue is on record."""
    issued = await delivery.tokens.IssueLineToken(IssueLineTokenRequest(channel=channel))
    database = open_database(database_url, application_name="test")
    async with database.reader.connect() as connection:
        rows = (await connection.execute(select(TOKEN_ISSUES.c.channel, TOKEN_ISSUES.c.caller))).all()
    await database.close()

    left = issued.expire_time.ToDatetime(UTC) - datetime.now(UTC)
    assert issued.access_token
    assert timedelta(minutes=13) < left <= timedelta(minutes=15)
    assert [tuple(row) for row in rows] == [(channel, "service:delivery")]


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "service:reporting", "scope": "internal", "channels": "*"},
        {"sub": "user:delivery", "scope": "internal", "channels": "*"},
        {"sub": "service:delivery", "scope": SCOPES, "channels": "*"},
    ],
)
async def test_tokens_are_for_delivery_alone(served: Served, channel: str, claims: dict[str, Any]) -> None:
    """Nobody but the delivery service gets a token or facts."""
    codes = set()
    async with served.call_as(**claims) as stranger:
        for call in (
            stranger.tokens.IssueLineToken(IssueLineTokenRequest(channel=channel)),
            stranger.facts.GetTargetingFacts(GetTargetingFactsRequest(channel=channel)),
        ):
            with pytest.raises(RemoteError) as refused:
                await call
            codes.add(refused.value.code)

    assert codes == {grpc.StatusCode.PERMISSION_DENIED}


async def test_facts(api: Api, delivery: Api, channel: str) -> None:
    """Facts hold the channel, raw and published sizes, job states and lists; what is unknown is absent."""
    await api.audiences.SyncAudiences(SyncAudiencesRequest(parent=channel))
    listed = await api.audiences.ListAudiences(ListAudiencesRequest(parent=channel))
    bound = await bind(api, channel, await find(api, channel, "購入者"))
    read = await await_end_of_sync(api, bound.name)
    request = GetTargetingFactsRequest(
        channel=channel,
        audiences=[*(entry.name for entry in listed.audiences), f"{channel}/audiences/1"],
        contact_lists=[bound.name, f"{channel}/contactLists/999999"],
    )
    facts = await delivery.facts.GetTargetingFacts(request)

    audiences = {fact.audience: fact for fact in facts.audiences}
    assert (facts.channel.channel, facts.channel.state) == (channel, Channel.ACTIVE)
    assert (facts.channel.time_zone, facts.channel.area_prefix) == ("Asia/Tokyo", "jp")
    assert facts.channel.bot_user_id == BOT_USER_ID
    assert facts.channel.reach > 0
    assert len(facts.channel.reach_date) == 8
    assert set(audiences) == {entry.name for entry in listed.audiences}
    assert {(fact.jobs, fact.jobs_unfinished) for fact in audiences.values()} == {(AudienceFacts.FINISHED, False)}
    assert all(fact.exact == (fact.kind in (Audience.UPLOAD, Audience.CHAT_TAG)) for fact in audiences.values())
    assert all(audiences[entry.name].published_size == entry.size for entry in listed.audiences)
    assert [fact.contact_list for fact in facts.contact_lists] == [bound.name]
    assert facts.contact_lists[0].recipient_count == read.recipient_count


async def test_audience_that_nobody_knows(api: Api, delivery: Api, sandbox: RunningSandbox) -> None:
    """Of an audience that the catalog lacks nothing is told but its name, unless LINE's audiences were read whole."""
    sandbox.state.faults.add(Fault("/v2/bot/audienceGroup/*", "answer", times=None, status=500))
    channel = await api.channels.CreateChannel(new_channel())
    name = f"{channel.name}/audiences/1"
    facts = await delivery.facts.GetTargetingFacts(GetTargetingFactsRequest(channel=channel.name, audiences=[name]))

    assert list(facts.audiences) == [AudienceFacts(audience=name, jobs_unfinished=True)]


async def test_facts_while_line_refuses(api: Api, delivery: Api, channel: str, sandbox: RunningSandbox) -> None:
    """A channel that LINE refuses is IMPAIRED for everybody, and facts come with the age that they have."""
    await api.audiences.SyncAudiences(SyncAudiencesRequest(parent=channel))
    listed = await api.audiences.ListAudiences(ListAudiencesRequest(parent=channel))
    del sandbox.state.line.channels[CHANNEL_ID]
    with pytest.raises(RemoteError) as refused:
        await delivery.tokens.IssueLineToken(IssueLineTokenRequest(channel=channel))
    names = [entry.name for entry in listed.audiences]
    facts = await delivery.facts.GetTargetingFacts(GetTargetingFactsRequest(channel=channel, audiences=names))
    shown = await api.channels.GetChannel(GetChannelRequest(name=channel))

    assert refused.value.reason == "LINE_CREDENTIALS_REFUSED"
    assert refused.value.metadata == {"channel": channel}
    assert facts.channel.state == shown.state == Channel.IMPAIRED
    assert [problem.reason for problem in shown.problems] == [Channel.Problem.LINE_CREDENTIALS_REFUSED]
    assert len(facts.audiences) == len(PLANS)
    unknown = {(fact.jobs, fact.jobs_unfinished) for fact in facts.audiences if fact.kind == Audience.UPLOAD}
    assert unknown == {(AudienceFacts.JOBS_UNSPECIFIED, True)}
