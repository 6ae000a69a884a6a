"""The audience service over gRPC: its answers in our words, its failures as our errors."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from delivery.adapters.audience_client import AudienceFactsSource, AudienceTokenIssuer
from delivery.application.line_port import LineCredentialsRefused, LineUnavailable
from delivery.domain.policy.facts import (
    AudienceFacts,
    AudienceState,
    Basis,
    ChannelFacts,
    ContactListFacts,
    ContactListState,
)
from delivery.domain.targeting.sizes import Size
from kit.errors import NotFound, Unavailable
from outreach.audience.internal.v1 import line_token_pb2, targeting_facts_pb2
from outreach.audience.internal.v1.line_token_pb2_grpc import (
    LineTokenServiceServicer,
    add_LineTokenServiceServicer_to_server,
)
from outreach.audience.internal.v1.targeting_facts_pb2_grpc import (
    TargetingFactsServiceServicer,
    add_TargetingFactsServiceServicer_to_server,
)
from outreach.audience.v1.audience_pb2 import Audience
from outreach.audience.v1.contact_list_pb2 import ContactList
from outreach.type.v1.count_pb2 import Count
from outreach_client.channel import open_channel

ACME = "channels/acme"
NOON = datetime(2026, 4, 1, 3, 0, tzinfo=UTC)
NO_RETRIES: dict[str, Any] = {"methodConfig": []}


class Service(LineTokenServiceServicer, TargetingFactsServiceServicer):
    """Answers what it is told to, or fails so; knows as many audiences as are asked for when `echo` is set."""

    def __init__(self) -> None:
        self.failure: Status | None = None
        self.facts = targeting_facts_pb2.GetTargetingFactsResponse()
        self.asked: list[targeting_facts_pb2.GetTargetingFactsRequest] = []
        self.echo = False

    async def IssueLineToken(  # noqa: N802 - named by the proto
        self, request: line_token_pb2.IssueLineTokenRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> line_token_pb2.IssueLineTokenResponse:
        """Issue a token that names the channel."""
        await self._fail(context)
        return line_token_pb2.IssueLineTokenResponse(
            access_token=f"token of {request.channel}", expire_time=write_time(NOON)
        )

    async def GetTargetingFacts(  # noqa: N802 - named by the proto
        self, request: targeting_facts_pb2.GetTargetingFactsRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> targeting_facts_pb2.GetTargetingFactsResponse:
        """Tell the facts."""
        self.asked.append(request)
        await self._fail(context)
        if self.echo:
            return targeting_facts_pb2.GetTargetingFactsResponse(
                audiences=[make_audience(name) for name in request.audiences]
            )
        return self.facts

    async def _fail(self, context: grpc.aio.ServicerContext[Any, Any]) -> None:
        if self.failure is not None:
            await context.abort_with_status(rpc_status.to_status(self.failure))


def write_time(time: datetime) -> Timestamp:
    """Write a time."""
    written = Timestamp()
    written.FromDatetime(time)
    return written


def make_audience(name: str = f"{ACME}/audiences/101", **varied: Any) -> targeting_facts_pb2.AudienceFacts:
    """Make facts of an audience."""
    parts = {"state": Audience.State.READY, "observe_time": write_time(NOON), **varied}
    return targeting_facts_pb2.AudienceFacts(audience=name, **parts)


def make_failure(
    code: grpc.StatusCode,
    reason: str,
    *,
    domain: str = "audience.outreach",
    retry_after: int | None = None,
    **metadata: str,
) -> Status:
    """Make a failure as our services do."""
    status = Status(code=code.value[0], message="No.")
    details = [ErrorInfo(reason=reason, domain=domain, metadata=metadata)]
    for detail in (*details, *([RetryInfo(retry_delay=Duration(seconds=retry_after))] if retry_after else [])):
        packed = AnyMessage()
        packed.Pack(detail)
        status.details.append(packed)
    return status


@pytest.fixture
def service() -> Service:
    """Give the service."""
    return Service()


@pytest.fixture
async def channel(service: Service) -> AsyncIterator[grpc.aio.Channel]:
    """Serve it, and give a channel to it."""
    server = grpc.aio.server()
    add_LineTokenServiceServicer_to_server(service, server)
    add_TargetingFactsServiceServicer_to_server(service, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with open_channel(f"127.0.0.1:{port}", token="t", service_config=NO_RETRIES) as channel:
        yield channel
    await server.stop(None)


async def test_token(channel: grpc.aio.Channel) -> None:
    """A token comes with its end, aware."""
    token = await AudienceTokenIssuer(channel).issue(ACME)

    assert (token.value, token.expire_time) == ("token of channels/acme", NOON)


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (make_failure(grpc.StatusCode.NOT_FOUND, "NOT_FOUND", name=ACME), NotFound),
        (make_failure(grpc.StatusCode.FAILED_PRECONDITION, "LINE_CREDENTIALS_REFUSED"), LineCredentialsRefused),
        (make_failure(grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE", dependency="line"), LineUnavailable),
        (make_failure(grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE", dependency="database"), Unavailable),
        (make_failure(grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED"), Unavailable),
        (make_failure(grpc.StatusCode.UNAUTHENTICATED, "UNAUTHENTICATED"), Unavailable),
        (make_failure(grpc.StatusCode.INTERNAL, "INTERNAL"), Unavailable),
        (make_failure(grpc.StatusCode.NOT_FOUND, "NOT_FOUND", domain="proxy.example"), Unavailable),
    ],
)
async def test_failures(channel: grpc.aio.Channel, service: Service, failure: Status, error: type[Exception]) -> None:
    """Failures that the proto names have errors of ours; the others are an absence."""
    service.failure = failure

    with pytest.raises(error) as raised:
        await AudienceTokenIssuer(channel).issue(ACME)
    assert type(raised.value) is error


async def test_pause(channel: grpc.aio.Channel, service: Service) -> None:
    """How long to wait is passed on."""
    service.failure = make_failure(grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE", retry_after=30, dependency="line")

    with pytest.raises(LineUnavailable) as raised:
        await AudienceTokenIssuer(channel).issue(ACME)
    assert raised.value.retry_after == timedelta(seconds=30)


async def test_nobody_there() -> None:
    """A service that can't be reached is an absence."""
    async with open_channel("127.0.0.1:1", token="t", service_config=NO_RETRIES) as channel:
        with pytest.raises(Unavailable) as raised:
            await AudienceTokenIssuer(channel).issue(ACME)

    assert raised.value.metadata == {"dependency": "audience"}


@pytest.mark.parametrize(
    ("jobs", "older", "unfinished"),
    [
        (targeting_facts_pb2.AudienceFacts.FINISHED, False, False),
        (targeting_facts_pb2.AudienceFacts.UNFINISHED, True, True),
        (targeting_facts_pb2.AudienceFacts.JOBS_UNSPECIFIED, True, None),
        (targeting_facts_pb2.AudienceFacts.JOBS_UNSPECIFIED, False, False),
    ],
    ids=["finished", "unfinished", "not known", "told by the last release"],
)
async def test_jobs(
    channel: grpc.aio.Channel,
    service: Service,
    jobs: targeting_facts_pb2.AudienceFacts.Jobs.ValueType,
    older: bool,  # noqa: FBT001 - a parameter
    unfinished: bool | None,  # noqa: FBT001 - a parameter
) -> None:
    """Whether members are still being added is yes, no, or not known, which is neither."""
    service.facts = targeting_facts_pb2.GetTargetingFactsResponse(
        channel=targeting_facts_pb2.ChannelFacts(channel=ACME),
        audiences=[make_audience(jobs=jobs, jobs_unfinished=older)],
    )
    facts = await AudienceFactsSource(channel).gather(ACME, [f"{ACME}/audiences/101"], [], basis=Basis.PUBLISHED)

    assert facts.audiences[f"{ACME}/audiences/101"].jobs_unfinished is unfinished
    assert facts.channel.order_lifetime == timedelta(hours=24)


async def test_facts(channel: grpc.aio.Channel, service: Service) -> None:
    """Facts of the channel, its audiences and lists are read whole, keyed by name."""
    service.facts = targeting_facts_pb2.GetTargetingFactsResponse(
        channel=targeting_facts_pb2.ChannelFacts(
            channel=ACME,
            reach=0,
            area_prefix="jp",
            order_lifetime=Duration(seconds=7200),
            bot_user_id="U-acme",
        ),
        audiences=[
            make_audience(
                line_count=0,
                restricted=True,
                jobs=targeting_facts_pb2.AudienceFacts.UNFINISHED,
                expire_time=write_time(NOON),
            ),
        ],
        contact_lists=[
            targeting_facts_pb2.ContactListFacts(contact_list=f"{ACME}/contactLists/9", state=ContactList.State.GONE)
        ],
    )
    name, list_name = f"{ACME}/audiences/101", f"{ACME}/contactLists/9"
    facts = await AudienceFactsSource(channel).gather(ACME, [name, name], [list_name], basis=Basis.OBSERVED)
    (asked,) = service.asked

    assert (list(asked.audiences), list(asked.contact_lists)) == ([name], [list_name])
    assert facts.basis is Basis.OBSERVED
    assert facts.channel == ChannelFacts(ACME, 0, "jp", timedelta(hours=2), "U-acme")
    assert facts.audiences == {
        name: AudienceFacts(
            name=name,
            state=AudienceState.READY,
            size=Size(0, 19),
            restricted=True,
            jobs_unfinished=True,
            expire_time=NOON,
            observe_time=NOON,
        )
    }
    assert facts.contact_lists == {list_name: ContactListFacts(list_name, ContactListState.GONE)}


async def test_absent_figures(channel: grpc.aio.Channel, service: Service) -> None:
    """A reach that LINE has not told is unknown, not zero, and an audience may have no end."""
    service.facts = targeting_facts_pb2.GetTargetingFactsResponse(
        channel=targeting_facts_pb2.ChannelFacts(channel=ACME), audiences=[make_audience()]
    )
    facts = await AudienceFactsSource(channel).gather(ACME, [], [], basis=Basis.OBSERVED)

    assert facts.channel.reach is None
    assert [audience.expire_time for audience in facts.audiences.values()] == [None]


@pytest.mark.parametrize(
    ("audience", "size"),
    [
        (make_audience(published_size=Count(value=120, state=Count.State.ROUNDED), line_count=127), Size(120, 129)),
        (make_audience(published_size=Count(state=Count.State.HIDDEN), kind=Audience.Kind.UPLOAD), Size(0, 19)),
        (make_audience(published_size=Count(state=Count.State.HIDDEN), kind=Audience.Kind.CLICK), Size()),
        (make_audience(published_size=Count(state=Count.State.HIDDEN), kind=Audience.Kind.IMP), Size()),
        (make_audience(published_size=Count(state=Count.State.HIDDEN)), Size()),
        (make_audience(published_size=Count(state=Count.State.HIDDEN), kind=99), Size()),
        (make_audience(), Size()),
        (make_audience(published_size=Count(value=5, state=Count.State.NO_LONGER), line_count=127), Size()),
    ],
)
async def test_published_sizes(
    channel: grpc.aio.Channel, service: Service, audience: targeting_facts_pb2.AudienceFacts, size: Size
) -> None:
    """On the published basis LINE's own count plays no part (V7)."""
    service.facts = targeting_facts_pb2.GetTargetingFactsResponse(audiences=[audience])
    facts = await AudienceFactsSource(channel).gather(ACME, [audience.audience], [], basis=Basis.PUBLISHED)

    assert facts.sizes() == {audience.audience: size}


@pytest.mark.parametrize("state", [0, 99])
async def test_states_of_later(channel: grpc.aio.Channel, service: Service, state: Any) -> None:
    """What is added later, or not told, is not known here: neither usable nor unusable."""
    lists = [targeting_facts_pb2.ContactListFacts(contact_list=f"{ACME}/contactLists/9", state=state)]
    service.facts = targeting_facts_pb2.GetTargetingFactsResponse(
        channel=targeting_facts_pb2.ChannelFacts(channel=ACME),
        audiences=[make_audience(state=state)],
        contact_lists=lists,
    )
    facts = await AudienceFactsSource(channel).gather(ACME, [], [], basis=Basis.PUBLISHED)

    assert [audience.state for audience in facts.audiences.values()] == [None]
    assert [contact_list.state for contact_list in facts.contact_lists.values()] == [None]
    assert facts.channel.area_prefix is None


async def test_many_audiences(channel: grpc.aio.Channel, service: Service) -> None:
    """More audiences than one question takes are asked for in several, the lists once."""
    service.echo = True
    names = [f"{ACME}/audiences/{number}" for number in range(1, 251)]
    facts = await AudienceFactsSource(channel).gather(ACME, names, ["l"], basis=Basis.PUBLISHED)

    assert set(facts.audiences) == set(names)
    assert [(len(asked.audiences), len(asked.contact_lists)) for asked in service.asked] == [
        (100, 1),
        (100, 0),
        (50, 0),
    ]
