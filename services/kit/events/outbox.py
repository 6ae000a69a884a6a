"""The outbox: events written in the transaction of the change that they report (ST 3.4)."""

from collections.abc import Collection
from dataclasses import replace

from sqlalchemy import bindparam, func, insert, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.events.envelope import Event
from kit.events.rows import to_columns
from kit.events.schema import OUTBOX
from kit.events.tracing import current_traceparent

_EVENT_COLUMNS = ("event_id", "source", "type", "subject", "resource", "event_time", "body", "traceparent")

# The row's id must be drawn after the resource's lock is held, and the lock is kept until the commit: so ids of one
# resource are in commit order, whatever its transactions do before. A CTE that calls a volatile function is computed
# before the row is built from it. A collision of hashes only makes two resources wait for each other.
_LOCK = select(
    func.pg_advisory_xact_lock(func.hashtextextended(literal("outbox:").concat(bindparam("resource")), 0)).label("held")
).cte("resource_lock")
_ADD = insert(OUTBOX).from_select(
    _EVENT_COLUMNS,
    select(*(bindparam(name, type_=OUTBOX.c[name].type) for name in _EVENT_COLUMNS)).select_from(_LOCK),
)


class Outbox:
    """`EventSink` over one transaction's connection.

    Until the transaction ends, others that add an event of the same resource wait for it. Who adds events of several
    resources does so in a fixed order, or may lose a deadlock as `StoreConflict`.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, event: Event) -> None:
        """Publish `event` if and only if the transaction commits; it joins the current trace if it names none."""
        if event.traceparent is None:
            event = replace(event, traceparent=current_traceparent())
        await self._connection.execute(_ADD, to_columns(event))


async def find_unknown(connection: AsyncConnection, event_ids: Collection[str]) -> list[str]:
    """Return those ids of which the outbox holds no event: it never had one, or has deleted it (`RETENTION`).

    Reads all that the outbox holds: for the rare moments at which a service doubts its own memory.
    """
    asked = func.unnest(bindparam("ids", type_=ARRAY(OUTBOX.c.event_id.type))).table_valued("id").render_derived()
    known = select(OUTBOX.c.event_id).where(OUTBOX.c.event_id == asked.c.id).exists()
    found = await connection.execute(select(asked.c.id).where(~known), {"ids": list(event_ids)})
    return list(found.scalars())
