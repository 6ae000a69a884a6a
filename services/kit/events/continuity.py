"""Notices that the stream has lost events that were published to it, and hands out anew those that the outbox keeps.

NATS may come back without its streams, with an older copy of them, or without the last seconds before a power cut; an
operator may remove one. All of these show in two figures that the database keeps of the stream: when it was made, and
the last sequence that it confirmed. What the outbox still has goes out again then, in order per resource, and inboxes
skip what they handled before.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import BigInteger, ColumnElement, Text, Update, and_, any_, bindparam, exists, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.events.ports import Publisher, Stored, StreamState
from kit.events.schema import EVENT_STREAMS, OUTBOX
from kit.store.engine import Database
from kit.store.errors import StoreConflict
from kit.store.uow import connected, transaction

CHECK_INTERVAL = timedelta(seconds=10)
BATCH = 5000

_NEVER_SEEN = ""
_ABOVE_ALL = 2**63 - 1

_STREAM = EVENT_STREAMS.c.name == bindparam("stream", type_=Text)
_AS_SEEN = and_(
    _STREAM,
    EVENT_STREAMS.c.incarnation == bindparam("seen_incarnation", type_=Text),
    EVENT_STREAMS.c.last_sequence == bindparam("seen_sequence", type_=BigInteger),
)
_READ = select(EVENT_STREAMS).where(_STREAM)
_INTRODUCE = (
    insert(EVENT_STREAMS)
    .values(name=bindparam("stream"), incarnation=_NEVER_SEEN, last_sequence=0)
    .on_conflict_do_nothing()
)
_MOVE_ON = (
    update(EVENT_STREAMS)
    .where(_AS_SEEN)
    .values(incarnation=bindparam("incarnation"), last_sequence=bindparam("last_sequence"))
)

# Published events are marked only while the stream is the one that we know and its sequences go on from ours. Both are
# asked in the statement that marks, since a relay may have stood still between a confirmation and this.
_ADVANCE = (
    update(EVENT_STREAMS)
    .where(
        _STREAM,
        EVENT_STREAMS.c.incarnation == bindparam("seen_incarnation", type_=Text),
        EVENT_STREAMS.c.last_sequence < bindparam("lowest", type_=BigInteger),
    )
    .values(last_sequence=func.greatest(EVENT_STREAMS.c.last_sequence, bindparam("highest", type_=BigInteger)))
    .returning(EVENT_STREAMS.c.name)
    .cte("advanced")
)
_MARK = (
    update(OUTBOX)
    .where(OUTBOX.c.id == any_(bindparam("ids", type_=ARRAY(OUTBOX.c.id.type))), exists(select(_ADVANCE.c.name)))
    .values(publish_time=func.now())
)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the database knows of the stream."""

    incarnation: str
    last_sequence: int


class Continuity:
    """Compares the stream with what is known of it; used by the one relay that works."""

    def __init__(
        self, database: Database, publisher: Publisher, *, every: timedelta = CHECK_INTERVAL, batch: int = BATCH
    ) -> None:
        """Describe it.

        Args:
            database: holds the outbox, and what is known of the stream.
            publisher: the way to the stream.
            every: how long a loss may go unnoticed while nothing is published and the connection stays.
            batch: how many events go back into the outbox per transaction.

        """
        self._database = database
        self._publisher = publisher
        self._interval = every.total_seconds()
        self._batch = batch
        self._incarnation = _NEVER_SEEN
        self._contradicted = False
        self._session = -1
        self._next_check = 0.0

    def doubt(self) -> None:
        """Have the next `check` look, after a publication that failed."""
        self._next_check = 0.0

    def forget(self) -> None:
        """Have the next `check` look with fresh eyes, while another replica is at work."""
        self._next_check = 0.0
        self._contradicted = False

    async def check(self) -> bool:
        """Look at the stream if there is a reason to; return whether published events went back into the outbox.

        Raises:
            BusUnavailable, BusRefusal: see `Publisher.declare`.
            StoreConflict: another relay was at it.
            StoreUnavailable: the database gives no answer; a repeat begins again and loses nothing.

        """
        now, session = asyncio.get_running_loop().time(), self._publisher.session
        if session == self._session and now < self._next_check:
            return False
        # In this order: a sequence that grows in between must not look like a loss.
        seen = await self._read()
        state = await self._publisher.declare()
        returned = await self._compare(seen, state)
        self._incarnation, self._contradicted = state.incarnation, False
        self._session, self._next_check = session, now + self._interval
        return returned

    async def mark(self, published: Sequence[tuple[int, Stored]]) -> bool:
        """Mark outbox rows, with their ids, as published; False and no mark when the stream is not what it was."""
        new = [stored.sequence for _, stored in published if not stored.is_repeat]
        values = {
            "stream": self._publisher.stream,
            "seen_incarnation": self._incarnation,
            "lowest": min(new, default=_ABOVE_ALL),
            "highest": max(stored.sequence for _, stored in published),
            "ids": [row_id for row_id, _ in published],
        }
        async with transaction(self._database.writer) as connection:
            marked = (await connection.execute(_MARK, values)).rowcount
        self._contradicted = marked == 0
        return marked > 0

    async def _read(self) -> _Seen:
        told = {"stream": self._publisher.stream}
        async with connected(self._database.reader) as connection:
            row = (await connection.execute(_READ, told)).one_or_none()
        if row is not None:
            return _Seen(row.incarnation, row.last_sequence)
        async with transaction(self._database.writer) as connection:
            await connection.execute(_INTRODUCE, told)
        return _Seen(_NEVER_SEEN, 0)

    async def _compare(self, seen: _Seen, state: StreamState) -> bool:
        """Hand out anew what the stream has lost, and remember what the stream is now."""
        if seen.incarnation == _NEVER_SEEN:
            # What a release published that kept no such memory; usually it published to this very stream.
            return await self._hand_out(seen, state, before=state.create_time)
        if seen.incarnation != state.incarnation or state.last_sequence < seen.last_sequence or self._contradicts(seen):
            known, now = (seen.incarnation, seen.last_sequence), (state.incarnation, state.last_sequence)
            _log.error("stream_lost_events", stream=self._publisher.stream, known=known, now=now)
            return await self._hand_out(seen, state)
        return False

    def _contradicts(self, seen: _Seen) -> bool:
        """Tell whether the stream gave out sequences again that it had given out before, under our eyes."""
        return self._contradicted and seen.incarnation == self._incarnation

    async def _hand_out(self, seen: _Seen, state: StreamState, *, before: datetime | None = None) -> bool:
        """Put events back into the outbox and remember `state`; return whether there were any.

        Nothing is remembered before all of them are back, so whoever is interrupted leaves it to the next one.
        """
        total = 0
        while (returned := await self._hand_out_some(seen, before)) == self._batch:
            total += returned
        async with transaction(self._database.writer) as connection:
            await self._remember(connection, seen, state)
            # Once more behind that lock: a relay that stood still may have marked some before.
            late = await connection.execute(_return_all(before))
        total += returned + late.rowcount
        if total:
            _log.warning("events_published_anew", stream=self._publisher.stream, events=total)
        return total > 0

    async def _hand_out_some(self, seen: _Seen, before: datetime | None) -> int:
        async with transaction(self._database.writer) as connection:
            returned = await connection.execute(_return_some(self._batch, before), self._values_of(seen))
        return returned.rowcount

    async def _remember(self, connection: AsyncConnection, seen: _Seen, state: StreamState) -> None:
        values = {"incarnation": state.incarnation, "last_sequence": state.last_sequence, **self._values_of(seen)}
        if (await connection.execute(_MOVE_ON, values)).rowcount != 1:
            raise StoreConflict("Another relay has looked at the stream.")

    def _values_of(self, seen: _Seen) -> dict[str, Any]:
        return {
            "stream": self._publisher.stream,
            "seen_incarnation": seen.incarnation,
            "seen_sequence": seen.last_sequence,
        }


def _return_some(batch: int, before: datetime | None) -> Update:
    """Put up to `batch` published events back, unless somebody else has dealt with the loss."""
    some = (
        select(OUTBOX.c.id)
        .where(_published(before), exists(select(EVENT_STREAMS.c.name).where(_AS_SEEN)))
        .order_by(OUTBOX.c.publish_time)
        .limit(batch)
    )
    return update(OUTBOX).where(OUTBOX.c.id.in_(some)).values(publish_time=None)


def _return_all(before: datetime | None) -> Update:
    return update(OUTBOX).where(_published(before)).values(publish_time=None)


def _published(before: datetime | None) -> ColumnElement[bool]:
    if before is None:
        return OUTBOX.c.publish_time.is_not(None)
    return OUTBOX.c.publish_time < before
