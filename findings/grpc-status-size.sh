#!/usr/bin/env bash
# grpcio 1.85.1: an error whose details exceed 8 KB reaches the caller as another error, and only sometimes.
#
# Behaviour: details travel in the trailers. Above 8,192 bytes of metadata the client drops the call with a probability that grows with the
#   size, above 16 KB always, and the caller sees RESOURCE_EXHAUSTED in the place of the server's own code.
# Seen: of 200 calls each: at 6,000 bytes INVALID_ARGUMENT always; at 12,000 about half were RESOURCE_EXHAUSTED; at 20,000 all.
# So: error details stay under 4 KB (architecture 9).
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check grpcio==1.85.1 grpcio-status==1.85.1

"$work/venv/bin/python" - <<'PY'
import asyncio
from collections import Counter

import grpc
from google.protobuf.any_pb2 import Any
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status


async def fail(request: bytes, context: grpc.aio.ServicerContext) -> bytes:
    detail = Any()
    detail.Pack(error_details_pb2.DebugInfo(detail="x" * int(request)))
    status = status_pb2.Status(code=code_pb2.INVALID_ARGUMENT, message="refused", details=[detail])
    await context.abort_with_status(rpc_status.to_status(status))
    return b""


async def count_codes(channel: grpc.aio.Channel, size: int) -> Counter[str]:
    codes: Counter[str] = Counter()
    for _ in range(200):
        try:
            await channel.unary_unary("/test.Fail/Fail")(str(size).encode())
        except grpc.aio.AioRpcError as error:
            codes[error.code().name] += 1
    return codes


async def main() -> None:
    server = grpc.aio.server()
    handlers = {"Fail": grpc.unary_unary_rpc_method_handler(fail)}
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("test.Fail", handlers)])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        codes = {size: await count_codes(channel, size) for size in (6_000, 12_000, 20_000)}
    await server.stop(None)

    print("grpcio", grpc.__version__)
    for size, counted in codes.items():
        print(f"{size:>6} bytes of details:", dict(counted))
    assert set(codes[6_000]) == {"INVALID_ARGUMENT"}
    assert set(codes[12_000]) == {"INVALID_ARGUMENT", "RESOURCE_EXHAUSTED"}
    assert set(codes[20_000]) == {"RESOURCE_EXHAUSTED"}


asyncio.run(main())
PY
