"""Every field of every request to delivery and reporting is checked, through the whole stack, and nothing is half done.

The audience service has the same table beside its integration tests.
"""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import grpc
import pytest
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp

from deploy.local.story.campaigns import TEXT, create, target
from deploy.local.story.world import CHANNEL, SCOPES, World, open_world
from outreach.delivery.internal.v1.send_observation_pb2 import ObserveSendRequest
from outreach.delivery.internal.v1.send_observation_pb2_grpc import SendObservationServiceStub
from outreach.delivery.v1 import campaign_pb2 as pb
from outreach.delivery.v1 import targeting_pb2
from outreach.delivery.v1.campaign_pb2_grpc import CampaignServiceStub
from outreach.delivery.v1.ledger_pb2 import FenceLedgerRequest, GetLedgerStateRequest, LedgerState
from outreach.delivery.v1.ledger_pb2_grpc import LedgerServiceStub
from outreach.reporting.v1.report_pb2 import GetCampaignReportRequest, ListCampaignReportsRequest
from outreach.reporting.v1.report_pb2_grpc import ReportServiceStub
from outreach_client.channel import open_channel
from outreach_client.errors import RemoteError

NAMES = ("", "midori", f"{CHANNEL}/campaigns/", f"{CHANNEL}/campaigns/A", f"{CHANNEL}/campaigns/a\0b", "キャンペーン")
AUDIENCE = f"{CHANNEL}/audiences/5000000000001"
LISTS = [f"{CHANNEL}/contactLists/1"]
UNKNOWN_GENDERS: Any = [7]
FOREIGN = "channels/other/audiences/1"


def new_campaign(**changes: Any) -> pb.Campaign:
    """Return a good campaign, but for the changes."""
    chosen = targeting_pb2.LineAudience(audience=targeting_pb2.AudienceNode(audience=AUDIENCE))
    parts = {
        "display_name": "春のセール",
        "targeting": targeting_pb2.Targeting(contact_lists=LISTS, line_audience=chosen),
        "messages": [TEXT],
        **changes,
    }
    return pb.Campaign(**parts)


def choose(**parts: Any) -> targeting_pb2.Targeting:
    """Return a targeting with a line audience of these parts."""
    return targeting_pb2.Targeting(contact_lists=LISTS, line_audience=targeting_pb2.LineAudience(**parts))


def request_campaign(campaign: pb.Campaign, **parts: Any) -> pb.CreateCampaignRequest:
    """Return a request for a campaign."""
    values = {"parent": CHANNEL, "request_id": str(uuid4()), **parts}
    return pb.CreateCampaignRequest(campaign=campaign, **values)


def request_decision(**changes: Any) -> pb.ResolveCampaignRequest:
    """Return a request to decide about a campaign, but for the changes a good one."""
    parts = {
        "name": f"{CHANNEL}/campaigns/may",
        "request_id": str(uuid4()),
        "etag": "v1",
        "decision": pb.Campaign.Resolution.SENT,
        **changes,
    }
    return pb.ResolveCampaignRequest(**parts)


def line_message(**members: Any) -> pb.Message:
    """Return a message of LINE's own form."""
    message = Struct()
    message.update(members)
    return pb.Message(line_message=message)


Node = targeting_pb2.AudienceNode
Filter = targeting_pb2.AttributeNode
TREE = "campaign.targeting.line_audience"

BAD_CAMPAIGNS: list[tuple[dict[str, Any], str]] = [
    ({"display_name": ""}, "campaign.display_name"),
    ({"display_name": "a" * 101}, "campaign.display_name"),
    ({"display_name": "a\0b"}, "campaign.display_name"),
    ({"recipient_limit": -1}, "campaign.recipient_limit"),
    ({"recipient_limit": 2**31}, "campaign.recipient_limit"),
    ({"messages": []}, "campaign.messages"),
    ({"messages": [TEXT] * 6}, "campaign.messages"),
    ({"messages": [pb.Message(text="a" * 1_000_001)]}, "campaign.messages"),
    ({"messages": [pb.Message()]}, "campaign.messages[0]"),
    ({"messages": [TEXT, pb.Message(text="")]}, "campaign.messages[1].text"),
    ({"messages": [line_message()]}, "campaign.messages[0].line_message"),
    ({"messages": [line_message(type="audio", duration=1e300)]}, "campaign.messages[0].line_message.duration"),
    ({"messages": [line_message(type="audio", duration=2.0**53 + 2)]}, "campaign.messages[0].line_message.duration"),
    ({"messages": [line_message(type="x", a=[{"b": float("nan")}])]}, "campaign.messages[0].line_message.a[0].b"),
    ({"targeting": None}, "campaign.targeting"),
    ({"targeting": choose()}, TREE),
    ({"targeting": choose(audience=Node())}, f"{TREE}.audience"),
    ({"targeting": choose(audience=Node(audience="x"))}, f"{TREE}.audience.audience"),
    ({"targeting": choose(audience=Node(audience=FOREIGN))}, f"{TREE}.audience.audience"),
    ({"targeting": choose(audience=Node(all_of=Node.Operands()))}, f"{TREE}.audience.all_of.nodes"),
    (
        {"targeting": choose(audience=Node(any_of=Node.Operands(nodes=[Node(audience=AUDIENCE), Node()])))},
        f"{TREE}.audience.any_of.nodes[1]",
    ),
    ({"targeting": choose(audience=Node(all_but=Node()))}, f"{TREE}.audience.all_but"),
    ({"targeting": choose(audience=Node(audience=AUDIENCE), list_mode=99)}, f"{TREE}.list_mode"),
    (
        {"targeting": choose(attributes=Filter(gender=targeting_pb2.GenderFilter(one_of=UNKNOWN_GENDERS)))},
        f"{TREE}.attributes.gender.one_of[0]",
    ),
    ({"targeting": choose(attributes=Filter(gender=targeting_pb2.GenderFilter()))}, f"{TREE}.attributes.gender.one_of"),
    (
        {"targeting": choose(attributes=Filter(age=targeting_pb2.AgeFilter(from_age=50, below_age=20)))},
        f"{TREE}.attributes.age.below_age",
    ),
    (
        {"targeting": choose(attributes=Filter(area=targeting_pb2.AreaFilter(one_of=["Tokyo"])))},
        f"{TREE}.attributes.area.one_of[0]",
    ),
    ({"targeting": targeting_pb2.Targeting(contact_lists=["x"])}, "campaign.targeting.contact_lists[0]"),
    (
        {"targeting": targeting_pb2.Targeting(excluded_contact_lists=["channels/other/contactLists/1"])},
        "campaign.targeting.excluded_contact_lists[0]",
    ),
]

BAD_REQUESTS: list[tuple[str, Any, str]] = [
    *[("GetCampaign", pb.GetCampaignRequest(name=name), "name") for name in NAMES],
    *[("CheckCampaign", pb.CheckCampaignRequest(name=name), "name") for name in NAMES],
    *[("SendCampaign", pb.SendCampaignRequest(name=name, request_id=str(uuid4())), "name") for name in NAMES],
    ("SendCampaign", pb.SendCampaignRequest(name=f"{CHANNEL}/campaigns/may", request_id="1"), "request_id"),
    (
        "SendCampaign",
        pb.SendCampaignRequest(name=f"{CHANNEL}/campaigns/may", request_id=str(uuid4()), acknowledgements=["a"] * 51),
        "acknowledgements",
    ),
    (
        "SendCampaign",
        pb.SendCampaignRequest(name=f"{CHANNEL}/campaigns/may", request_id=str(uuid4()), acknowledgements=["no"]),
        "acknowledgements[0]",
    ),
    *[
        (
            "SendCampaign",
            pb.SendCampaignRequest(
                name=f"{CHANNEL}/campaigns/may", request_id=str(uuid4()), not_after=Timestamp(seconds=seconds)
            ),
            "not_after",
        )
        for seconds in (1, 4_102_444_800, 10**12)  # 1970, 2100, and beyond all calendars
    ],
    *[("CancelCampaign", pb.CancelCampaignRequest(name=name, request_id=str(uuid4())), "name") for name in NAMES],
    ("CancelCampaign", pb.CancelCampaignRequest(name=f"{CHANNEL}/campaigns/may", request_id="1"), "request_id"),
    ("CancelCampaign", pb.CancelCampaignRequest(name=f"{CHANNEL}/campaigns/may"), "request_id"),
    *[("ResolveCampaign", request_decision(name=name), "name") for name in NAMES],
    ("ResolveCampaign", request_decision(request_id="1"), "request_id"),
    ("ResolveCampaign", request_decision(etag=""), "etag"),
    ("ResolveCampaign", request_decision(decision=pb.Campaign.Resolution.DECISION_UNSPECIFIED), "decision"),
    ("ResolveCampaign", request_decision(decision=99), "decision"),
    ("ResolveCampaign", request_decision(acknowledgements=["a"] * 51), "acknowledgements"),
    ("ResolveCampaign", request_decision(acknowledgements=["no"]), "acknowledgements[0]"),
    ("ListCampaigns", pb.ListCampaignsRequest(parent="midori"), "parent"),
    ("ListCampaigns", pb.ListCampaignsRequest(parent=CHANNEL, page_size=-1), "page_size"),
    ("ListCampaigns", pb.ListCampaignsRequest(parent=CHANNEL, page_token="x"), "page_token"),
    ("CreateCampaign", pb.CreateCampaignRequest(parent=CHANNEL, request_id=str(uuid4())), "campaign"),
    ("CreateCampaign", request_campaign(new_campaign(), parent="x"), "parent"),
    ("CreateCampaign", request_campaign(new_campaign(), request_id="x"), "request_id"),
    ("CreateCampaign", request_campaign(new_campaign(), campaign_id="A"), "campaign_id"),
    *[("CreateCampaign", request_campaign(new_campaign(**changes)), field) for changes, field in BAD_CAMPAIGNS],
]


async def fail(call: Any) -> RemoteError:
    """Return how a call fails that must."""
    with pytest.raises(RemoteError) as failed:
        await call
    return failed.value


async def test_malformed_fields_of_delivery_are_named_and_nothing_is_created(world: World) -> None:
    """INVALID_ARGUMENT names the field, and the channel has no campaign more than before (N4)."""
    before = await world.campaigns.ListCampaigns(pb.ListCampaignsRequest(parent=CHANNEL, page_size=1000))
    errors = [
        (method, field, await fail(getattr(world.campaigns, method)(request)))
        for method, request, field in BAD_REQUESTS
    ]
    after = await world.campaigns.ListCampaigns(pb.ListCampaignsRequest(parent=CHANNEL, page_size=1000))

    for method, field, error in errors:
        assert (error.code, error.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST"), (method, field)
        assert field in [violation.field for violation in error.field_violations], (
            method,
            field,
            error.field_violations,
        )
    assert len(after.campaigns) == len(before.campaigns)


@pytest.mark.parametrize("name", NAMES)
async def test_malformed_names_are_not_watched(world: World, name: str) -> None:
    """A stream is refused as a call is."""
    with pytest.raises(RemoteError) as failed:
        async for _ in world.campaigns.WatchCampaign(pb.WatchCampaignRequest(name=name)):
            pass

    assert failed.value.code is grpc.StatusCode.INVALID_ARGUMENT
    assert [violation.field for violation in failed.value.field_violations] == ["name"]


BAD_REPORT_REQUESTS: list[tuple[str, Any, str]] = [
    *[
        ("GetCampaignReport", GetCampaignReportRequest(name=name), "name")
        for name in (*NAMES, CHANNEL, f"{CHANNEL}/campaigns/may", f"{CHANNEL}/campaigns/M/report")
    ],
    *[("ListCampaignReports", ListCampaignReportsRequest(parent=parent), "parent") for parent in NAMES],
    ("ListCampaignReports", ListCampaignReportsRequest(parent=CHANNEL, page_size=-1), "page_size"),
    ("ListCampaignReports", ListCampaignReportsRequest(parent=CHANNEL, page_token="x"), "page_token"),
]


async def test_malformed_fields_of_reporting_are_named(world: World) -> None:
    """INVALID_ARGUMENT names the field (N4)."""
    errors = [
        (method, field, await fail(getattr(world.reports, method)(request)))
        for method, request, field in BAD_REPORT_REQUESTS
    ]

    for method, field, error in errors:
        assert (error.code, error.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST"), (method, field)
        assert [violation.field for violation in error.field_violations] == [field], method


async def test_malformed_fields_of_a_fence_are_named(world: World) -> None:
    """An operator's mistake changes nothing (N4)."""
    moment = Timestamp(seconds=1)
    wrong: list[tuple[dict[str, Any], str]] = [
        ({}, "restore_time"),
        ({"restore_time": Timestamp(seconds=2**40)}, "restore_time"),
        ({"restore_time": Timestamp(seconds=2**35)}, "restore_time"),
        ({"restore_time": moment, "campaigns": ["midori"]}, "campaigns[0]"),
        ({"restore_time": moment, "campaigns": [f"{CHANNEL}/campaigns/may"] * 1001}, "campaigns"),
    ]
    token = world.stack.token("user:demo", scopes=["platform.admin"])
    async with open_channel(world.stack.addresses["delivery"], token=token) as delivery:
        ledger = LedgerServiceStub(delivery)
        errors = [await fail(ledger.FenceLedger(FenceLedgerRequest(**parts))) for parts, _ in wrong]
        state = await ledger.GetLedgerState(GetLedgerStateRequest())

    for (_, field), error in zip(wrong, errors, strict=True):
        assert (error.code, error.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST"), field
        assert [violation.field for violation in error.field_violations] == [field]
    assert state.state == LedgerState.OPEN


async def test_raw_figures_are_for_the_reporting_service_alone(world: World) -> None:
    """Not even a token with every scope opens LINE's figures before the thresholds (N5)."""
    token = world.stack.token("user:demo", scopes=SCOPES)
    async with open_channel(world.stack.addresses["delivery"], token=token) as delivery:
        observations = SendObservationServiceStub(delivery)
        error = await fail(observations.ObserveSend(ObserveSendRequest(campaign=f"{CHANNEL}/campaigns/may")))

    assert error.code is grpc.StatusCode.PERMISSION_DENIED


async def test_modes_that_are_not_built_are_unimplemented(world: World) -> None:
    """LIST_APPLIED and a targeting without a LINE audience are meaningful, and refused by name (R6, R12)."""
    applied = choose(audience=Node(audience=AUDIENCE), list_mode=targeting_pb2.LineAudience.LIST_APPLIED)
    absent = targeting_pb2.Targeting(contact_lists=LISTS)
    errors = [
        await fail(world.campaigns.CreateCampaign(request_campaign(new_campaign(targeting=targeting))))
        for targeting in (applied, absent)
    ]

    assert [(error.code, error.metadata["mode"]) for error in errors] == [
        (grpc.StatusCode.UNIMPLEMENTED, "LIST_APPLIED"),
        (grpc.StatusCode.UNIMPLEMENTED, "LINE_AUDIENCE_ABSENT"),
    ]


async def test_what_does_not_exist_is_not_found(world: World) -> None:
    """Well-formed names of nothing are NOT_FOUND for whoever may use the channel."""
    name = f"{CHANNEL}/campaigns/unknown"
    calls = [
        world.campaigns.GetCampaign(pb.GetCampaignRequest(name=name)),
        world.campaigns.CheckCampaign(pb.CheckCampaignRequest(name=name)),
        world.campaigns.SendCampaign(pb.SendCampaignRequest(name=name, request_id=str(uuid4()))),
        world.campaigns.CancelCampaign(pb.CancelCampaignRequest(name=name, request_id=str(uuid4()))),
        world.campaigns.ResolveCampaign(request_decision(name=name)),
        world.reports.GetCampaignReport(GetCampaignReportRequest(name=f"{name}/report")),
    ]
    errors = [await fail(call) for call in calls]

    assert {error.code for error in errors} == {grpc.StatusCode.NOT_FOUND}


async def test_oversized_texts_and_broken_messages_are_findings(world: World) -> None:
    """What breaks LINE's limits can be kept as a draft, and is refused by policy with its path (R10)."""
    targeting = target(world, audience="春セールを開いた人")
    draft = await create(
        world, "long", targeting, pb.Message(text="a" * 5001), line_message(type="audio", duration=1.5)
    )
    answer = await world.campaigns.CheckCampaign(pb.CheckCampaignRequest(name=draft.name))
    error = await fail(world.campaigns.SendCampaign(pb.SendCampaignRequest(name=draft.name, request_id=str(uuid4()))))

    assert {"messages[0].text", "messages[1].line_message.duration"} <= {finding.field for finding in answer.findings}
    assert (error.code, error.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "POLICY_REFUSED")


async def test_tokens_that_do_not_allow_a_call_are_refused(world: World) -> None:
    """What is no token or has expired, a scope that is missing and a foreign channel are refused (N5)."""
    stack = world.stack
    expected = {
        "not-a-token": grpc.StatusCode.UNAUTHENTICATED,
        stack.token("user:a", scopes=SCOPES, lifetime=timedelta(minutes=-10)): grpc.StatusCode.UNAUTHENTICATED,
        stack.token("user:a", scopes=["audience.read"]): grpc.StatusCode.PERMISSION_DENIED,
        stack.token("user:a", scopes=["campaign.read", "report.read"], channels=["other"]): (
            grpc.StatusCode.PERMISSION_DENIED
        ),
    }
    for token, code in expected.items():
        async with (
            open_channel(stack.addresses["delivery"], token=token) as delivery,
            open_channel(stack.addresses["reporting"], token=token) as reporting,
        ):
            campaigns = await fail(CampaignServiceStub(delivery).ListCampaigns(pb.ListCampaignsRequest(parent=CHANNEL)))
            reports = await fail(
                ReportServiceStub(reporting).ListCampaignReports(ListCampaignReportsRequest(parent=CHANNEL))
            )

        assert {campaigns.code, reports.code} == {code}


async def test_a_channel_that_does_not_exist_has_no_campaigns(world: World) -> None:
    """Who may use every channel learns that this one does not exist."""
    targeting = targeting_pb2.Targeting(
        line_audience=targeting_pb2.LineAudience(
            attributes=Filter(gender=targeting_pb2.GenderFilter(one_of=[targeting_pb2.GenderFilter.MALE]))
        )
    )
    async with open_world(world.stack) as again:
        error = await fail(
            again.campaigns.CreateCampaign(request_campaign(new_campaign(targeting=targeting), parent="channels/none"))
        )

    assert error.code is grpc.StatusCode.NOT_FOUND
