"""Finding a campaign that a caller has named."""

from delivery.application.ports import Transaction
from delivery.domain.campaigns.campaign import Campaign
from kit.errors import NotFound


async def find_campaign(tx: Transaction, name: str) -> Campaign:
    """Return the campaign of that name; raises `NotFound`."""
    return _require(await tx.campaigns.find(name), name)


async def hold_campaign(tx: Transaction, name: str) -> Campaign:
    """Return the campaign and keep others from changing it until the transaction ends; raises `NotFound`."""
    return _require(await tx.campaigns.hold(name), name)


def _require(campaign: Campaign | None, name: str) -> Campaign:
    if campaign is None:
        raise NotFound(name)
    return campaign
