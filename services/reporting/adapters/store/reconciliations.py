"""How far reporting has compared itself with others, in PostgreSQL."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.store.claims import SqlClaims
from kit.store.ports import Claim
from reporting.adapters.tables import RECONCILIATIONS
from reporting.domain.reconciliation import Pass, Reconciliation


class SqlReconciliationStore(SqlClaims[Reconciliation]):
    """`ReconciliationStore` over one transaction's connection; migrations make the rows."""

    def __init__(self, connection: AsyncConnection) -> None:
        super().__init__(connection, RECONCILIATIONS, read=_from_row, key_of=lambda item: (item.service,))

    async def find(self, service: str) -> Reconciliation:
        """Return the comparison with a service."""
        found = await self._connection.execute(_read(service))
        return _from_row(found.one())

    async def lock(self, service: str) -> Reconciliation:
        """Return it, and keep others from changing it until the end."""
        locked = await self._connection.execute(_read(service).with_for_update())
        return _from_row(locked.one())

    async def save(self, reconciliation: Reconciliation) -> None:
        """Store one that is locked or held."""
        values = _to_columns(reconciliation)
        await self._connection.execute(update(RECONCILIATIONS).where(self._has_key(reconciliation)).values(values))

    async def claim_due(self, *, now: datetime, lease: timedelta) -> Claim[Reconciliation] | None:
        """Take one that is due."""
        due = self._candidates(RECONCILIATIONS.c.next_time <= now).order_by(RECONCILIATIONS.c.next_time)
        return await self._claim(due, lease=lease)


def _read(service: str) -> Select[Any]:
    return select(RECONCILIATIONS).where(RECONCILIATIONS.c.service == service)


def _from_row(row: Row[Any]) -> Reconciliation:
    running = None if row.begin_time is None else Pass(row.since_time, row.begin_time, row.page_token)
    return Reconciliation(
        service=row.service,
        next_time=row.next_time,
        done_time=row.done_time,
        running=running,
        failure_count=row.failure_count,
        incarnation=row.incarnation,
        lost_sequence=row.lost_sequence,
        gap_time=row.gap_time,
    )


def _to_columns(reconciliation: Reconciliation) -> dict[str, Any]:
    running = reconciliation.running
    return {
        "next_time": reconciliation.next_time,
        "done_time": reconciliation.done_time,
        "since_time": None if running is None else running.since_time,
        "begin_time": None if running is None else running.begin_time,
        "page_token": None if running is None else running.page_token,
        "failure_count": reconciliation.failure_count,
        "incarnation": reconciliation.incarnation,
        "lost_sequence": reconciliation.lost_sequence,
        "gap_time": reconciliation.gap_time,
    }
