"""The send ledger in PostgreSQL."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from delivery.adapters.store import queue
from delivery.adapters.store.lanes import announce, read_lane
from delivery.adapters.store.rows import from_row, to_columns
from delivery.adapters.tables import SEND_ATTEMPTS, SEND_REQUESTS
from delivery.application.ports import Place
from delivery.domain.sending.lanes import Endpoint
from delivery.domain.sending.row import SendRow
from delivery.domain.sending.values import RowState
from kit.store.claims import SqlClaims
from kit.store.ports import Claim

_ROW = SEND_REQUESTS.c


class SqlLedgerStore(SqlClaims[SendRow]):
    """`LedgerStore` over one transaction's connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        super().__init__(connection, SEND_REQUESTS, read=from_row, key_of=lambda row: (row.name,))

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
        row = (await self._connection.execute(newest.with_for_update())).one_or_none()
        return None if row is None else from_row(row)

    async def list_newest(self, campaigns: Collection[str]) -> Mapping[str, SendRow]:
        """Return the newest row of each campaign that has one, keyed by campaign."""
        rows = await self._connection.execute(queue.select_newest(campaigns))
        return {row.campaign: from_row(row) for row in rows}

    async def locate(self, campaigns: Collection[str]) -> Mapping[str, Place]:
        """Return the newest row of each campaign that has one, with its place in its channel's queue."""
        return {
            row.campaign: Place(
                from_row(row), read_lane(row, row.channel, Endpoint.NARROWCAST, row.order_time), row.position
            )
            for row in await self._connection.execute(queue.select_places(campaigns))
        }

    async def count_waiting(self, channel: str) -> int:
        """Return how many rows of a channel wait for a first call."""
        query = select(func.count()).where(_ROW.channel == channel, _ROW.state == RowState.READY.name)
        return int(await self._connection.scalar(query) or 0)

    async def claim(self, endpoint: Endpoint, *, now: datetime, lease: timedelta) -> Claim[SendRow] | None:
        """Take the oldest row that is due at an endpoint, of the channel that was served least recently."""
        channel = await self._connection.scalar(queue.select_channel(endpoint, now))
        if channel is None:
            return None
        await self._connection.execute(queue.note_service(channel, endpoint))
        due = self._candidates(queue.leads_to(endpoint), _ROW.channel == channel, _ROW.next_time <= now)
        return await self._claim(due.order_by(_ROW.order_time, _ROW.number), lease=lease)

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
