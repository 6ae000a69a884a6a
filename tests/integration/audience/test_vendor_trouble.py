"""What callers see when LINE and HubSpot answer what they should not: never a fault of ours (requirement N4)."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any
from uuid import uuid4

import grpc
import pytest
import stamina

from outreach.audience.internal.v1.line_token_pb2 import IssueLineTokenRequest
from outreach.audience.internal.v1.targeting_facts_pb2 import AudienceFacts, GetTargetingFactsRequest
from outreach.audience.v1.audience_pb2 import Audience, ListAudiencesRequest, SyncAudiencesRequest
from outreach.audience.v1.channel_pb2 import Channel, GetChannelRequest
from outreach.audience.v1.contact_list_pb2 import ContactList, CreateContactListRequest, ListHubSpotListsRequest
from outreach_client.errors import RemoteError
from sandbox.app import RunningSandbox
from sandbox.faults import Fault
from sandbox.world import CHANNEL_ID, PLANS
from tests.integration.audience.serving import ACME, SCOPES, Api, Served, new_channel

LIST = "/v2/bot/audienceGroup/list"
SINGLE = "/v2/bot/audienceGroup/[0-9]*"
Call = Callable[[Api, Api], Awaitable[Any]]

# Refusals come last: after one, LINE is not asked for a token for a while.
STATUSES: list[tuple[int, Any]] = [
    (404, {"message": "Not found", "category": "OBJECT_NOT_FOUND"}),
    (404, "<html>"),
    (409, {"message": "conflict"}),
    (413, "<html>"),
    (429, {"message": "The API rate limit has been exceeded. Try again later. SECONDLY"}),
    (477, {}),
    (500, "<html>"),
    (302, ""),
    (200, "<html>"),
    (200, ["a"]),
    (200, {}),
    (200, {"audienceGroups": "x", "hasNextPage": 1, "access_token": 7, "list": [], "lists": {}, "results": 3}),
    (200, {"message": "\ud83d", "userId": "\ud83d\0", "basicId": "\ud83d", "displayName": ""}),
    (400, {"message": "bad"}),
    (401, {"message": "no"}),
    (403, {"message": "no", "category": "MISSING_SCOPES"}),
    (403, "<html>"),
]

CALLS: dict[str, Call] = {
    "CreateChannel": lambda api, _: api.channels.CreateChannel(new_channel("other", line_channel_id="2000000009")),
    "SyncAudiences": lambda api, _: api.audiences.SyncAudiences(SyncAudiencesRequest(parent=ACME)),
    "ListHubSpotLists": lambda api, _: api.contact_lists.ListHubSpotLists(ListHubSpotListsRequest(parent=ACME)),
    "CreateContactList": lambda api, _: api.contact_lists.CreateContactList(
        CreateContactListRequest(parent=ACME, contact_list=ContactList(hubspot_list_id="1"), request_id=str(uuid4()))
    ),
    "IssueLineToken": lambda _, delivery: delivery.tokens.IssueLineToken(IssueLineTokenRequest(channel=ACME)),
    "GetTargetingFacts": lambda _, delivery: delivery.facts.GetTargetingFacts(
        GetTargetingFactsRequest(channel=ACME, audiences=[f"{ACME}/audiences/5000000000001"])
    ),
}


@pytest.fixture(autouse=True)
def _no_pauses() -> Iterator[None]:
    """Repetitions come without a pause, and there are few."""
    with stamina.set_testing(True, attempts=2, cap=True):
        yield


@pytest.fixture
async def api(served: Served) -> AsyncIterator[Api]:
    """Give stubs for a caller who may do everything public, and repeats nothing."""
    async with served.call_as(repeats=False, scope=SCOPES, channels="*") as api:
        yield api


@pytest.fixture
async def delivery(served: Served) -> AsyncIterator[Api]:
    """Give stubs for the delivery service."""
    async with served.call_as(repeats=False, sub="service:delivery", scope="internal", channels="*") as api:
        yield api


async def describe(call: Awaitable[Any]) -> tuple[grpc.StatusCode, str]:
    """Make a call; return its code and reason."""
    try:
        await call
    except RemoteError as error:
        return error.code, error.reason
    return grpc.StatusCode.OK, ""


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("CreateChannel", "*"),
        ("CreateChannel", "/v2/*"),
        ("SyncAudiences", "*"),
        ("SyncAudiences", "/v2/*"),
        ("SyncAudiences", "/v2/bot/audienceGroup/shared/*"),
        ("ListHubSpotLists", "*"),
        ("CreateContactList", "*"),
        ("IssueLineToken", "*"),
        ("GetTargetingFacts", "*"),
        ("GetTargetingFacts", "/v2/*"),
    ],
)
async def test_whatever_vendors_answer(
    api: Api, delivery: Api, channel: str, sandbox: RunningSandbox, name: str, path: str
) -> None:
    """No answer of LINE or HubSpot, to whatever call, is a fault of the service."""
    await api.audiences.SyncAudiences(SyncAudiencesRequest(parent=channel))
    told = {}
    for number, (status, body) in enumerate(STATUSES):
        sandbox.state.faults.clear()
        sandbox.state.faults.add(Fault(path, "answer", times=None, status=status, body=body))
        told[number, status] = await describe(CALLS[name](api, delivery))

    bugs = {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.DEADLINE_EXCEEDED}
    assert {answer: code for answer, (code, _) in told.items() if code in bugs} == {}


@pytest.mark.parametrize("path", ["/oauth2/v3/token", "/v2/bot/info"])
async def test_not_found_on_create(api: Api, sandbox: RunningSandbox, path: str) -> None:
    """LINE's 404 while a channel is registered is no answer, and nothing is stored."""
    sandbox.state.faults.add(Fault(path, "answer", status=404, body={"message": "Not found"}))
    with pytest.raises(RemoteError) as failed:
        await api.channels.CreateChannel(new_channel())
    created = await api.channels.CreateChannel(new_channel())

    assert (failed.value.code, failed.value.reason) == (grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE")
    assert failed.value.metadata == {"dependency": "line"}
    assert created.name == ACME


@pytest.mark.parametrize(
    ("fault", "code", "reason", "failure"),
    [
        ({"status": 404, "body": "<html>"}, grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE", "LINE_UNAVAILABLE"),
        (
            {"status": 429, "body": {"message": "The API rate limit has been exceeded. Try again later."}},
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            "LINE_RATE_LIMITED",
            "LINE_RATE_LIMITED",
        ),
        (
            {"status": 403, "body": {"message": "Access to this API is not available for your account"}},
            grpc.StatusCode.FAILED_PRECONDITION,
            "LINE_AUDIENCES_FORBIDDEN",
            "LINE_AUDIENCES_FORBIDDEN",
        ),
    ],
)
async def test_sync_that_fails(
    api: Api,
    channel: str,
    sandbox: RunningSandbox,
    fault: dict[str, Any],
    code: grpc.StatusCode,
    reason: str,
    failure: str,
) -> None:
    """A sync that LINE does not let come to its end says why, and so does the channel until the next one succeeds."""
    await api.audiences.SyncAudiences(SyncAudiencesRequest(parent=channel))
    sandbox.state.faults.add(Fault(LIST, "answer", times=None, **fault))
    with pytest.raises(RemoteError) as failed:
        await api.audiences.SyncAudiences(SyncAudiencesRequest(parent=channel))
    failing = (await api.channels.GetChannel(GetChannelRequest(name=channel))).audience_sync
    sandbox.state.faults.clear()
    await api.audiences.SyncAudiences(SyncAudiencesRequest(parent=channel))
    mended = await api.channels.GetChannel(GetChannelRequest(name=channel))

    assert (failed.value.code, failed.value.reason) == (code, reason)
    assert (failed.value.retry_after is not None) == (reason != "UNAVAILABLE")
    assert Channel.AudienceSync.Failure.Name(failing.failure) == failure
    assert failing.HasField("sync_time")
    assert failing.next_sync_time.ToDatetime() > failing.failure_time.ToDatetime()
    assert (mended.state, mended.audience_sync.failure) == (Channel.ACTIVE, Channel.AudienceSync.FAILURE_UNSPECIFIED)
    assert not mended.audience_sync.HasField("failure_time")


async def test_half_an_emoji(api: Api, channel: str, sandbox: RunningSandbox) -> None:
    """Half an emoji in one name, and an entry that can't be read, leave all others fresh; both show."""
    known = sandbox.state.line.channels[CHANNEL_ID].account.audiences
    groups = [describe_group(number, "half \ud83d") for number in known]
    groups[1]["audienceCount"] = "many"
    page = {"audienceGroups": groups, "hasNextPage": False}
    sandbox.state.faults.add(Fault(LIST, "answer", times=None, status=200, body=page))
    result = await api.audiences.SyncAudiences(SyncAudiencesRequest(parent=channel))
    listed = await api.audiences.ListAudiences(ListAudiencesRequest(parent=channel))
    shown = await api.channels.GetChannel(GetChannelRequest(name=channel))

    assert (result.audience_count, result.unreadable_count) == (len(PLANS) - 1, 1)
    assert {entry.display_name for entry in listed.audiences} >= {"half \N{REPLACEMENT CHARACTER}"}
    assert shown.audience_sync.unreadable_count == 1
    assert shown.state == Channel.ACTIVE


async def test_many_deleted_at_once(api: Api, channel: str, sandbox: RunningSandbox) -> None:
    """Missing audiences are asked for within LINE's limit; what is left is told, and kept as it was known."""
    audiences = sandbox.state.line.channels[CHANNEL_ID].account.audiences
    groups = [describe_group(number, "x") for number in range(6_000_000_000_000, 6_000_000_000_300)]
    page = {"audienceGroups": groups, "hasNextPage": False}
    sandbox.state.faults.add(Fault(LIST, "answer", status=200, body=page))
    await api.audiences.SyncAudiences(SyncAudiencesRequest(parent=channel))
    sandbox.state.journal.clear()
    result = await api.audiences.SyncAudiences(SyncAudiencesRequest(parent=channel))
    removed = await api.audiences.ListAudiences(ListAudiencesRequest(parent=channel, states=[Audience.REMOVED]))
    shown = await api.channels.GetChannel(GetChannelRequest(name=channel))

    assert result.removed_count == len(removed.audiences) > 0
    assert result.removed_count + result.unchecked_count == 300
    assert shown.audience_sync.unchecked_count == result.unchecked_count
    assert result.audience_count == len(audiences)


async def test_limit_during_facts(api: Api, delivery: Api, channel: str, sandbox: RunningSandbox) -> None:
    """One answer of 429 leaves an upload's jobs unknown, not unfinished, and its facts as old as they are."""
    await api.audiences.SyncAudiences(SyncAudiencesRequest(parent=channel))
    uploads = await api.audiences.ListAudiences(ListAudiencesRequest(parent=channel, kinds=[Audience.UPLOAD]))
    sandbox.state.faults.add(Fault.from_json({"path": SINGLE, "answer": "line_rate_limit"}))
    request = GetTargetingFactsRequest(channel=channel, audiences=[uploads.audiences[0].name])
    (limited,) = (await delivery.facts.GetTargetingFacts(request)).audiences

    assert limited.jobs == AudienceFacts.JOBS_UNSPECIFIED
    assert limited.observe_time == uploads.audiences[0].sync_time


def describe_group(number: int, name: str) -> dict[str, Any]:
    """Return an audience as LINE writes it."""
    return {
        "audienceGroupId": number,
        "createRoute": "OA_MANAGER",
        "type": "CLICK",
        "description": name,
        "status": "READY",
        "audienceCount": 120,
        "created": 1_700_000_000,
        "permission": "READ",
        "isIfaAudience": False,
    }
