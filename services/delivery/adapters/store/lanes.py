"""The lanes of channels in PostgreSQL."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from delivery.adapters.store.rows import LIFETIME_BEFORE
from delivery.adapters.tables import LANES
from delivery.domain.sending.lanes import Capacity, Endpoint, Gate, Lane, open_lane
from delivery.domain.sending.row import SendRow
from delivery.domain.sending.values import RowState

_LANE = LANES.c

_ENDPOINT_OF_ROW = """
    CASE WHEN state = 'ACCEPTED' AND line_request_id IS NOT NULL THEN 'PROGRESS' ELSE 'NARROWCAST' END
"""
# What nobody has announced, as after a take-over or a crash, is found again by this.
_ANNOUNCE_DUE = text(f"""
    INSERT INTO lanes AS lane (channel, endpoint, due_time)
    SELECT due.channel, due.endpoint, due.time
    FROM (
        SELECT channel, {_ENDPOINT_OF_ROW} AS endpoint, min(due_time) AS time
        FROM send_requests WHERE due_time <= :now GROUP BY 1, 2
    ) AS due
    LEFT JOIN lanes AS known ON known.channel = due.channel AND known.endpoint = due.endpoint
    WHERE known.due_time IS NULL OR known.due_time > :now
    ORDER BY 1, 2
    ON CONFLICT (channel, endpoint) DO UPDATE SET due_time = least(lane.due_time, excluded.due_time)
""")  # noqa: S608 - of constants alone
# Rows of the last release, whose replicas may still run: each is worked on by one release at a time. Its order ends one
# lifetime after this first look.
_TAKE_OVER = text("""
    WITH theirs AS (
        SELECT name, campaign FROM send_requests
        WHERE next_time IS NOT NULL AND (claim_expire_time IS NULL OR claim_expire_time < now())
        FOR UPDATE SKIP LOCKED
    ), taken AS (
        UPDATE send_requests AS row
        SET due_time = row.next_time, next_time = NULL,
            claim_number = row.claim_number + 1, claim_expire_time = NULL,
            order_time = coalesce(row.order_time, campaign.update_time),
            end_time = coalesce(row.end_time, :end),
            last_attempt_time = coalesce(row.last_attempt_time, row.first_attempt_time),
            first_attempt_clock = coalesce(row.first_attempt_clock, row.first_attempt_time)
        FROM theirs JOIN campaigns AS campaign ON campaign.name = theirs.campaign
        WHERE row.name = theirs.name RETURNING row.campaign, row.order_time, row.end_time
    )
    UPDATE campaigns
    SET order_time = coalesce(campaigns.order_time, taken.order_time),
        end_time = coalesce(campaigns.end_time, taken.end_time)
    FROM taken WHERE campaigns.name = taken.campaign
""")
_RELEASE = text(f"""
    WITH released AS (
        UPDATE send_requests SET claim_expire_time = NULL WHERE name = :name AND claim_number = :number
        RETURNING channel, {_ENDPOINT_OF_ROW} AS endpoint, due_time
    )
    INSERT INTO lanes AS lane (channel, endpoint, due_time)
    SELECT channel, endpoint, due_time FROM released WHERE due_time IS NOT NULL
    ON CONFLICT (channel, endpoint) DO UPDATE SET due_time = excluded.due_time
    WHERE lane.due_time IS NULL OR lane.due_time > excluded.due_time
""")  # noqa: S608 - of constants alone


class SqlLaneStore:
    """`LaneStore` over one transaction's connection."""

    def __init__(self, connection: AsyncConnection, capacities: Mapping[Endpoint, Capacity]) -> None:
        self._connection = connection
        self._capacities = capacities

    async def find(self, channel: str, endpoint: Endpoint, *, at: datetime) -> Lane:
        """Return a lane as it is; one that was never used is open."""
        row = (await self._connection.execute(select(LANES).where(_is_lane(channel, endpoint)))).one_or_none()
        capacity = self._capacities[endpoint]
        if row is None:
            return open_lane(channel, endpoint, capacity, at=at)
        return read_lane(row, channel, endpoint, capacity, at=at)

    async def hold(self, channel: str, endpoint: Endpoint, *, at: datetime) -> Lane:
        """Return a lane, new where it is the first time, and keep others from changing it until the end."""
        new = insert(LANES).values(channel=channel, endpoint=endpoint.name).on_conflict_do_nothing()
        await self._connection.execute(new)
        query = select(LANES).where(_is_lane(channel, endpoint)).with_for_update()
        row = (await self._connection.execute(query)).one()
        return read_lane(row, channel, endpoint, self._capacities[endpoint], at=at)

    async def save(self, lane: Lane, *, at: datetime) -> None:
        """Store a lane that is held."""
        values = {
            "full_time": lane.gate.full_time,
            "shut_time": lane.gate.shut_time,
            "open_time": lane.gate.opens(at),
            "trouble_count": lane.trouble_count,
            "rest_until": lane.rest_until,
        }
        await self._connection.execute(update(LANES).where(_is_lane(lane.channel, lane.endpoint)).values(values))

    async def review(self, *, now: datetime) -> None:
        """Take over what the last release has left, and find again whatever is due."""
        await self._connection.execute(_TAKE_OVER, {"end": now + LIFETIME_BEFORE})
        await self._connection.execute(_ANNOUNCE_DUE, {"now": now})


def read_lane(row: Row[Any], channel: str, endpoint: Endpoint, capacity: Capacity, *, at: datetime) -> Lane:
    """Read a lane from a row that holds its columns; an outer join's nulls are a lane that was never used."""
    gate = Gate(capacity, row.full_time or at, row.shut_time)
    return Lane(channel, endpoint, gate, row.trouble_count or 0, row.rest_until)


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
            set_={"due_time": due.excluded.due_time},
            where=or_(_LANE.due_time.is_(None), _LANE.due_time > due.excluded.due_time),
        )
    )


async def release(connection: AsyncConnection, row: str, number: int) -> None:
    """End the claim of that number on a row, and let the row's lane know what is left to do."""
    await connection.execute(_RELEASE, {"name": row, "number": number})


def _is_lane(channel: str, endpoint: Endpoint) -> Any:
    return and_(_LANE.channel == channel, _LANE.endpoint == endpoint.name)
