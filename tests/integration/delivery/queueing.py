"""Rows of many channels in the queue, and what their claims come to."""

import uuid
from dataclasses import replace
from datetime import datetime, timedelta

from delivery.adapters.store.transaction import SqlTransaction
from delivery.domain.campaigns.campaign import open_campaign
from delivery.domain.campaigns.draft import NewCampaign
from delivery.domain.sending.lanes import Endpoint
from delivery.domain.sending.row import SendRow, open_row
from delivery.domain.sending.values import Deadline
from kit.store.holding import LEASE
from kit.store.ports import Claim
from kit.store.uow import SqlUnitOfWork
from tests.strategies.policy import MESSAGES, make_content, make_targeting
from tests.strategies.rows import START, begin

Store = SqlUnitOfWork[SqlTransaction]
DAY = timedelta(days=1)


async def order(store: Store, channel: str, *, number: int = 1, at: datetime = START) -> SendRow:
    """Store a campaign of a channel, as `acme`, and its row, which was ordered at a time."""
    uid = uuid.uuid4()
    draft = NewCampaign(
        f"channels/{channel}/campaigns/c{number}", "May", make_targeting(), MESSAGES, content=make_content()
    )
    row = open_row(draft.name, uid=uid, number=1, deadline=Deadline(at + DAY), at=at)
    async with store() as tx:
        await tx.campaigns.add(open_campaign(draft, uid=uid, at=at))
        await tx.ledger.add(row)
    return row


async def accept(store: Store, row: SendRow) -> None:
    """Let LINE have taken a row."""
    taken = begin(row).accept(f"line-{row.campaign}", at=START)
    async with store() as tx:
        await tx.ledger.save(taken)


async def claim(
    store: Store, endpoint: Endpoint = Endpoint.NARROWCAST, *, at: datetime = START, lease: timedelta = LEASE
) -> Claim[SendRow] | None:
    """Claim a row that is due."""
    async with store() as tx:
        return await tx.ledger.claim(endpoint, now=at, lease=lease)


async def finish(store: Store, claimed: Claim[SendRow]) -> None:
    """End a row that was claimed, and give it back."""
    async with store() as tx:
        row = await tx.ledger.hold(claimed)
        assert row is not None
        await tx.ledger.save(replace(row, next_time=None))
    async with store() as tx:
        await tx.ledger.release(claimed)
