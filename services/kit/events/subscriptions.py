"""`python -m kit.events.subscriptions <service>`: shows an operator what a service's consumers read, and cuts it.

A durable only grows by itself, since replicas of two releases share it during a roll-out. Once no replica needs a
subject any more, `--shrink` takes it away; until then its events are handed round and end as dead letters with the
reason NOT_SUBSCRIBED. Runs in the service's environment, beside its replicas.
"""

import argparse
import asyncio
import importlib
import os
import sys
from collections.abc import Sequence
from typing import TextIO

from kit.config import BaseSettings, ConfigError, load
from kit.events.bus import NatsBus
from kit.events.durables import read_durable, shrink_durable
from kit.events.errors import BusRefusal, BusUnavailable
from kit.events.subjects import Subscription
from kit.logs import configure_logs
from kit.rpc.run import EXIT_BAD_SETTINGS, EXIT_FAILED

CONNECT_TIMEOUT_S = 10.0


async def show(bus: NatsBus, subscription: Subscription, out: TextIO) -> None:
    """Write one line: consumer, stream, events to come, in hand, what is delivered; what is needed where it differs."""
    state = await read_durable(bus.client, subscription)
    if state is None:
        out.write(f"{subscription.consumer}\t{subscription.stream}\tnot made yet\n")
        return
    told = [subscription.consumer, subscription.stream, state.pending_count, state.unanswered_count]
    told.append(f"delivers {' '.join(state.subjects)}")
    if set(state.subjects) != set(subscription.subjects):
        told.append(f"needs {' '.join(subscription.subjects)}")
    out.write("\t".join(map(str, told)) + "\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 1 when NATS gave no answer or said no, 78 after bad settings."""
    parser = argparse.ArgumentParser(prog="python -m kit.events.subscriptions", description=__doc__)
    parser.add_argument("service", help="whose consumers, as reporting; its OUTREACH_ settings must be set")
    parser.add_argument("--shrink", action="store_true", help="leave each consumer with what this release needs")
    parsed = parser.parse_args(arguments)
    configure_logs(sys.stderr)
    # Each service has its `kit.service.Definition` there, under its name in capitals; kit imports no service.
    definition = getattr(importlib.import_module(f"{parsed.service}.bootstrap"), parsed.service.upper())
    settings_type: type[BaseSettings] = importlib.import_module(f"{parsed.service}.config").Settings
    try:
        settings = load(settings_type, os.environ)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_BAD_SETTINGS
    return asyncio.run(_run(settings.nats_url, definition.subscriptions, shrink=parsed.shrink))


async def _run(nats_url: str, subscriptions: Sequence[Subscription], *, shrink: bool) -> int:
    async with NatsBus(nats_url, name="operator") as bus:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await bus.wait()
            for subscription in subscriptions:
                if shrink:
                    await shrink_durable(bus.client, subscription)
                await show(bus, subscription, sys.stdout)
        except (TimeoutError, BusUnavailable, BusRefusal) as error:
            sys.stderr.write(f"{str(error) or 'NATS gives no answer.'}\n")
            return EXIT_FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
