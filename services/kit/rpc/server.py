"""A service's gRPC server: its methods behind the call chain, health, reflection, and an orderly end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import grpc
import structlog
from grpc_health.v1 import health, health_pb2_grpc
from grpc_health.v1.health_pb2 import HealthCheckResponse

from kit.config import BaseSettings
from kit.rpc.access import AccessTable, check_access
from kit.rpc.interceptors.auth import Gate
from kit.rpc.interceptors.chain import CallChain
from kit.rpc.interceptors.deadlines import Deadlines
from kit.rpc.interceptors.errors import ErrorTranslator, Reasons
from kit.rpc.interceptors.observation import Observer
from kit.rpc.jwks import KeySet
from kit.rpc.reflection import add_reflection
from kit.rpc.tls import server_credentials
from kit.rpc.tokens import TokenVerifier

_LARGEST_MESSAGE_BYTES = 4 * 1024 * 1024

_OPTIONS = [
    # Two servers on one port would each get a part of the calls; better the second one fails to start.
    ("grpc.so_reuseport", 0),
    ("grpc.max_receive_message_length", _LARGEST_MESSAGE_BYTES),
    ("grpc.max_send_message_length", _LARGEST_MESSAGE_BYTES),
    # Finds out about callers that vanished without a word, or endless streams to them would pile up.
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
]

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """What a service serves.

    Attributes:
        service: as `delivery`; errors have the domain `delivery.outreach`.
        public: full names of the proto services for everybody, which reflection shows.
        internal: full names of those between our services.
        access: who may call what; names every method of both.
        reasons: code and reason of the service's own errors.
        register: adds the servicers, as `add_CampaignServiceServicer_to_server(servicer, server)`.

    """

    service: str
    public: Sequence[str]
    internal: Sequence[str] = ()
    access: AccessTable
    reasons: Reasons = field(default_factory=dict)
    register: Callable[[grpc.aio.Server], None]


class RPCServer:
    """A server that is started once and drained once."""

    def __init__(
        self,
        api: Api,
        settings: BaseSettings,
        *,
        verifier: TokenVerifier | None = None,
        observer: Observer | None = None,
    ) -> None:
        """Build it; nothing listens yet. `verifier` and `observer` are for tests.

        Raises:
            AccessTableError: the table of `api` does not fit its services.

        """
        check_access(api.access, (*api.public, *api.internal))
        self._api = api
        self._settings = settings
        self._deadlines = Deadlines()
        self._health = health.aio.HealthServicer()
        self._server = grpc.aio.server(
            interceptors=[
                CallChain(
                    observer=observer or Observer(),
                    deadlines=self._deadlines,
                    gate=Gate(verifier or open_verifier(settings), api.access),
                    translator=ErrorTranslator(f"{api.service}.outreach", api.reasons),
                    table=api.access,
                    public=api.public,
                )
            ],
            options=_OPTIONS,
        )
        api.register(self._server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        add_reflection(self._server, api.public)

    async def start(self) -> int:
        """Listen and answer; return the port.

        Raises:
            RuntimeError: the address is taken or not ours.

        """
        credentials = server_credentials(self._settings)
        listen = self._settings.listen
        if credentials is None:
            port = self._server.add_insecure_port(listen)
        else:
            port = self._server.add_secure_port(listen, credentials)
        for service in (*self._api.public, *self._api.internal):
            await self._health.set(service, HealthCheckResponse.SERVING)
        await self._server.start()
        _log.info("rpc_server_listens", port=port, tls=credentials is not None)
        return port

    async def drain(self, grace_s: float) -> None:
        """Report NOT_SERVING, take no new calls, and return when those under way have ended or `grace_s` is over."""
        await self._health.enter_graceful_shutdown()
        self._deadlines.drain()
        await self._server.stop(grace_s)
        _log.info("rpc_server_drained")


def open_verifier(settings: BaseSettings) -> TokenVerifier:
    """Return the verifier of callers' tokens that the settings ask for."""
    return TokenVerifier(KeySet(settings.jwks), issuer=settings.jwt_issuer, audience=settings.jwt_audience)
