"""Requests that must fail, and how; none of them may be a fault of the service (requirement N4)."""

import time
from typing import Any
from uuid import uuid4

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from outreach.audience.internal.v1.line_token_pb2 import IssueLineTokenRequest
from outreach.audience.internal.v1.targeting_facts_pb2 import GetTargetingFactsRequest
from outreach.audience.v1.audience_pb2 import (
    Audience,
    GetAudienceRequest,
    ListAudiencesRequest,
    SyncAudiencesRequest,
)
from outreach.audience.v1.channel_pb2 import CreateChannelRequest, GetChannelRequest, ListChannelsRequest
from outreach.audience.v1.contact_list_pb2 import (
    ContactList,
    CreateContactListRequest,
    GetContactListRequest,
    ListContactListsRequest,
    ListHubSpotListsRequest,
    SyncContactListRequest,
)
from outreach_client.errors import RemoteError
from tests.integration.audience.serving import ACME, SCOPES, Api, Served, make_api, new_channel

NAMES = ("", "acme", "channels/", "channels/A", "channels/acme/", "channels/ac\0me", "channels/../x", "チャネル")
REQUEST_ID = str(uuid4())
UNKNOWN_KINDS: Any = [Audience.UPLOAD, 99]


def find_method(api: Api, path: str) -> Any:
    """Return the call of `service.Method`."""
    service, _, method = path.partition(".")
    return getattr(getattr(api, service), method)


async def fail(api: Api, path: str, request: Any) -> RemoteError:
    """Make a call that must fail, and return how."""
    with pytest.raises(RemoteError) as failed:
        await find_method(api, path)(request)
    return failed.value


MALFORMED: list[tuple[str, Any, set[str]]] = [
    *[("channels.GetChannel", GetChannelRequest(name=name), {"name"}) for name in NAMES],
    *[("audiences.SyncAudiences", SyncAudiencesRequest(parent=name), {"parent"}) for name in NAMES],
    ("channels.GetChannel", GetChannelRequest(name=f"{ACME}/audiences/1"), {"name"}),
    ("channels.ListChannels", ListChannelsRequest(page_size=-1, page_token="x"), {"page_size", "page_token"}),
    ("audiences.GetAudience", GetAudienceRequest(name=f"{ACME}/audiences/abc"), {"name"}),
    ("audiences.GetAudience", GetAudienceRequest(name=f"{ACME}/audiences/0"), {"name"}),
    ("audiences.GetAudience", GetAudienceRequest(name=f"{ACME}/audiences/{'9' * 19}"), {"name"}),
    ("audiences.GetAudience", GetAudienceRequest(name=f"{ACME}/contactLists/1"), {"name"}),
    ("audiences.ListAudiences", ListAudiencesRequest(parent=f"{ACME}/audiences/1"), {"parent"}),
    ("audiences.ListAudiences", ListAudiencesRequest(parent=ACME, page_token="WzEsIngiXQ"), {"page_token"}),
    (
        "audiences.ListAudiences",
        ListAudiencesRequest(parent=ACME, page_size=-5, kinds=UNKNOWN_KINDS, states=[Audience.STATE_UNSPECIFIED]),
        {"page_size", "kinds[1]", "states[0]"},
    ),
    ("contact_lists.ListHubSpotLists", ListHubSpotListsRequest(parent=ACME, query="a" * 201), {"query"}),
    ("contact_lists.ListHubSpotLists", ListHubSpotListsRequest(parent=ACME, page_token="\0"), {"page_token"}),
    ("contact_lists.ListContactLists", ListContactListsRequest(parent=ACME, page_size=-1), {"page_size"}),
    ("contact_lists.GetContactList", GetContactListRequest(name=f"{ACME}/contactLists/01"), {"name"}),
    ("contact_lists.SyncContactList", SyncContactListRequest(name=f"{ACME}/contactLists/x"), {"name"}),
    (
        "contact_lists.CreateContactList",
        CreateContactListRequest(parent=ACME),
        {"request_id", "contact_list.hubspot_list_id"},
    ),
    (
        "contact_lists.CreateContactList",
        CreateContactListRequest(
            parent=f"{ACME}/x", request_id=REQUEST_ID, contact_list=ContactList(hubspot_list_id="1/../2")
        ),
        {"parent", "contact_list.hubspot_list_id"},
    ),
    (
        "channels.CreateChannel",
        CreateChannelRequest(),
        {
            "request_id",
            "channel.display_name",
            "channel.line_channel_id",
            "channel.line_channel_secret",
            "channel.hubspot_access_token",
            "channel.hubspot_line_id_property",
        },
    ),
    ("channels.CreateChannel", new_channel("Acme"), {"channel_id"}),
    ("channels.CreateChannel", new_channel(request_id="1"), {"request_id"}),
    ("channels.CreateChannel", new_channel(display_name="a\0b"), {"channel.display_name"}),
    ("channels.CreateChannel", new_channel(display_name="a" * 101), {"channel.display_name"}),
    ("channels.CreateChannel", new_channel(line_channel_id="１２３"), {"channel.line_channel_id"}),
    ("channels.CreateChannel", new_channel(line_channel_secret="a\r\nb"), {"channel.line_channel_secret"}),
    ("channels.CreateChannel", new_channel(hubspot_access_token="秘密"), {"channel.hubspot_access_token"}),
    (
        "channels.CreateChannel",
        new_channel(hubspot_line_id_property="../x"),
        {"channel.hubspot_line_id_property"},
    ),
    *[
        ("channels.CreateChannel", new_channel(order_lifetime=span), {"channel.order_lifetime"})
        for span in (
            Duration(),
            Duration(seconds=3_599),
            Duration(seconds=604_801),
            Duration(seconds=3_600, nanos=1),
            Duration(seconds=-3_600),
            Duration(seconds=2**62, nanos=-(2**31)),
        )
    ],
    *[
        ("channels.CreateChannel", new_channel(time_zone=zone), {"channel.time_zone"})
        for zone in ("Mars/Base", "../Asia/Tokyo", "/etc/passwd", "Asia", "a\0b", "a" * 5000)
    ],
]


async def test_malformed_fields(api: Api) -> None:
    """Every bad field of a request is named, and nothing else."""
    found = [(path, await fail(api, path, request), fields) for path, request, fields in MALFORMED]

    for path, error, fields in found:
        assert (error.code, error.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST"), (path, fields)
        assert {violation.field for violation in error.field_violations} == fields, path


async def test_malformed_internal_fields(delivery: Api) -> None:
    """Names of other channels, malformed ones and too many of them are named one by one."""
    other = "channels/other"
    facts = GetTargetingFactsRequest(
        channel=ACME,
        audiences=[f"{ACME}/audiences/1", f"{other}/audiences/1", "x"],
        contact_lists=[f"{ACME}x/contactLists/1"],
    )
    many = GetTargetingFactsRequest(
        channel=ACME,
        audiences=[f"{ACME}/audiences/1"] * 101,
        contact_lists=[f"{ACME}/contactLists/1"] * 201,
    )
    errors = [
        await fail(delivery, "facts.GetTargetingFacts", facts),
        await fail(delivery, "facts.GetTargetingFacts", many),
        await fail(delivery, "facts.GetTargetingFacts", GetTargetingFactsRequest(channel=f"{ACME}/x")),
        await fail(delivery, "tokens.IssueLineToken", IssueLineTokenRequest()),
    ]

    assert {error.code for error in errors} == {grpc.StatusCode.INVALID_ARGUMENT}
    assert [sorted(violation.field for violation in error.field_violations) for error in errors] == [
        ["audiences[1]", "audiences[2]", "contact_lists[0]"],
        ["audiences", "contact_lists"],
        ["channel"],
        ["channel"],
    ]


ABSENT: list[tuple[str, Any]] = [
    ("channels.GetChannel", GetChannelRequest(name=ACME)),
    ("audiences.GetAudience", GetAudienceRequest(name=f"{ACME}/audiences/1")),
    ("audiences.ListAudiences", ListAudiencesRequest(parent=ACME)),
    ("audiences.SyncAudiences", SyncAudiencesRequest(parent=ACME)),
    ("contact_lists.ListHubSpotLists", ListHubSpotListsRequest(parent=ACME)),
    ("contact_lists.GetContactList", GetContactListRequest(name=f"{ACME}/contactLists/1")),
    ("contact_lists.ListContactLists", ListContactListsRequest(parent=ACME)),
    ("contact_lists.SyncContactList", SyncContactListRequest(name=f"{ACME}/contactLists/1")),
    (
        "contact_lists.CreateContactList",
        CreateContactListRequest(parent=ACME, request_id=REQUEST_ID, contact_list=ContactList(hubspot_list_id="1")),
    ),
]


async def test_absent_resources(api: Api, delivery: Api) -> None:
    """What does not exist is NOT_FOUND under the name that was asked for."""
    errors = [await fail(api, path, request) for path, request in ABSENT]
    errors.append(await fail(delivery, "tokens.IssueLineToken", IssueLineTokenRequest(channel=ACME)))
    errors.append(await fail(delivery, "facts.GetTargetingFacts", GetTargetingFactsRequest(channel=ACME)))

    assert {(error.code, error.reason) for error in errors} == {(grpc.StatusCode.NOT_FOUND, "NOT_FOUND")}
    assert all(error.metadata["name"].startswith(ACME) for error in errors)


async def test_callers_of_another_channel(served: Served, channel: str) -> None:
    """A caller of another channel is refused by every method, whether what it asks for exists or not."""
    async with served.call_as(scope=SCOPES, channels=["other"]) as stranger:
        errors = [await fail(stranger, path, request) for path, request in ABSENT]
        errors.append(await fail(stranger, "channels.CreateChannel", new_channel("unknown")))

    assert channel == ACME
    assert {(error.code, error.reason) for error in errors} == {
        (grpc.StatusCode.PERMISSION_DENIED, "PERMISSION_DENIED")
    }


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": int(time.time()) - 10}, "UNAUTHENTICATED"),
        ({"iss": "https://other.test"}, "UNAUTHENTICATED"),
        ({"aud": "other"}, "UNAUTHENTICATED"),
        ({"sub": None}, "UNAUTHENTICATED"),
        ({"scope": "report.read"}, "SCOPE_MISSING"),
        ({"scope": None}, "SCOPE_MISSING"),
    ],
)
async def test_bad_tokens(served: Served, claims: dict[str, Any], reason: str) -> None:
    """An untrustworthy token, and one without the scope, are refused by every public method."""
    async with served.call_as(**{"scope": SCOPES, "channels": "*", **claims}) as api:
        errors = [await fail(api, path, request) for path, request in ABSENT]
        errors.append(await fail(api, "channels.CreateChannel", new_channel()))
        errors.append(await fail(api, "channels.ListChannels", ListChannelsRequest()))

    assert {error.reason for error in errors} == {reason}


async def test_missing_token(served: Served) -> None:
    """A call without a token is UNAUTHENTICATED."""
    async with grpc.aio.insecure_channel(served.address) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await make_api(channel).channels.GetChannel(GetChannelRequest(name=ACME))

    assert refused.value.code() == grpc.StatusCode.UNAUTHENTICATED


async def test_page_token_of_another_call(api: Api, channel: str) -> None:
    """A page token serves only with the arguments that it was given for."""
    await api.audiences.SyncAudiences(SyncAudiencesRequest(parent=channel))
    first = await api.audiences.ListAudiences(ListAudiencesRequest(parent=channel, page_size=1))
    other = ListAudiencesRequest(parent=channel, kinds=[Audience.CLICK], page_token=first.next_page_token)
    lists = ListContactListsRequest(parent=channel, page_token=first.next_page_token)
    errors = [
        await fail(api, "audiences.ListAudiences", other),
        await fail(api, "contact_lists.ListContactLists", lists),
    ]

    assert [[violation.field for violation in error.field_violations] for error in errors] == [["page_token"]] * 2
