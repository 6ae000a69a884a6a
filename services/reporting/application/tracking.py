"""Follows campaigns by what delivery tells, in events or in its list of sends."""

from reporting.application.ports import Transaction
from reporting.domain.rounds import Fact


async def track(tx: Transaction, name: str, *facts: Fact) -> None:
    """Note facts of a campaign, which is new where they are the first."""
    campaign = await tx.campaigns.lock(name, heard_time=min(fact.time for fact in facts))
    heard = campaign.hear(*facts)
    if heard != campaign:
        await tx.campaigns.save(heard)
