"""The publication ledger, and the raw figures behind it, in PostgreSQL; rows are only ever added."""

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from reporting.adapters.store.documents import read_figures, write_figures, write_requests
from reporting.adapters.tables import OBSERVATIONS, PUBLICATIONS
from reporting.domain.campaigns import Slot
from reporting.domain.observations import Observation
from reporting.domain.reports import Publication


class SqlPublicationStore:
    """`PublicationStore` over one transaction's connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, publication: Publication) -> None:
        """Append a line."""
        values = {
            "campaign": publication.campaign,
            "round": publication.round,
            "day": publication.day,
            "publish_time": publication.publish_time,
            "figures": write_figures(publication.figures),
        }
        await self._connection.execute(insert(PUBLICATIONS).values(values))

    async def find_last(self, campaign: str) -> Publication | None:
        """Return the last line of a campaign."""
        table = PUBLICATIONS
        newest = (table.c.round.desc(), table.c.day.desc())
        last = select(table).where(table.c.campaign == campaign).order_by(*newest).limit(1)
        row = (await self._connection.execute(last)).one_or_none()
        if row is None:
            return None
        return Publication(row.campaign, row.round, row.day, row.publish_time, read_figures(row.figures))


class SqlObservationStore:
    """`ObservationStore` over one transaction's connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, campaign: str, slot: Slot, observation: Observation) -> None:
        """Keep what a publication was made of."""
        values = {
            "campaign": campaign,
            "round": slot.round,
            "day": slot.day,
            "observe_time": observation.observe_time,
            "requests": write_requests(observation),
        }
        await self._connection.execute(insert(OBSERVATIONS).values(values))
