"""A served audience service with the means to call it, and what it talks to."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audience.bootstrap import open_service
from audience.config import Settings
from kit.rpc.server import RPCServer
from outreach.audience.internal.v1.line_token_pb2_grpc import LineTokenServiceStub
from outreach.audience.internal.v1.targeting_facts_pb2_grpc import TargetingFactsServiceStub
from outreach.audience.v1 import channel_pb2
from outreach.audience.v1.audience_pb2_grpc import AudienceServiceStub
from outreach.audience.v1.channel_pb2_grpc import ChannelServiceStub
from outreach.audience.v1.contact_list_pb2_grpc import ContactListServiceStub
from outreach_client.channel import open_channel
from sandbox.app import RunningSandbox
from sandbox.world import CHANNEL_ID, CHANNEL_SECRET
from tests.fakes.issuer import AUDIENCE, ISSUER, Issuer, Trusted, write_key_set, write_private_key
from tests.infrastructure.ending import end_all

SCOPES = "platform.admin audience.read audience.write"
HUBSPOT_TOKEN = "pat-sandbox-demo-0001"
LINE_ID_PROPERTY = "line_user_id"
ACME = "channels/acme"


@dataclass(frozen=True, slots=True)
class Api:
    """The service's stubs over one channel."""

    channels: Any
    audiences: Any
    contact_lists: Any
    tokens: Any
    facts: Any


@dataclass(frozen=True, slots=True)
class Served:
    """The service with the means to call it."""

    address: str
    issuer: Issuer
    sandbox: RunningSandbox
    settings: Settings

    @asynccontextmanager
    async def call_as(self, *, repeats: bool = True, **claims: Any) -> AsyncIterator[Api]:
        """Give stubs whose calls carry a token with these claims; without `repeats` each is made once."""
        token = self.issuer.token(**claims)
        config: dict[str, Any] | None = None if repeats else {"methodConfig": []}
        async with open_channel(self.address, token=token, service_config=config) as channel:
            yield make_api(channel)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a served service stands on."""

    folder: Path
    database_url: str
    nats_url: str
    sandbox: RunningSandbox
    issuer: Trusted = field(default_factory=Trusted)

    def describe(self) -> Settings:
        """Return settings that fit."""
        environment = self.environment()
        return Settings(
            database_url=self.database_url,
            nats_url=self.nats_url,
            line_api_url=self.sandbox.url,
            hubspot_url=self.sandbox.url,
            keys_file=Path(environment["OUTREACH_KEYS_FILE"]),
            jwks=environment["OUTREACH_JWKS"],
            jwt_issuer=ISSUER,
            jwt_audience=AUDIENCE,
            identity_key_file=Path(environment["OUTREACH_IDENTITY_KEY_FILE"]),
        )

    def environment(self) -> dict[str, str]:
        """Return the same settings as a process takes them, and write the files that they name."""
        keys = self.folder / "keys.json"
        keys.write_text(json.dumps({"current": "k1", "keys": {"k1": base64.b64encode(bytes(range(32))).decode()}}))
        identity = write_private_key(self.folder / "identity.pem", Ed25519PrivateKey.generate())
        return {
            "OUTREACH_DATABASE_URL": self.database_url,
            "OUTREACH_NATS_URL": self.nats_url,
            "OUTREACH_LINE_API_URL": self.sandbox.url,
            "OUTREACH_HUBSPOT_URL": self.sandbox.url,
            "OUTREACH_KEYS_FILE": str(keys),
            "OUTREACH_JWKS": str(write_key_set(self.folder / "jwks.json", *self.issuer.public_jwks())),
            "OUTREACH_JWT_ISSUER": ISSUER,
            "OUTREACH_IDENTITY_KEY_FILE": str(identity),
        }


@asynccontextmanager
async def serve_audience(parts: Parts) -> AsyncIterator[Served]:
    """Serve and work in this event loop, until the end of the `with` block."""
    settings = parts.describe()
    async with open_service(settings) as service:
        server = RPCServer(service.api, settings)
        port = await server.start()
        workers = [asyncio.create_task(worker.run()) for worker in service.workers]
        try:
            yield Served(f"127.0.0.1:{port}", parts.issuer, parts.sandbox, settings)
        finally:
            await end_all(workers)
            await server.drain(0)


def make_api(channel: grpc.aio.Channel) -> Api:
    """Make all stubs of a channel."""
    return Api(
        ChannelServiceStub(channel),
        AudienceServiceStub(channel),
        ContactListServiceStub(channel),
        LineTokenServiceStub(channel),
        TargetingFactsServiceStub(channel),
    )


def new_channel(channel_id: str = "acme", *, request_id: str | None = None, **changes: Any) -> Any:
    """Return a good `CreateChannelRequest` for the sandbox's demo world; `changes` are of its channel."""
    values = {
        "display_name": "みどり商店",
        "line_channel_id": CHANNEL_ID,
        "line_channel_secret": CHANNEL_SECRET,
        "hubspot_access_token": HUBSPOT_TOKEN,
        "hubspot_line_id_property": LINE_ID_PROPERTY,
        **changes,
    }
    return channel_pb2.CreateChannelRequest(
        channel_id=channel_id, channel=channel_pb2.Channel(**values), request_id=request_id or str(uuid4())
    )
