"""A served reporting service with the means to call it, to tell it facts, and to move its time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import nats
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from nats.js.errors import NotFoundError

from kit.events.bodies import encode_body
from kit.events.bus import NatsBus
from kit.events.envelope import Event
from kit.events.streams import EventStream, NatsStream
from kit.rpc.server import RPCServer
from outreach.delivery.internal.v1 import send_list_pb2, send_observation_pb2
from outreach.delivery.v1 import delivery_events_pb2
from outreach.delivery.v1.campaign_pb2 import Campaign
from outreach.reporting.v1 import report_pb2
from outreach.reporting.v1.report_pb2_grpc import ReportServiceStub
from outreach_client.channel import open_channel
from outreach_client.errors import RemoteError
from reporting.bootstrap import open_service
from reporting.config import Settings
from reporting.entrypoints import consumers
from tests.fakes.clock import FakeClock
from tests.fakes.issuer import AUDIENCE, ISSUER, Issuer, write_key_set, write_private_key
from tests.fakes.reporting_delivery import FakeDelivery
from tests.infrastructure.ending import end_all
from tests.infrastructure.eventually import eventually

ACME = "channels/acme"
MAY = f"{ACME}/campaigns/may"
ACCEPTED = datetime(2026, 5, 1, 1, 0, tzinfo=UTC)
DAY = timedelta(days=1)

DELIVERY_STREAM = EventStream(name="delivery", subjects=("outreach.delivery.v1.>",))


@dataclass(frozen=True, slots=True)
class Parts:
    """What a served service stands on."""

    folder: Path
    database_url: str
    nats_url: str
    delivery: FakeDelivery
    issuer: Issuer = field(default_factory=Issuer)
    clock: FakeClock = field(default_factory=lambda: FakeClock(ACCEPTED))

    def describe(self) -> Settings:
        """Return settings that fit."""
        environment = self.environment()
        return Settings(
            database_url=self.database_url,
            nats_url=self.nats_url,
            delivery_address=self.delivery.address,
            jwks=environment["OUTREACH_JWKS"],
            jwt_issuer=ISSUER,
            jwt_audience=AUDIENCE,
            identity_key_file=Path(environment["OUTREACH_IDENTITY_KEY_FILE"]),
        )

    def environment(self) -> dict[str, str]:
        """Return the same settings as a process takes them, and write the files that they name."""
        identity = write_private_key(self.folder / "identity.pem", Ed25519PrivateKey.generate())
        return {
            "OUTREACH_DATABASE_URL": self.database_url,
            "OUTREACH_NATS_URL": self.nats_url,
            "OUTREACH_DELIVERY_ADDRESS": self.delivery.address,
            "OUTREACH_JWKS": str(write_key_set(self.folder / "jwks.json", self.issuer.public_jwk())),
            "OUTREACH_JWT_ISSUER": ISSUER,
            "OUTREACH_IDENTITY_KEY_FILE": str(identity),
        }


@dataclass(frozen=True, slots=True)
class Served:
    """The service with the means to reach it."""

    address: str
    parts: Parts
    sends: NatsStream

    @asynccontextmanager
    async def call_as(self, **claims: Any) -> AsyncIterator[Any]:
        """Give a stub whose calls carry a token with these claims."""
        async with open_channel(self.address, token=self.parts.issuer.token(**claims)) as channel:
            yield ReportServiceStub(channel)

    async def tell(self, fact: Message, *, event_id: str | None = None) -> str:
        """Publish a fact of delivery, and return its event's id."""
        campaign: str = fact.campaign  # type: ignore[attr-defined]  # every fact of delivery has it
        subject = _SUBJECTS[type(fact)]
        event = Event(
            id=event_id or str(uuid4()),
            source="outreach.delivery",
            type=fact.DESCRIPTOR.full_name,
            subject=f"outreach.delivery.v1.{campaign.split('/')[1]}.{subject}",
            resource=campaign,
            time=ACCEPTED,
            body=encode_body(fact),
        )
        await self.sends.publish(event)
        return event.id


_SUBJECTS: dict[type[Message], str] = {
    delivery_events_pb2.CampaignCreated: "campaign.created",
    delivery_events_pb2.CampaignSending: "campaign.sending",
    delivery_events_pb2.CampaignAccepted: "campaign.accepted",
    delivery_events_pb2.CampaignSucceeded: "campaign.succeeded",
    delivery_events_pb2.CampaignFailed: "campaign.failed",
    delivery_events_pb2.CampaignCancelled: "campaign.cancelled",
    delivery_events_pb2.CampaignExpired: "campaign.expired",
    delivery_events_pb2.CampaignUncertain: "campaign.uncertain",
}


@asynccontextmanager
async def serve_reporting(parts: Parts) -> AsyncIterator[Served]:
    """Serve and work in this event loop, until the end of the `with` block."""
    settings = parts.describe()
    async with NatsBus(parts.nats_url, name="tests") as bus, open_service(settings, clock=parts.clock) as service:
        sends = bus.stream(DELIVERY_STREAM)
        await bus.wait()
        await sends.declare()
        server = RPCServer(service.api, settings)
        port = await server.start()
        workers = {asyncio.create_task(worker.run()) for worker in service.workers}
        try:
            await _await_consumer(parts.nats_url)
            yield Served(f"127.0.0.1:{port}", parts, sends)
        finally:
            await end_all(workers)
            await server.drain(0)


async def _await_consumer(nats_url: str) -> None:
    """Return once the service listens to delivery."""
    connection = await nats.connect(nats_url)

    async def listens() -> bool:
        try:
            await connection.jetstream().consumer_info(consumers.CAMPAIGNS.stream, consumers.CAMPAIGNS.consumer)
        except NotFoundError:
            return False
        return True

    await eventually(listens, deadline=15)
    await connection.close()


def sending(campaign: str = MAY, *, at: datetime = ACCEPTED) -> Message:
    """Return the fact that a campaign was ordered."""
    return delivery_events_pb2.CampaignSending(campaign=campaign, revision=1, send_time=timestamp(at))


def accepted(campaign: str = MAY, *, at: datetime = ACCEPTED) -> Message:
    """Return the fact that LINE accepted a campaign."""
    return delivery_events_pb2.CampaignAccepted(
        campaign=campaign, line_request_ids=["5b59509c"], accept_time=timestamp(at)
    )


def succeeded(campaign: str = MAY, *, at: datetime = ACCEPTED) -> Message:
    """Return the fact that LINE delivered a campaign, which it accepted by its own clock at `at`."""
    return delivery_events_pb2.CampaignSucceeded(
        campaign=campaign, accept_time=timestamp(at), complete_time=timestamp(at + timedelta(minutes=5))
    )


def failed(
    campaign: str = MAY,
    *,
    at: datetime = ACCEPTED,
    reason: Campaign.Failure.Reason.ValueType = Campaign.Failure.RECIPIENTS_BELOW_MINIMUM,
) -> Message:
    """Return the fact that a campaign was not delivered."""
    return delivery_events_pb2.CampaignFailed(campaign=campaign, reason=reason, complete_time=timestamp(at))


def cancelled(campaign: str = MAY, *, at: datetime = ACCEPTED) -> Message:
    """Return the fact that an order was cancelled."""
    return delivery_events_pb2.CampaignCancelled(campaign=campaign, complete_time=timestamp(at))


def expired(campaign: str = MAY, *, at: datetime = ACCEPTED) -> Message:
    """Return the fact that an order passed its end."""
    return delivery_events_pb2.CampaignExpired(campaign=campaign, complete_time=timestamp(at))


def uncertain(campaign: str = MAY, *, at: datetime = ACCEPTED, accept_time: datetime | None = None) -> Message:
    """Return the fact that a person has to decide, with the time at which LINE is known to have accepted."""
    return delivery_events_pb2.CampaignUncertain(
        campaign=campaign,
        update_time=timestamp(at),
        reason=Campaign.Uncertainty.OUTCOME_UNKNOWN,
        accept_time=None if accept_time is None else timestamp(accept_time),
    )


def observed(**figures: Any) -> send_observation_pb2.ObserveSendResponse:
    """Return delivery's answer for a campaign of one request."""
    observation = send_observation_pb2.RequestObservation(request="r1", accept_time=timestamp(ACCEPTED), **figures)
    return send_observation_pb2.ObserveSendResponse(observations=[observation], observe_time=timestamp(ACCEPTED))


def listed(campaign: str, state: Campaign.State.ValueType, **parts: Any) -> send_list_pb2.Send:
    """Return an ordered campaign as delivery lists it."""
    times = {"order_time": timestamp(ACCEPTED), "update_time": timestamp(ACCEPTED)}
    return send_list_pb2.Send(campaign=campaign, state=state, **{**times, **parts})


async def find_report(api: Any, campaign: str = MAY) -> report_pb2.CampaignReport | None:
    """Return a campaign's report, None while nothing is known of it."""
    try:
        report: report_pb2.CampaignReport = await api.GetCampaignReport(
            report_pb2.GetCampaignReportRequest(name=f"{campaign}/report")
        )
    except RemoteError as error:
        if error.reason != "NOT_FOUND":
            raise
        return None
    return report


def timestamp(time: datetime) -> Timestamp:
    """Return a proto's time."""
    stamp = Timestamp()
    stamp.FromDatetime(time)
    return stamp
