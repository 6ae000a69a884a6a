"""Reports in PostgreSQL: a campaign beside the last line of its ledger, in one statement."""

from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from reporting.adapters.store.campaigns import from_row
from reporting.adapters.store.documents import read_figures
from reporting.adapters.tables import CAMPAIGNS, PUBLICATIONS
from reporting.application.ports import PagePosition
from reporting.domain.reports import Publication, Report

_LAST = and_(
    PUBLICATIONS.c.campaign == CAMPAIGNS.c.name,
    PUBLICATIONS.c.round == CAMPAIGNS.c.published_round,
    PUBLICATIONS.c.day == CAMPAIGNS.c.published_day,
)
_READ: Select[Any] = select(CAMPAIGNS, PUBLICATIONS.c.publish_time, PUBLICATIONS.c.figures).select_from(
    CAMPAIGNS.outerjoin(PUBLICATIONS, _LAST)
)
_FIND = _READ.where(CAMPAIGNS.c.name == bindparam("campaign"))


class SqlReportStore:
    """`ReportStore` over one transaction's connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def find(self, campaign: str) -> Report | None:
        """Return the report of a campaign."""
        row = (await self._connection.execute(_FIND, {"campaign": campaign})).one_or_none()
        return None if row is None else _to_report(row)

    async def page(self, channel: str, *, after: PagePosition | None, size: int) -> list[Report]:
        """Return up to `size` reports of a channel, the newest campaign first."""
        order = (CAMPAIGNS.c.start_time, CAMPAIGNS.c.name)
        query = _READ.where(CAMPAIGNS.c.channel == channel).order_by(*(column.desc() for column in order)).limit(size)
        if after is not None:
            query = query.where(tuple_(*order) < tuple_(after.start_time, after.campaign))
        return [_to_report(row) for row in await self._connection.execute(query)]


def _to_report(row: Row[Any]) -> Report:
    campaign = from_row(row)
    if row.figures is None:
        return Report(campaign, None)
    published = (row.published_round, row.published_day, row.publish_time)
    publication = Publication(campaign.name, *published, read_figures(row.figures))
    return Report(campaign, publication)
