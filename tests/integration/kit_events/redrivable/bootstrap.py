"""A service whose one consumer takes every event but those of the resource `channels/bad`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from kit.config import BaseSettings
from kit.events.dead_letters import DeadLetters
from kit.events.envelope import Event
from kit.events.errors import PermanentFailure
from kit.events.redrive import Handlers
from kit.store.engine import open_database


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
