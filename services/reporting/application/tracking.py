"""Follows campaigns by what delivery tells; the transaction is the event handler's, so that each event counts once."""

from datetime import datetime

from reporting.application.ports import Transaction


async def track_accepted(tx: Transaction, name: str, accept_time: datetime) -> None:
    """Note that LINE accepted a campaign; its figures are due from the first slot on."""
    campaign = await tx.campaigns.lock(name, heard_time=accept_time)
    await tx.campaigns.save(campaign.hear_accepted(accept_time))


async def track_failed(tx: Transaction, name: str, complete_time: datetime) -> None:
    """Note that a campaign was not delivered."""
    campaign = await tx.campaigns.lock(name, heard_time=complete_time)
    await tx.campaigns.save(campaign.hear_failed(complete_time))
