"""Whether the ledger is open, in PostgreSQL, which tells what server it is."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Text, and_, func, literal_column, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from delivery.adapters.tables import LEDGER_STATE
from delivery.domain.sending.restores import Doubt, Inspection, LedgerState, Server, StreamPlace
from kit.events.outbox import find_unknown

_STATE = LEDGER_STATE.c

# What any role may ask; all of it together takes PostgreSQL some 50 µs.
_PRESENT = {
    "system_identifier": literal_column("(SELECT system_identifier::text FROM pg_control_system())", Text),
    "timeline": literal_column(
        "CASE WHEN pg_is_in_recovery() THEN '' ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END", Text
    ),
    "start_time": func.pg_postmaster_start_time(),
}
_IS_SAME = and_(*(_STATE[name] == present for name, present in _PRESENT.items()))

_INSPECT = select(
    LEDGER_STATE,
    func.coalesce(_STATE.silence, func.now() - _STATE.open_clock).label("silent_for"),
    *(present.label(f"present_{name}") for name, present in _PRESENT.items()),
)
_LAST_CHANGE = text("""
    SELECT greatest(
        (SELECT event_time FROM outbox ORDER BY id DESC LIMIT 1),
        (SELECT time FROM send_attempts ORDER BY id DESC LIMIT 1),
        (SELECT update_time FROM campaigns WHERE order_time IS NOT NULL ORDER BY update_time DESC, name DESC LIMIT 1)
    )
""")


def is_open() -> ColumnElement[bool]:
    """Tell, as a condition of a query, whether the ledger is open."""
    return select(LEDGER_STATE).where(_IS_SAME, _STATE.doubt.is_(None)).exists()


class SqlLedgerStateStore:
    """`LedgerStateStore` over one transaction's connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self) -> LedgerState:
        """Return whether the ledger is open."""
        row = (await self._connection.execute(select(_STATE.doubt, _IS_SAME.label("is_same")))).one()
        if row.doubt is not None:
            return LedgerState.CLOSED
        return LedgerState.OPEN if row.is_same else LedgerState.CHECKING

    async def inspect(self) -> Inspection:
        """Return all that is known."""
        return _read((await self._connection.execute(_INSPECT)).one())

    async def open(self, seen: Inspection, place: StreamPlace | None) -> bool:
        """Note that with this server, and up to this place in the stream, all is in order now."""
        return await self._change(
            seen,
            **_write_server(seen.present),
            open_clock=func.now(),
            silence=None,
            notice_time=None,
            doubt=None,
            stream_incarnation=place.incarnation if place else None,
            stream_sequence=place.sequence if place else None,
        )

    async def notice(self, seen: Inspection, *, at: datetime) -> bool:
        """Note that the server has changed, after which the silence before it is counted no further."""
        return await self._change(seen, notice_time=at, silence=seen.silence)

    async def close(self, seen: Inspection, doubt: Doubt, *, at: datetime) -> bool:
        """Close the ledger."""
        return await self._change(seen, doubt=doubt.name, notice_time=seen.notice_time or at, silence=seen.silence)

    async def find_unknown_events(self, event_ids: Collection[str]) -> list[str]:
        """Return those ids of events that the outbox does not know."""
        return await find_unknown(self._connection, event_ids)

    async def find_last_change(self) -> datetime | None:
        """Return when the latest change happened that the database holds."""
        time: datetime | None = await self._connection.scalar(_LAST_CHANGE)
        return time

    async def _change(self, seen: Inspection, **values: Any) -> bool:
        """Write, unless somebody else has written, or the server has changed again."""
        is_as_seen = [_PRESENT[name] == value for name, value in _write_server(seen.present).items()]
        changed = await self._connection.execute(
            update(LEDGER_STATE)
            .where(_STATE.version == seen.version, *is_as_seen)
            .values(version=_STATE.version + 1, **values)
        )
        return changed.rowcount == 1


def _write_server(server: Server) -> dict[str, Any]:
    return {
        "system_identifier": server.system_identifier,
        "timeline": server.timeline,
        "start_time": server.start_time,
    }


def _read(row: Row[Any]) -> Inspection:
    was_seen = row.stream_incarnation is not None
    return Inspection(
        version=row.version,
        server=Server(row.system_identifier, row.timeline, row.start_time),
        present=Server(row.present_system_identifier, row.present_timeline, row.present_start_time),
        place=StreamPlace(row.stream_incarnation, row.stream_sequence) if was_seen else None,
        silence=row.silent_for,
        notice_time=row.notice_time,
        doubt=None if row.doubt is None else Doubt[row.doubt],
    )
