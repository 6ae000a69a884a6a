"""`python -m tests.bench.floor MODULE [--bare]`: the least that a read RPC can be, as a process of its own.

The floor is kit's server with all its interceptors around a handler of one asyncpg SELECT; with `--bare`, the same
handler on a plain grpc.aio server. Settings are a service's (`kit.config.BaseSettings`).
"""

import argparse
from collections.abc import Sequence
from functools import partial
from typing import Any

import asyncpg
import grpc
from grpc_health.v1 import health, health_pb2_grpc
from grpc_health.v1.health_pb2 import HealthCheckResponse

from kit.config import BaseSettings
from kit.rpc.run import Server, run_service, supervise
from kit.rpc.server import Api, RPCServer
from tests.bench.read_calls import ReadCall, load_read_call

POOL_SIZE = 10
"""As many connections as a service's reader has."""


class BareServer:
    """A grpc.aio server with one method and the health service, and nothing else."""

    def __init__(self, api: Api, settings: BaseSettings) -> None:
        self._server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
        self._listen = settings.listen
        self._health = health.aio.HealthServicer()
        api.register(self._server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)

    async def start(self) -> int:
        """Listen and answer; return the port."""
        port = self._server.add_insecure_port(self._listen)
        await self._health.set("", HealthCheckResponse.SERVING)
        await self._server.start()
        return port

    async def drain(self, grace_s: float) -> None:
        """Stop."""
        await self._server.stop(grace_s)


async def serve(call: ReadCall, server_type: type[RPCServer | BareServer], settings: BaseSettings, stop: Any) -> None:
    """Serve one method until `stop`."""
    url = settings.database_url.replace("postgresql+asyncpg://", "postgresql://")
    async with asyncpg.create_pool(url, min_size=POOL_SIZE, max_size=POOL_SIZE) as pool:
        server: Server = server_type(_describe(call, pool), settings)
        await supervise(stop, server=server, grace=settings.shutdown_grace)


def _describe(call: ReadCall, pool: asyncpg.Pool) -> Api:
    async def answer(request: Any, _context: object) -> Any:
        row = await pool.fetchrow(call.query, *call.find_key(request))
        return call.response() if row is None else call.write(row)

    handler = grpc.unary_unary_rpc_method_handler(
        answer,
        request_deserializer=call.request.FromString,
        response_serializer=call.response.SerializeToString,
    )

    def register(server: grpc.aio.Server) -> None:
        server.add_generic_rpc_handlers(
            [grpc.method_handlers_generic_handler(call.proto_service, {call.name: handler})]
        )

    return Api(service="floor", public=[call.proto_service], access=call.service_access(), register=register)


def main(arguments: Sequence[str] | None = None) -> None:
    """Be the process."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.floor", description=__doc__)
    parser.add_argument("module", help="of tests/bench, with a READ_CALL")
    parser.add_argument("--bare", action="store_true", help="without kit's server")
    parsed = parser.parse_args(arguments)
    server_type: type[RPCServer | BareServer] = BareServer if parsed.bare else RPCServer
    run_service("floor", BaseSettings, partial(serve, load_read_call(parsed.module), server_type))


if __name__ == "__main__":
    main()
