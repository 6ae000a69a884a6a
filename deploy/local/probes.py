"""Questions whose "yes" means that a process does its work."""

import socket
from collections.abc import Callable
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2

_ANSWER_SECONDS = 1.0


def file_exists(path: Path) -> Callable[[], bool]:
    """Return a probe for a file that the process writes when it is up."""
    return path.exists


def grpc_serving(address: str) -> Callable[[], bool]:
    """Return a probe for a gRPC server at `host:port` whose health service says SERVING as a whole."""

    def is_serving() -> bool:
        # A channel waits a second after a refused connection; the plain connect first keeps the start quick.
        return _accepts(address) and _reports_serving(address)

    return is_serving


def _accepts(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=_ANSWER_SECONDS):
            return True
    except OSError:
        return False


def _reports_serving(address: str) -> bool:
    # A proxy that the environment names is for the network, not for loopback.
    with grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
        check: grpc.UnaryUnaryMultiCallable[health_pb2.HealthCheckRequest, health_pb2.HealthCheckResponse]
        check = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )
        try:
            answer = check(health_pb2.HealthCheckRequest(), timeout=_ANSWER_SECONDS)
        except grpc.RpcError:
            return False
        return answer.status == health_pb2.HealthCheckResponse.SERVING
