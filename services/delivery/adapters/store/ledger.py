"""The send ledger in PostgreSQL."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Row,
    and_,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from delivery.adapters.store import endings, queue
from delivery.adapters.store.lanes import announce, read_lane, release
from delivery.adapters.store.rows import from_row, to_columns
from delivery.adapters.tables import SEND_ATTEMPTS, SEND_REQUESTS
from delivery.application.ports import Place
from delivery.domain.sending.failures import UncertaintyReason
from delivery.domain.sending.lanes import Capacity, Endpoint, Lane
from delivery.domain.sending.row import SendRow
from delivery.domain.sending.values import RowState
from kit.store.claims import SqlClaims
from kit.store.ports import Claim

MOST_LOOKS = 20
"""How often one claim looks for another channel, after one whose rows somebody else was just holding."""

_ROW = SEND_REQUESTS.c
_FORGOTTEN = UncertaintyReason.LEDGER_RESTORED.name


class SqlLedgerStore(SqlClaims[SendRow]):
    """`LedgerStore` over one transaction's connection."""

    def __init__(self, connection: AsyncConnection, capacities: Mapping[Endpoint, Capacity]) -> None:
        super().__init__(connection, SEND_REQUESTS, read=from_row, key_of=lambda row: (row.name,))
        self._capacities = capacities

    async def add(self, row: SendRow) -> None:
        """Store a new row."""
        values = {**to_columns(row), "campaign": row.campaign, "claim_number": 0}
        await self._connection.execute(insert(SEND_REQUESTS).values(values))
        await announce(self._connection, row)

    async def list_of_campaign(self, campaign: str) -> list[SendRow]:
        """Return a campaign's rows, in ledger order."""
        query = select(SEND_REQUESTS).where(_ROW.campaign == campaign).order_by(_ROW.number)
        return [from_row(row) for row in await self._connection.execute(query)]

    async def hold_newest(self, campaign: str) -> SendRow | None:
        """Return a campaign's newest row, and keep others from changing it until the transaction ends."""
        newest = select(SEND_REQUESTS).where(_ROW.campaign == campaign).order_by(_ROW.number.desc()).limit(1)
        while (row := (await self._connection.execute(newest.with_for_update())).one_or_none()) is not None:
            # One that was superseded while it was waited for has a successor, which the next statement sees.
            if row.state != RowState.SUPERSEDED.name:
                return from_row(row)
        return None

    async def locate(self, campaigns: Collection[str]) -> Mapping[str, Place]:
        """Return the newest row of each campaign that has one, with its place in its channel's queue."""
        rows = await self._connection.execute(queue.select_places(campaigns))
        return {row.campaign: Place(from_row(row), self._read_lane(row), row.position) for row in rows}

    async def count_waiting(self, channel: str) -> int:
        """Return how many rows of a channel wait for a first call."""
        query = select(func.count()).where(
            _ROW.channel == channel, _ROW.due_time.is_not(None), _ROW.state == RowState.READY.name
        )
        return int(await self._connection.scalar(query) or 0)

    async def claim(self, endpoint: Endpoint, *, now: datetime, lease: timedelta) -> Claim[SendRow] | None:
        """Take the oldest row that is due at an endpoint, of the channel whose turn it is.

        Each statement sees what was committed before it, and the first one keeps others away from the channel: so the
        second one knows all of its claims.
        """
        capacity = self._capacities[endpoint]
        for _ in range(MOST_LOOKS):
            channel = await self._connection.scalar(queue.select_turn(endpoint, capacity), {"now": now})
            if channel is None:
                return None
            claim = await self._take(queue.claim_oldest(endpoint, capacity), lease=lease, its_channel=channel, now=now)
            if claim is not None:
                served = {"its_channel": channel, "now": now, "lease": lease}
                await self._connection.execute(queue.end_turn(endpoint), served)
                return claim
            await self._connection.execute(queue.pass_over(endpoint), {"now": now, "lease": lease})
        return None

    async def hold_ended(self, *, now: datetime) -> SendRow | None:
        """Return a row that has ended without another call, held; nobody is working on it."""
        for query in endings.select_ended(now):
            row = (await self._connection.execute(query)).one_or_none()
            if row is not None:
                return from_row(row)
        return None

    def _read_lane(self, row: Row[Any]) -> Lane:
        capacity = self._capacities[Endpoint.NARROWCAST]
        return read_lane(row, row.channel, Endpoint.NARROWCAST, capacity, at=row.order_time)

    async def release(self, claim: Claim[SendRow]) -> None:
        """End a claim, so that the row is free at once; harmless when it was lost."""
        await release(self._connection, claim.item.name, claim.number)

    async def measure_key_age(self, row: SendRow) -> timedelta | None:
        """Return how old the row's key is by the database's clock, read anew; None before its first attempt."""
        query = select(func.clock_timestamp() - _ROW.first_attempt_clock).where(_ROW.name == row.name)
        age: timedelta | None = await self._connection.scalar(query)
        return age

    async def save(self, row: SendRow) -> None:
        """Store a row that is held; the database's clock is noted with a generation's first attempt."""
        values: dict[str, Any] = to_columns(row)
        if row.attempt is None:
            values["first_attempt_clock"] = None
        else:
            values["first_attempt_clock"] = func.coalesce(_ROW.first_attempt_clock, func.clock_timestamp())
        await self._connection.execute(update(SEND_REQUESTS).where(_ROW.name == row.name).values(values))
        await announce(self._connection, row)

    async def has_calls_due(self, until: datetime) -> bool:
        """Tell whether LINE may have been called for any row until then."""
        query = select(exists().where(_is_undecided(), _may_be_called(until)))
        return bool(await self._connection.scalar(query))

    async def seize(self, *, due: datetime, most: int) -> list[SendRow]:
        """Hold up to `most` rows of which a restored ledger may have forgotten something, and end their claims."""
        undecided = and_(_ROW.state == RowState.UNCERTAIN.name, _ROW.uncertainty != _FORGOTTEN)
        some = select(_ROW.name).where(_is_undecided(), or_(_may_be_called(due), undecided)).limit(most)
        seized = await self._connection.execute(
            update(SEND_REQUESTS)
            .where(_ROW.name.in_(some.with_for_update().cte("seized").select()))
            .values(
                claim_number=_ROW.claim_number + 1,
                claim_expire_time=None,
                # A row of the last release is taken over by this: that one would go on with what it finds due.
                next_time=None,
                order_time=func.coalesce(_ROW.order_time, _ROW.next_time),
            )
            .returning(SEND_REQUESTS)
        )
        return sorted(map(from_row, seized), key=lambda row: row.name)

    async def log(self, row: SendRow, *, entry: str, evidence: str, at: datetime) -> None:
        """Add a line to the log of attempts."""
        line = {
            "request": row.name,
            "generation": row.generation,
            "attempt": row.attempt.count if row.attempt else 0,
            "entry": entry,
            "evidence": evidence,
            "time": at,
        }
        await self._connection.execute(insert(SEND_ATTEMPTS).values(line))


def _is_undecided() -> ColumnElement[bool]:
    """Say what the index `send_requests_undecided` holds, in the words by which PostgreSQL recognises it."""
    return literal_column("send_requests.state IN ('READY', 'CALLING', 'UNCERTAIN')", Boolean)


def _may_be_called(until: datetime) -> ColumnElement[bool]:
    """Tell the rows for which LINE may have been called until then."""
    is_due = and_(_ROW.state == RowState.READY.name, func.coalesce(_ROW.due_time, _ROW.next_time) <= until)
    return or_(is_due, _ROW.state == RowState.CALLING.name)
