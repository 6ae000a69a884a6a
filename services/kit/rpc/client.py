"""Channels to our other services: their tokens are the service's own, their deadlines those of the call at hand."""

import grpc
from opentelemetry.instrumentation.grpc import aio_client_interceptors

from kit.config import BaseSettings
from kit.deadlines import time_left
from kit.rpc.tokens import ServiceIdentity
from outreach_client.channel import open_channel


def connect(service: str, address: str, settings: BaseSettings) -> grpc.aio.Channel:
    """Open a channel from `service`, as `delivery`, to the service at `address`, `host:port`; it connects by itself.

    Failed calls raise `outreach_client.errors.RemoteError`.
    """
    identity = ServiceIdentity(
        service, settings.identity_key_file, issuer=settings.jwt_issuer, audience=settings.jwt_audience
    )
    return open_channel(
        address,
        token=identity.token,
        credentials=_credentials(settings),
        time_left=time_left,
        interceptors=aio_client_interceptors(),  # type: ignore[no-untyped-call]  # it has no types
    )


def _credentials(settings: BaseSettings) -> grpc.ChannelCredentials | None:
    """Return TLS where this service itself is served by it.

    Where clients must show certificates, one authority issues all of them, and ours serves for both directions.
    """
    if settings.tls_cert_file is None or settings.tls_key_file is None:
        return None
    if settings.tls_client_ca_file is None:
        return grpc.ssl_channel_credentials()
    return grpc.ssl_channel_credentials(
        settings.tls_client_ca_file.read_bytes(),
        settings.tls_key_file.read_bytes(),
        settings.tls_cert_file.read_bytes(),
    )
