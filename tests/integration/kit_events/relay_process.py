"""A relay as a process of its own, to be killed: it marks nothing, since confirmations never reach it.

Run as `python relay_process.py DATABASE_URL NATS_URL COUNT FILE`; FILE appears once COUNT events are stored.
"""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

from kit.events.bus import NatsBus
from kit.events.envelope import Event
from kit.events.ports import Stored
from kit.events.relay import Relay
from kit.events.streams import EventStream, NatsStream
from kit.store.engine import open_database

STREAM = EventStream(name="library", subjects=("test.library.v1.>",))


class Swallowing(NatsStream):
    """A `Publisher` that publishes and then keeps quiet."""

    def __init__(self, bus: NatsBus, count: int, file: Path) -> None:
        super().__init__(bus, STREAM)
        self._left = count
        self._file = file

    async def publish(self, event: Event) -> Stored:
        """Publish for real; never return."""
        stored = await super().publish(event)
        self._left -= 1
        if self._left == 0:
            self._file.touch()
        await asyncio.Event().wait()
        return stored


async def main(database_url: str, nats_url: str, count: str, file: str) -> None:
    """Relay until killed."""
    database = open_database(database_url, application_name="doomed-relay")
    async with NatsBus(nats_url, name="doomed-relay") as bus:
        publisher = Swallowing(bus, int(count), Path(file))
        await Relay(database, publisher, replica="doomed", lease_ttl=timedelta(seconds=2)).run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
