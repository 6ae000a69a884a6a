"""Campaigns in PostgreSQL."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, any_, bindparam, insert, select, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from delivery.adapters.store.documents import (
    read_content,
    read_failure,
    read_resolution,
    read_uncertainty,
    write_content,
    write_failure,
    write_resolution,
    write_uncertainty,
)
from delivery.adapters.store.rows import LIFETIME_BEFORE
from delivery.adapters.tables import CAMPAIGN_NAMES, CAMPAIGNS
from delivery.adapters.targeting_json import read_targeting, write_targeting
from delivery.application.ports import PagePosition
from delivery.domain.campaigns.campaign import Campaign, CampaignState, Order
from delivery.domain.campaigns.draft import NewCampaign
from delivery.domain.sending.values import Deadline
from kit.errors import AlreadyExists

_FIND = select(CAMPAIGNS).where(CAMPAIGNS.c.name == bindparam("campaign"))


class SqlCampaignStore:
    """`CampaignStore` over one transaction's connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, campaign: Campaign) -> None:
        """Store a new campaign under a name that was never given before."""
        try:
            async with self._connection.begin_nested():
                await self._connection.execute(insert(CAMPAIGN_NAMES).values(name=campaign.name))
                await self._connection.execute(insert(CAMPAIGNS).values(_to_columns(campaign)))
        except IntegrityError as error:
            raise AlreadyExists(campaign.name) from error

    async def find(self, name: str) -> Campaign | None:
        """Return the campaign of that name."""
        row = (await self._connection.execute(_FIND, {"campaign": name})).one_or_none()
        return None if row is None else _from_row(row)

    async def hold(self, name: str) -> Campaign | None:
        """Return the campaign and keep others from changing it until the transaction ends."""
        held = await self._connection.execute(_FIND.with_for_update(), {"campaign": name})
        row = held.one_or_none()
        return None if row is None else _from_row(row)

    async def save(self, campaign: Campaign) -> None:
        """Store the campaign's present state."""
        values = _to_columns(campaign)
        await self._connection.execute(update(CAMPAIGNS).where(CAMPAIGNS.c.name == campaign.name).values(values))

    async def refuse_names(self, names: Collection[str]) -> int:
        """Give those names that no campaign has ever had to none; return how many they are."""
        if not names:
            return 0
        new = upsert(CAMPAIGN_NAMES).values([{"name": name} for name in sorted(set(names))])
        refused = await self._connection.execute(new.on_conflict_do_nothing().returning(CAMPAIGN_NAMES.c.name))
        return len(refused.all())

    async def list_drafts(self, names: Collection[str]) -> list[str]:
        """Return those names whose campaigns are drafts, sorted."""
        is_named = CAMPAIGNS.c.name == any_(bindparam("names", list(names), type_=ARRAY(CAMPAIGNS.c.name.type)))
        drafts = select(CAMPAIGNS.c.name).where(is_named, CAMPAIGNS.c.state == CampaignState.DRAFT.name)
        return sorted((await self._connection.execute(drafts)).scalars())

    async def page(self, channel: str, *, after: PagePosition | None, size: int) -> list[Campaign]:
        """Return up to `size` campaigns of a channel, the newest first."""
        order = (CAMPAIGNS.c.create_time, CAMPAIGNS.c.name)
        query = select(CAMPAIGNS).where(CAMPAIGNS.c.channel == channel)
        query = query.order_by(*(column.desc() for column in order)).limit(size)
        if after is not None:
            query = query.where(tuple_(*order) < (after.time, after.name))
        return [_from_row(row) for row in await self._connection.execute(query)]


def _to_columns(campaign: Campaign) -> dict[str, Any]:
    draft = campaign.draft
    return {
        "name": campaign.name,
        "channel": campaign.channel,
        "display_name": draft.display_name,
        "targeting": write_targeting(draft.targeting),
        "messages": draft.messages,
        "content": write_content(draft.content),
        "notification_disabled": draft.notification_disabled,
        "recipient_limit": draft.recipient_limit,
        "state": campaign.state.name,
        "revision": campaign.revision,
        "version": campaign.version,
        "acknowledgements": sorted(campaign.acknowledgements),
        "create_time": campaign.create_time,
        "update_time": campaign.update_time,
        "accept_time": campaign.accept_time,
        "complete_time": campaign.complete_time,
        "failure": None if campaign.failure is None else write_failure(campaign.failure),
        "uid": campaign.uid,
        "cancel_request_time": campaign.cancel_request_time,
        "uncertainty": None if campaign.uncertainty is None else write_uncertainty(campaign.uncertainty),
        "resolution": None if campaign.resolution is None else write_resolution(campaign.resolution),
        **_write_order(campaign.order),
    }


def _write_order(order: Order | None) -> dict[str, Any]:
    if order is None:
        return {}
    return {
        "order_time": order.time,
        "end_time": order.deadline.time,
        "end_is_callers": order.deadline.callers_own,
        "order_lifetime": order.lifetime,
    }


def _from_row(row: Row[Any]) -> Campaign:
    draft = NewCampaign(
        name=row.name,
        display_name=row.display_name,
        targeting=read_targeting(row.targeting),
        messages=row.messages,
        content=read_content(row.content),
        notification_disabled=row.notification_disabled,
        recipient_limit=row.recipient_limit,
    )
    return Campaign(
        draft=draft,
        state=CampaignState[row.state],
        revision=row.revision,
        version=row.version,
        create_time=row.create_time,
        update_time=row.update_time,
        acknowledgements=frozenset(row.acknowledgements),
        accept_time=row.accept_time,
        complete_time=row.complete_time,
        failure=None if row.failure is None else read_failure(row.failure),
        uid=row.uid,
        order=_read_order(row),
        cancel_request_time=row.cancel_request_time,
        uncertainty=None if row.uncertainty is None else read_uncertainty(row.uncertainty),
        resolution=None if row.resolution is None else read_resolution(row.resolution),
    )


def _read_order(row: Row[Any]) -> Order | None:
    if row.order_time is None:
        return None
    lifetime: timedelta = row.order_lifetime or LIFETIME_BEFORE
    end = row.end_time or row.order_time + lifetime
    return Order(row.order_time, Deadline(end, callers_own=row.end_is_callers), lifetime)
