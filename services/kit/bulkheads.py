"""Keeps callers whose work hangs from occupying what all share: a few places for each key, and no long wait for one."""

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta


class Crowded(Exception):  # noqa: N818 - reads as the state that it reports
    """All places of a key are taken, and none became free in time; nothing was begun."""


@dataclass(slots=True)
class _Room:
    """The places of one key, and how many hold or await one."""

    places: asyncio.Semaphore
    guests: int = field(default=0)


class Bulkheads:
    """Places for work at once, so many for each key, in one process; keys that nobody uses are forgotten."""

    def __init__(self, *, most: int, patience: timedelta) -> None:
        """Set up no places yet.

        Args:
            most: Places of each key.
            patience: How long one may wait for a place, machine time: long enough for a crowd whose work goes on, and
                short enough not to hang with one whose work does not.

        """
        self._most = most
        self._patience = patience
        self._rooms: dict[Hashable, _Room] = {}

    @asynccontextmanager
    async def place(self, key: Hashable) -> AsyncIterator[None]:
        """Hold one of a key's places in the block.

        Raises:
            Crowded: none became free.

        """
        room = self._rooms.setdefault(key, _Room(asyncio.Semaphore(self._most)))
        room.guests += 1
        try:
            await self._enter(room)
            try:
                yield
            finally:
                room.places.release()
        finally:
            room.guests -= 1
            if room.guests == 0:
                del self._rooms[key]

    async def _enter(self, room: _Room) -> None:
        try:
            async with asyncio.timeout(self._patience.total_seconds()):
                await room.places.acquire()
        except TimeoutError:
            raise Crowded from None
