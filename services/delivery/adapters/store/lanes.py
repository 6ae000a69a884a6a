"""The lanes of channels in PostgreSQL."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from delivery.adapters.store.rows import LIFETIME_BEFORE
from delivery.adapters.tables import LANES
from delivery.domain.sending.lanes import NARROWCAST_CAPACITY, PROGRESS_CAPACITY, Capacity, Endpoint, Gate, Lane
from delivery.domain.sending.row import SendRow
from delivery.domain.sending.values import RowState

_LANE = LANES.c

CAPACITIES = {Endpoint.NARROWCAST: NARROWCAST_CAPACITY, Endpoint.PROGRESS: PROGRESS_CAPACITY}

# What a crash or a replica of the last release has left unannounced is found again by this.
_ANNOUNCE_ALL = text("""
    INSERT INTO lanes AS lane (channel, endpoint, due_time)
    SELECT channel, CASE WHEN state = 'ACCEPTED' AND line_request_id IS NOT NULL THEN 'PROGRESS' ELSE 'NARROWCAST' END,
        min(next_time)
    FROM send_requests WHERE state IN ('READY', 'CALLING', 'ACCEPTED') AND next_time IS NOT NULL
    GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (channel, endpoint) DO UPDATE SET due_time = excluded.due_time
    WHERE lane.due_time IS DISTINCT FROM excluded.due_time
""")
# Rows of the last release have no end, and are not worked on before they have one.
_END_ROWS = text("""
    WITH ended AS (
        UPDATE send_requests SET end_time = :end, order_time = coalesce(order_time, :now)
        WHERE end_time IS NULL AND state IN ('READY', 'CALLING', 'ACCEPTED') RETURNING campaign
    )
    UPDATE campaigns SET end_time = :end FROM ended WHERE campaigns.name = ended.campaign AND end_time IS NULL
""")
_FORGET_IDLE = text("""
    UPDATE lanes SET due_time = NULL WHERE due_time IS NOT NULL AND NOT EXISTS (
        SELECT FROM send_requests AS row
        WHERE row.channel = lanes.channel AND row.state IN ('READY', 'CALLING', 'ACCEPTED')
            AND row.next_time IS NOT NULL
    )
""")


class SqlLaneStore:
    """`LaneStore` over one transaction's connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def hold(self, channel: str, endpoint: Endpoint, *, at: datetime) -> Lane:
        """Return a lane, new where it is the first time, and keep others from changing it until the end."""
        new = insert(LANES).values(channel=channel, endpoint=endpoint.name).on_conflict_do_nothing()
        await self._connection.execute(new)
        query = select(LANES).where(_is_lane(channel, endpoint)).with_for_update()
        return read_lane((await self._connection.execute(query)).one(), channel, endpoint, at)

    async def save(self, lane: Lane, *, at: datetime) -> None:
        """Store a lane that is held."""
        values = {
            "full_time": lane.gate.full_time,
            "open_time": lane.gate.opens(at),
            "trouble_count": lane.trouble_count,
            "rest_until": lane.rest_until,
        }
        await self._connection.execute(update(LANES).where(_is_lane(lane.channel, lane.endpoint)).values(values))

    async def review(self, *, now: datetime) -> None:
        """Give orders of the last release an end, find again whatever is due, and let idle lanes be."""
        await self._connection.execute(_END_ROWS, {"now": now, "end": now + LIFETIME_BEFORE})
        await self._connection.execute(_ANNOUNCE_ALL)
        await self._connection.execute(_FORGET_IDLE)


def read_lane(row: Row[Any], channel: str, endpoint: Endpoint, at: datetime) -> Lane:
    """Read a lane from a row that holds its columns; an outer join's nulls are a lane that was never used."""
    capacity: Capacity = CAPACITIES[endpoint]
    return Lane(channel, endpoint, Gate(capacity, row.full_time or at), row.trouble_count or 0, row.rest_until)


async def announce(connection: AsyncConnection, row: SendRow) -> None:
    """Let a row's lane know when there is something to do, in the row's transaction."""
    if row.next_time is None:
        return
    asks = row.state is RowState.ACCEPTED and not row.repeats
    endpoint = Endpoint.PROGRESS if asks else Endpoint.NARROWCAST
    due = insert(LANES).values(channel=row.channel, endpoint=endpoint.name, due_time=row.next_time)
    await connection.execute(
        due.on_conflict_do_update(
            index_elements=[_LANE.channel, _LANE.endpoint],
            set_={"due_time": func.least(_LANE.due_time, due.excluded.due_time)},
        )
    )


def _is_lane(channel: str, endpoint: Endpoint) -> Any:
    return and_(_LANE.channel == channel, _LANE.endpoint == endpoint.name)
