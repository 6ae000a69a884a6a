"""The insight budget in PostgreSQL: the calls of the last hour of business time, which is LINE's time."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from delivery.adapters.tables import INSIGHT_CALLS

MOST_CALLS = 60
"""Insight calls of a channel in an hour (LP 1.6)."""

HOUR = timedelta(hours=1)


class SqlInsightBudget:
    """`InsightBudget` over one transaction's connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def spend(self, channel: str, count: int, *, at: datetime) -> timedelta | None:
        """Take `count` calls; or take none and return how long to wait."""
        calls = INSIGHT_CALLS.c
        await self._connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(channel, 60))))
        await self._connection.execute(
            delete(INSIGHT_CALLS).where(calls.channel == channel, calls.call_time <= at - HOUR)
        )
        recent = select(func.count(), func.min(calls.call_time)).where(calls.channel == channel)
        spent, oldest = (await self._connection.execute(recent)).one()
        if spent and spent + count > MOST_CALLS:
            wait: timedelta = oldest + HOUR - at
            return max(wait, timedelta(seconds=1))
        rows = [{"channel": channel, "call_time": at}] * count
        await self._connection.execute(insert(INSIGHT_CALLS), rows)
        return None
