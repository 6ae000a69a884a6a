"""A served echo service and channels to it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from kit.config import BaseSettings
from kit.rpc.interceptors.observation import Observer
from kit.rpc.server import Api, RPCServer
from kit.rpc.tokens import key_id
from outreach_client.channel import open_channel
from tests.fakes.issuer import AUDIENCE, ISSUER, Issuer, Trusted, write_key_set, write_private_key
from tests.integration.kit_rpc.echo import ACCESS, INTERNAL, PUBLIC, EchoServicer, EchoStub


@dataclass(frozen=True, slots=True)
class Telemetry:
    """What the server has told."""

    spans: InMemorySpanExporter = field(default_factory=InMemorySpanExporter)
    metrics: InMemoryMetricReader = field(default_factory=InMemoryMetricReader)


@dataclass(frozen=True, slots=True)
class Served:
    """The service with the means to call it."""

    server: RPCServer
    servicer: EchoServicer
    address: str
    issuer: Trusted


@pytest.fixture
def issuer() -> Trusted:
    """Give the issuer that the service trusts, with the identities of other services."""
    return Trusted()


@pytest.fixture
def telemetry() -> Telemetry:
    """Give what collects the server's spans and measurements."""
    return Telemetry()


@pytest.fixture
def settings(tmp_path: Path, issuer: Trusted) -> BaseSettings:
    """Give settings that trust `issuer` and the service's own key."""
    identity = Ed25519PrivateKey.generate()
    own = Issuer(identity, key_id=key_id(identity), service="delivery")
    return BaseSettings(
        listen="127.0.0.1:0",
        database_url="postgresql+asyncpg:///",
        jwks=str(write_key_set(tmp_path / "jwks.json", *issuer.public_jwks(), own.public_jwk())),
        jwt_issuer=ISSUER,
        jwt_audience=AUDIENCE,
        identity_key_file=write_private_key(tmp_path / "identity.pem", identity),
    )


@pytest.fixture
async def served(settings: BaseSettings, issuer: Trusted, telemetry: Telemetry) -> AsyncIterator[Served]:
    """Serve the echo service."""
    servicer = EchoServicer()
    api = Api(service="echo", public=[PUBLIC], internal=[INTERNAL], access=ACCESS, register=servicer.register)
    tracers = TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(telemetry.spans))
    observer = Observer(tracers=tracers, meters=MeterProvider([telemetry.metrics]))
    server = RPCServer(api, settings, observer=observer)
    port = await server.start()
    yield Served(server, servicer, f"127.0.0.1:{port}", issuer)
    await server.drain(0)


@pytest.fixture
async def plain_channel(served: Served) -> AsyncIterator[grpc.aio.Channel]:
    """Give a channel that adds nothing."""
    async with grpc.aio.insecure_channel(served.address) as channel:
        yield channel


@pytest.fixture
async def stub(served: Served) -> AsyncIterator[EchoStub]:
    """Give a client with a token for reading the channel `acme`."""
    async with open_channel(served.address, token=served.issuer.token()) as channel:
        yield EchoStub(channel)
