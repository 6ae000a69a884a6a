"""Stores of either kind as the tests of their ports handle them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from delivery.application.ports import Transaction
from delivery.domain.campaigns.campaign import Campaign, open_campaign
from delivery.domain.campaigns.draft import NewCampaign
from delivery.domain.sending.lanes import Endpoint
from delivery.domain.sending.row import SendRow, open_row
from delivery.domain.sending.values import Deadline
from kit.store.holding import LEASE
from kit.store.ports import Claim, UnitOfWork
from tests.strategies.policy import MESSAGES, make_content, make_targeting
from tests.strategies.rows import START, UID

Store = UnitOfWork[Transaction]
ACME, BEE = "channels/acme", "channels/bee"
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def make_campaign(name: str = f"{ACME}/campaigns/may", **changes: Any) -> Campaign:
    """Make a draft, but for the changes."""
    draft = NewCampaign(name, "May", make_targeting(), MESSAGES, content=make_content())
    return replace(open_campaign(draft, uid=UID, at=START), **changes)


async def order(store: Store, name: str, *, after: timedelta = timedelta(0), number: int = 1) -> SendRow:
    """Store a campaign with a row that was ordered `after` the start."""
    row = open_row(name, uid=UID, number=number, deadline=Deadline(START + 24 * HOUR), at=START + after)
    async with store() as tx:
        if await tx.campaigns.find(name) is None:
            await tx.campaigns.add(make_campaign(name))
        await tx.ledger.add(row)
    return row


async def claim(
    store: Store, endpoint: Endpoint = Endpoint.NARROWCAST, *, after: timedelta = HOUR
) -> Claim[SendRow] | None:
    """Claim a row that is due `after` the start."""
    async with store() as tx:
        return await tx.ledger.claim(endpoint, now=START + after, lease=LEASE)


async def save(store: Store, row: SendRow) -> None:
    """Store a row."""
    async with store() as tx:
        await tx.ledger.save(row)


async def release(store: Store, claimed: Claim[SendRow]) -> None:
    """End a claim."""
    async with store() as tx:
        await tx.ledger.release(claimed)
