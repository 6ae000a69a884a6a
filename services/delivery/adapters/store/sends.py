"""Ordered campaigns in outline, in PostgreSQL: no messages, no targeting, no bytes."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Integer, Row, Select, bindparam, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from delivery.adapters.store.rows import read_acceptance
from delivery.adapters.tables import CAMPAIGNS, SEND_REQUESTS
from delivery.application.ports import PagePosition
from delivery.domain.campaigns.campaign import CampaignState
from delivery.domain.campaigns.sends import Send, sum_up
from delivery.domain.sending.failures import FailureReason

_CAMPAIGN = CAMPAIGNS.c
_ROW = SEND_REQUESTS.c

_OUTLINE = (
    _CAMPAIGN.name,
    _CAMPAIGN.state,
    _CAMPAIGN.failure,
    _CAMPAIGN.order_time,
    _CAMPAIGN.complete_time,
    _CAMPAIGN.update_time,
    _CAMPAIGN.accept_time.label("last_accept_time"),
)
_TAKEN = (
    _ROW.accept_time,
    _ROW.accept_confirmed,
    _ROW.line_request_id,
    _ROW.further_ids,
    _ROW.delivered_ids,
    _ROW.denied_ids,
    _ROW.accept_failure,
    _ROW.told_end_time,
)


class SqlSendStore:
    """`SendStore` over one transaction's connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def page(self, channel: str | None, *, since: datetime, after: PagePosition | None, size: int) -> list[Send]:
        """Return up to `size` ordered campaigns, by their last change since then."""
        rows = await self._connection.execute(select_sends(channel, since=since, after=after, size=size))
        return list(_read(rows.all()))


def select_sends(channel: str | None, *, since: datetime, after: PagePosition | None, size: int) -> Select[Any]:
    """Select campaigns with their rows of the ledger, all of one campaign together and in ledger order.

    One statement, so that a campaign and its rows are those of one moment.
    """
    order = (_CAMPAIGN.update_time, _CAMPAIGN.name)
    begin = after or PagePosition(since, "")
    chosen = select(*_OUTLINE).where(_CAMPAIGN.order_time.is_not(None), tuple_(*order) > (begin.time, begin.name))
    if channel is not None:
        chosen = chosen.where(_CAMPAIGN.channel == channel)
    # Written into the statement: a plan for any number would read the whole ledger.
    most = bindparam("most", size, type_=Integer, literal_execute=True)
    page = chosen.order_by(*order).limit(most).subquery("page")
    joined = page.outerjoin(SEND_REQUESTS, _ROW.campaign == page.c.name)
    return select(page, *_TAKEN).select_from(joined).order_by(page.c.update_time, page.c.name, _ROW.number)


def _read(rows: Sequence[Row[Any]]) -> Iterator[Send]:
    for name, group in groupby(rows, key=lambda row: row.name):
        parts = list(group)
        outline = parts[0]
        yield Send(
            campaign=name,
            state=CampaignState[outline.state],
            failure=None if outline.failure is None else FailureReason[outline.failure["reason"]],
            order_time=outline.order_time,
            accept_time=outline.last_accept_time,
            complete_time=outline.complete_time,
            update_time=outline.update_time,
            taken=sum_up(map(read_acceptance, parts)),
        )
