"""What a server shows beside its methods: health and reflection; and when it does not start."""

from dataclasses import replace
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from kit.config import BaseSettings
from kit.rpc.access import AccessTableError
from kit.rpc.server import Api, RPCServer
from tests.integration.kit_rpc.conftest import Served
from tests.integration.kit_rpc.echo import ACCESS, INTERNAL, PUBLIC, EchoServicer

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


async def test_health(served: Served, plain_channel: grpc.aio.Channel) -> None:
    """Health needs no token, knows every service, and turns to NOT_SERVING before anything else in a drain."""
    health: Any = health_pb2_grpc.HealthStub(plain_channel)  # the stubs know no asynchronous methods
    states = [
        (await health.Check(health_pb2.HealthCheckRequest(service=service))).status
        for service in ("", PUBLIC, INTERNAL)
    ]
    watch = health.Watch(health_pb2.HealthCheckRequest(service=PUBLIC))
    first = await watch.read()
    await served.server.drain(0.2)

    assert states == [SERVING] * 3
    assert isinstance(first, health_pb2.HealthCheckResponse)
    last = await watch.read()
    assert isinstance(last, health_pb2.HealthCheckResponse)
    assert (first.status, last.status) == (SERVING, NOT_SERVING)


async def _reflect(channel: grpc.aio.Channel, request: reflection_pb2.ServerReflectionRequest) -> Any:
    service: Any = reflection_pb2_grpc.ServerReflectionStub  # the stubs know no asynchronous channels
    return await anext(aiter(service(channel).ServerReflectionInfo(iter([request]))))


@pytest.mark.usefixtures("served")
async def test_reflection(plain_channel: grpc.aio.Channel) -> None:
    """Reflection needs no token and shows the public services."""
    listed = await _reflect(plain_channel, reflection_pb2.ServerReflectionRequest(list_services=""))
    symbol = await _reflect(plain_channel, reflection_pb2.ServerReflectionRequest(file_containing_symbol=PUBLIC))

    assert PUBLIC in [service.name for service in listed.list_services_response.service]
    assert INTERNAL not in [service.name for service in listed.list_services_response.service]
    assert symbol.file_descriptor_response.file_descriptor_proto


@pytest.mark.usefixtures("served")
async def test_reflection_limits(plain_channel: grpc.aio.Channel) -> None:
    """Reflection knows nothing of other messages that the process has loaded."""
    answer = await _reflect(
        plain_channel, reflection_pb2.ServerReflectionRequest(file_containing_symbol="google.rpc.PreconditionFailure")
    )

    assert answer.error_response.error_code == grpc.StatusCode.NOT_FOUND.value[0]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({f"/{PUBLIC}/GetEcho": None}, "has no entry"),
        ({f"/{PUBLIC}/Gone": ACCESS[f"/{PUBLIC}/ListEchoes"]}, "is not served"),
        ({f"/{PUBLIC}/GetEcho": ACCESS[f"/{PUBLIC}/ListEchoes"]}, "says nothing of the request's name"),
        ({f"/{PUBLIC}/UpdateEcho": replace(ACCESS[f"/{PUBLIC}/UpdateEcho"], channel="echo.title")}, "no text field"),
        ({f"/{PUBLIC}/UpdateEcho": replace(ACCESS[f"/{PUBLIC}/UpdateEcho"], channel="echo")}, "no text field"),
        ({f"/{PUBLIC}/GetEcho": replace(ACCESS[f"/{PUBLIC}/GetEcho"], endless=True)}, "does not stream"),
    ],
)
def test_access_table(settings: BaseSettings, change: dict[str, Any], problem: str) -> None:
    """A server whose access table does not fit its methods is not built."""
    table = {method: access for method, access in {**ACCESS, **change}.items() if access is not None}
    servicer = EchoServicer()
    api = Api(service="echo", public=[PUBLIC], internal=[INTERNAL], access=table, register=servicer.register)

    with pytest.raises(AccessTableError, match=problem):
        RPCServer(api, settings)


async def test_taken_address(served: Served, settings: BaseSettings) -> None:
    """A second server on the same port fails to start instead of taking half of the calls."""
    servicer = EchoServicer()
    api = Api(service="echo", public=[PUBLIC], internal=[INTERNAL], access=ACCESS, register=servicer.register)
    second = RPCServer(api, replace(settings, listen=served.address))

    with pytest.raises(RuntimeError):
        await second.start()

    await second.drain(0)
