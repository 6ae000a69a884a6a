"""Dead letters: events that a consumer could not handle, kept for an operator to look at and to redrive."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Row, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from kit.events.envelope import Event
from kit.events.errors import PermanentFailure
from kit.events.ports import Handler
from kit.events.rows import from_row, to_columns
from kit.events.schema import DEAD_LETTERS
from kit.store.engine import Database
from kit.store.uow import connected, transaction

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """One buried event.

    `reason` is a `PermanentFailure.reason` or the class name of what the handler raised last; `create_time` is machine
    time.
    """

    id: int
    consumer: str
    event: Event
    reason: str
    attempt_count: int
    create_time: datetime


@dataclass(frozen=True, slots=True)
class Redriven:
    """Ids of the dead letters that were handled now, and of those that failed again and stay."""

    handled: tuple[int, ...]
    failed: tuple[int, ...]


class DeadLetters:
    """The dead letters of one service; several replicas may redrive at once, the inbox skips what both handle."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def bury(self, consumer: str, event: Event, *, reason: str, attempt_count: int) -> None:
        """Keep the event for an operator; burying it again only renews reason and count."""
        told = {"reason": reason, "attempt_count": attempt_count}
        statement = insert(DEAD_LETTERS).values(consumer=consumer, **to_columns(event), **told)
        statement = statement.on_conflict_do_update(index_elements=["consumer", "event_id"], set_=told)
        async with transaction(self._database.writer) as connection:
            await connection.execute(statement)

    async def find(
        self, *, after_id: int = 0, limit: int = 100, ids: Collection[int] | None = None
    ) -> Sequence[DeadLetter]:
        """Return up to `limit` dead letters with a larger id than `after_id`, oldest first; only `ids` if given."""
        statement = select(DEAD_LETTERS).where(DEAD_LETTERS.c.id > after_id).order_by(DEAD_LETTERS.c.id).limit(limit)
        if ids is not None:
            statement = statement.where(DEAD_LETTERS.c.id.in_(ids))
        async with connected(self._database.reader) as connection:
            rows = await connection.execute(statement)
            return [_to_dead_letter(row) for row in rows]

    async def redrive(self, handlers: Mapping[str, Handler], *, ids: Collection[int] | None = None) -> Redriven:
        """Put dead letters through their handlers once more; those handled leave the table.

        Each is tried once. One whose consumer has no handler here is left alone.

        Args:
            handlers: the service's handlers, keyed by consumer name.
            ids: which ones; None means all.

        """
        handled: list[int] = []
        failed: list[int] = []
        last_id = await self._last_id()
        after_id = 0
        while after_id < last_id and (page := await self.find(after_id=after_id, ids=ids)):
            for letter in page:
                if letter.consumer in handlers:
                    done = await self._try(letter, handlers[letter.consumer])
                    (handled if done else failed).append(letter.id)
            after_id = page[-1].id
        return Redriven(tuple(handled), tuple(failed))

    async def _last_id(self) -> int:
        async with connected(self._database.reader) as connection:
            return int(await connection.scalar(select(func.coalesce(func.max(DEAD_LETTERS.c.id), 0))) or 0)

    async def _try(self, letter: DeadLetter, handle: Handler) -> bool:
        try:
            await handle(letter.event)
        except Exception as error:  # noqa: BLE001 - one that fails again must not stop the others
            reason = error.reason if isinstance(error, PermanentFailure) else type(error).__name__
            _log.warning("redrive_failed", dead_letter=letter.id, consumer=letter.consumer, reason=reason)
            again = update(DEAD_LETTERS).values(reason=reason, attempt_count=DEAD_LETTERS.c.attempt_count + 1)
            async with transaction(self._database.writer) as connection:
                await connection.execute(again.where(DEAD_LETTERS.c.id == letter.id))
            return False
        async with transaction(self._database.writer) as connection:
            await connection.execute(delete(DEAD_LETTERS).where(DEAD_LETTERS.c.id == letter.id))
        return True


def _to_dead_letter(row: Row[Any]) -> DeadLetter:
    return DeadLetter(
        id=row.id,
        consumer=row.consumer,
        event=from_row(row),
        reason=row.reason,
        attempt_count=row.attempt_count,
        create_time=row.create_time,
    )
