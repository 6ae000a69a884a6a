"""Campaigns in PostgreSQL."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.store.claims import SqlClaims
from kit.store.ports import Claim
from reporting.adapters.store.documents import read_heard, write_heard
from reporting.adapters.tables import CAMPAIGNS
from reporting.domain.campaigns import Campaign, ReportState, Slot
from reporting.domain.rounds import Fact, FactKind, Heard


class SqlCampaignStore(SqlClaims[Campaign]):
    """`CampaignStore` over one transaction's connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        super().__init__(connection, CAMPAIGNS, read=from_row, key_of=lambda campaign: (campaign.name,))

    async def lock(self, name: str, *, heard_time: datetime) -> Campaign:
        """Return the campaign, new where it is the first time, and keep others from changing it until the end."""
        new = insert(CAMPAIGNS).values(_to_columns(Campaign(name, heard_time))).on_conflict_do_nothing()
        await self._connection.execute(new)
        locked = await self._connection.execute(select(CAMPAIGNS).where(CAMPAIGNS.c.name == name).with_for_update())
        return from_row(locked.one())

    async def save(self, campaign: Campaign) -> None:
        """Store a campaign that is locked or held."""
        await self._connection.execute(update(CAMPAIGNS).where(self._has_key(campaign)).values(_to_columns(campaign)))

    async def claim_due(self, *, now: datetime, lease: timedelta) -> Claim[Campaign] | None:
        """Take one campaign whose attempt is due."""
        due = self._candidates(CAMPAIGNS.c.attempt_time <= now).order_by(CAMPAIGNS.c.attempt_time)
        return await self._claim(due, lease=lease)


def from_row(row: Row[Any]) -> Campaign:
    """Read a campaign from a row that holds its columns."""
    return Campaign(
        name=row.name,
        start_time=row.start_time,
        heard=_read_heard(row),
        published=_read_published(row),
        due_day=row.due_day,
        attempt_time=row.attempt_time,
        failure_count=row.failure_count,
    )


def _read_heard(row: Row[Any]) -> Heard:
    """Take for heard, too, what the release before this one stored, which has no set of facts."""
    heard = read_heard(row.heard)
    if row.accept_time is not None and row.accept_time not in {fact.time for fact in heard.facts}:
        heard = heard.add(Fact(FactKind.ACCEPTED, row.accept_time))
    if row.failed and not any(fact.kind in (FactKind.ENDED, FactKind.GIVEN_UP) for fact in heard.facts):
        heard = heard.add(Fact(FactKind.ENDED, row.accept_time or row.start_time))
    return heard


def _read_published(row: Row[Any]) -> Slot | None:
    if row.published_day is None:
        return None
    return Slot(row.published_round, row.published_accept_time or row.accept_time, row.published_day)


def _to_columns(campaign: Campaign) -> dict[str, Any]:
    published = campaign.published
    return {
        "name": campaign.name,
        "channel": campaign.channel,
        "start_time": campaign.start_time,
        "heard": write_heard(campaign.heard),
        "accept_time": campaign.accept_time,
        "failed": campaign.state is ReportState.NOT_DELIVERED,
        "published_round": 1 if published is None else published.round,
        "published_day": None if published is None else published.day,
        "published_accept_time": None if published is None else published.accept_time,
        "due_day": campaign.due_day,
        "attempt_time": campaign.attempt_time,
        "failure_count": campaign.failure_count,
    }
