"""`python -m reporting` as the local stack starts it."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from deploy.local.ports import ReservedPort
from reporting.entrypoints.access import PUBLIC
from tests.infrastructure.eventually import eventually
from tests.integration.reporting.serving import Parts

_ROOT = Path(__file__).parents[3]


async def test_process(parts: Parts) -> None:
    """The process migrates, serves everything, drains on SIGTERM and ends with 0."""
    with ReservedPort() as port:
        environment = parts.environment() | {"OUTREACH_LISTEN": port.address, "PYTHONPATH": str(_ROOT / "services")}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "reporting", env={**os.environ, **environment}, stdout=PIPE, stderr=PIPE
        )
        try:
            async with grpc.aio.insecure_channel(port.address) as channel:
                await eventually(lambda: _is_serving(channel), deadline=20)
            process.send_signal(signal.SIGTERM)
            _, errors = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.communicate()

    assert (process.returncode, errors) == (0, b"")


async def _is_serving(channel: grpc.aio.Channel) -> bool:
    stub: Any = health_pb2_grpc.HealthStub(channel)
    try:
        answers = [await stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=1) for service in PUBLIC]
    except grpc.aio.AioRpcError:
        return False
    return all(answer.status == health_pb2.HealthCheckResponse.SERVING for answer in answers)
