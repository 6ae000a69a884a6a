"""The delivery service's API over the use cases of a test, with the means to call it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from delivery.bootstrap import UseCases, build_api
from delivery.config import Settings
from kit.rpc.server import RPCServer
from outreach.delivery.internal.v1.send_list_pb2_grpc import SendListServiceStub
from outreach.delivery.v1.campaign_pb2_grpc import CampaignServiceStub
from outreach_client.channel import open_channel
from tests.fakes.issuer import AUDIENCE, ISSUER, Trusted, write_key_set, write_private_key

OPERATOR = {"sub": "user:operator", "scope": "campaign.read campaign.send campaign.resolve", "channels": ["acme"]}
REPORTING = {"sub": "service:reporting", "scope": "internal", "channels": "*"}


@dataclass(frozen=True, slots=True)
class Api:
    """The service's stubs over one channel."""

    campaigns: Any
    sends: Any


@dataclass(frozen=True, slots=True)
class Served:
    """The API with the means to call it."""

    address: str
    issuer: Trusted

    @asynccontextmanager
    async def call_as(self, **claims: Any) -> AsyncIterator[Api]:
        """Give stubs whose calls carry a token with these claims."""
        async with open_channel(self.address, token=self.issuer.token(**claims)) as channel:
            yield Api(CampaignServiceStub(channel), SendListServiceStub(channel))


@asynccontextmanager
async def serve_api(use_cases: UseCases, folder: Path) -> AsyncIterator[Served]:
    """Serve the use cases in this event loop, until the end of the `with` block; no worker runs."""
    issuer = Trusted()
    settings = Settings(
        database_url="unused",
        nats_url="unused",
        audience_address="unused",
        jwks=str(write_key_set(folder / "jwks.json", *issuer.public_jwks())),
        jwt_issuer=ISSUER,
        jwt_audience=AUDIENCE,
        identity_key_file=write_private_key(folder / "identity.pem", Ed25519PrivateKey.generate()),
    )
    server = RPCServer(build_api(use_cases), settings)
    port = await server.start()
    try:
        yield Served(f"127.0.0.1:{port}", issuer)
    finally:
        await server.drain(0)
