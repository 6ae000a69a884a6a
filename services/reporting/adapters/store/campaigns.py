"""Campaigns in PostgreSQL."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from reporting.adapters.tables import CAMPAIGNS
from reporting.application.ports import ObservationClaim
from reporting.domain.campaigns import Campaign


class SqlCampaignStore:
    """`CampaignStore` over one transaction's connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def hold(self, name: str, *, heard_time: datetime) -> Campaign:
        """Return the campaign, new where it is the first time, and keep others from changing it until the end."""
        new = insert(CAMPAIGNS).values(_to_columns(Campaign(name, heard_time))).on_conflict_do_nothing()
        await self._connection.execute(new)
        held = await self._connection.execute(select(CAMPAIGNS).where(CAMPAIGNS.c.name == name).with_for_update())
        return from_row(held.one())

    async def save(self, campaign: Campaign) -> None:
        """Store what was heard of a campaign that is held."""
        values = _to_columns(campaign)
        await self._connection.execute(update(CAMPAIGNS).where(CAMPAIGNS.c.name == campaign.name).values(values))

    async def claim_due(self, *, now: datetime, lease: timedelta) -> ObservationClaim | None:
        """Take one campaign whose attempt is due; a new number fences off whoever had it before."""
        table = CAMPAIGNS
        is_free = or_(table.c.claim_expire_time.is_(None), table.c.claim_expire_time < func.now())
        due = (
            select(table.c.name)
            .where(table.c.attempt_time <= now, is_free)
            .order_by(table.c.attempt_time)
            .limit(1)
            .with_for_update(skip_locked=True)
            .scalar_subquery()
        )
        claimed = await self._connection.execute(
            update(table)
            .where(table.c.name == due)
            .values(claim_number=table.c.claim_number + 1, claim_expire_time=func.now() + lease)
            .returning(table)
        )
        row = claimed.one_or_none()
        return None if row is None else ObservationClaim(from_row(row), row.claim_number)

    async def hold_claimed(self, claim: ObservationClaim) -> Campaign | None:
        """Return the campaign as it is now, held; None when the claim was lost to somebody else."""
        held = await self._connection.execute(select(CAMPAIGNS).where(_is_claimed(claim)).with_for_update())
        row = held.one_or_none()
        return None if row is None else from_row(row)

    async def finish(self, claim: ObservationClaim, campaign: Campaign) -> None:
        """Store the campaign, and end the claim."""
        values = {**_to_columns(campaign), "claim_expire_time": None}
        await self._connection.execute(update(CAMPAIGNS).where(_is_claimed(claim)).values(values))


def from_row(row: Row[Any]) -> Campaign:
    """Read a campaign from a row that holds its columns."""
    return Campaign(
        name=row.name,
        start_time=row.start_time,
        accept_time=row.accept_time,
        failed=row.failed,
        published_day=row.published_day,
        due_day=row.due_day,
        attempt_time=row.attempt_time,
        failure_count=row.failure_count,
    )


def _to_columns(campaign: Campaign) -> dict[str, Any]:
    return {
        "name": campaign.name,
        "channel": campaign.channel,
        "start_time": campaign.start_time,
        "accept_time": campaign.accept_time,
        "failed": campaign.failed,
        "published_day": campaign.published_day,
        "due_day": campaign.due_day,
        "attempt_time": campaign.attempt_time,
        "failure_count": campaign.failure_count,
    }


def _is_claimed(claim: ObservationClaim) -> ColumnElement[bool]:
    return and_(CAMPAIGNS.c.name == claim.campaign.name, CAMPAIGNS.c.claim_number == claim.number)
