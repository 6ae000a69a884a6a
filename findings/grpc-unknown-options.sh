#!/usr/bin/env bash
# grpcio 1.85.1: channels and servers take options that do not exist, in silence.
#
# Behaviour: a misspelt option of grpc.aio is neither an error nor a warning nor a log line; the default stays in force.
# Seen: with "grpc.max_recieve_message_length" set to 10 an answer of 1,000 bytes arrived; spelt rightly the call failed.
# So: each option that we set has a test that sees its effect.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check grpcio==1.85.1

"$work/venv/bin/python" -W error - <<'PY'
import asyncio

import grpc


async def echo(request: bytes, _: grpc.aio.ServicerContext) -> bytes:
    return request


async def call_with(address: str, option: str) -> str:
    async with grpc.aio.insecure_channel(address, options=[(option, 10)]) as channel:
        try:
            answer = await channel.unary_unary("/test.Echo/Echo")(b"x" * 1000)
        except grpc.aio.AioRpcError as error:
            return error.code().name
    return f"{len(answer)} bytes"


async def main() -> None:
    server = grpc.aio.server(options=[("grpc.no_such_option", 1)])
    handlers = {"Echo": grpc.unary_unary_rpc_method_handler(echo)}
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("test.Echo", handlers)])
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    misspelt = await call_with(address, "grpc.max_recieve_message_length")
    right = await call_with(address, "grpc.max_receive_message_length")
    await server.stop(None)

    print("grpcio", grpc.__version__)
    print("misspelt:", misspelt, "- spelt rightly:", right)
    assert (misspelt, right) == ("1000 bytes", "RESOURCE_EXHAUSTED")


asyncio.run(main())
PY
