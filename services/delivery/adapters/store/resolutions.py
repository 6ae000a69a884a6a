"""The log of decisions about uncertain sends, in PostgreSQL."""

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from delivery.adapters.store.documents import read_uncertainty, write_uncertainty
from delivery.adapters.tables import RESOLUTIONS
from delivery.domain.campaigns.campaign import Decision, Resolution
from delivery.domain.campaigns.resolving import DecisionRecord

_LINE = RESOLUTIONS.c


class SqlDecisionLog:
    """`DecisionLog` over one transaction's connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, record: DecisionRecord) -> None:
        """Add a line."""
        line = {
            "campaign": record.campaign,
            "request": record.row,
            "decision": record.resolution.decision.name,
            "time": record.resolution.time,
            "resolver": record.resolution.resolver,
            "uncertainty": write_uncertainty(record.uncertainty),
        }
        await self._connection.execute(insert(RESOLUTIONS).values(line))

    async def list_of_campaign(self, campaign: str) -> list[DecisionRecord]:
        """Return the decisions about a campaign, the oldest first."""
        query = select(RESOLUTIONS).where(_LINE.campaign == campaign).order_by(_LINE.id)
        return [
            DecisionRecord(
                campaign=line.campaign,
                row=line.request,
                resolution=Resolution(Decision[line.decision], line.time, line.resolver),
                uncertainty=read_uncertainty(line.uncertainty),
            )
            for line in await self._connection.execute(query)
        ]
