"""A service whose one consumer takes every event but those of the resource `channels/bad`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from kit.config import BaseSettings
from kit.events.dead_letters import DeadLetters
from kit.events.envelope import Event
from kit.events.errors import PermanentFailure
from kit.events.redrive import Handlers
from kit.events.streams import EventStream
from kit.events.subjects import Subscription
from kit.service import Definition
from kit.store.engine import open_database

REDRIVABLE = Definition(
    name="redrivable",
    migrations=Path(),
    stream=EventStream(name="redrivable", subjects=("test.redrivable.v1.>",)),
    subscriptions=(Subscription(consumer="reader", stream="library", subjects=("test.library.v1.*.book.*",)),),
    retention=(),
)


async def _handle(event: Event) -> None:
    if event.resource == "channels/bad":
        raise PermanentFailure("STILL_BAD")


@asynccontextmanager
async def open_handlers(settings: BaseSettings) -> AsyncIterator[Handlers]:
    """Open the handlers on the database of the settings."""
    database = open_database(settings.database_url, application_name="redrivable")
    try:
        yield Handlers({"reader": _handle}, DeadLetters(database))
    finally:
        await database.close()
