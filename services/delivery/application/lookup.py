"""Finding campaigns that callers have named, and telling what their callers see of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from delivery.application.ports import Transaction
from delivery.domain.campaigns.campaign import Campaign, CampaignState
from delivery.domain.sending.lanes import Endpoint
from delivery.domain.sending.row import SendRow
from delivery.domain.sending.waiting import Waiting, describe_waiting
from kit.errors import NotFound


@dataclass(frozen=True, slots=True)
class Sight:
    """A campaign as its caller sees it; `waiting` says why it is not on its way, None when nothing holds it up."""

    campaign: Campaign
    waiting: Waiting | None = None

    @property
    def version(self) -> object:
        """Changes with what a watcher is to be told; the time of the next look, which moves on by itself, is not."""
        waits_for = (self.waiting.reason, self.waiting.since) if self.waiting else None
        return self.campaign.etag, waits_for


async def find_campaign(tx: Transaction, name: str) -> Campaign:
    """Return the campaign of that name; raises `NotFound`."""
    return _require(await tx.campaigns.find(name), name)


async def hold_campaign(tx: Transaction, name: str) -> Campaign:
    """Return the campaign and keep others from changing it until the transaction ends; raises `NotFound`."""
    return _require(await tx.campaigns.hold(name), name)


async def hold_order(tx: Transaction, name: str, *, at: datetime) -> tuple[Campaign, SendRow | None]:
    """Return a campaign with its newest row, both held, and the lane to LINE with them: rows, lanes, then campaigns.

    Without a row it was never ordered, and nothing is held. Raises `NotFound`.
    """
    row = await tx.ledger.hold_newest(name)
    if row is None:
        draft = await find_campaign(tx, name)
        # It may have been ordered between the two statements.
        row = None if draft.order is None else await tx.ledger.hold_newest(name)
        if row is None:
            return draft, None
    await tx.lanes.hold(row.channel, Endpoint.NARROWCAST, at=at)
    return await hold_campaign(tx, name), row


async def look_at(tx: Transaction, campaigns: Sequence[Campaign], *, at: datetime) -> list[Sight]:
    """Add why campaigns wait; asks the ledger only of those that are on their way."""
    sending = [campaign.name for campaign in campaigns if campaign.state is CampaignState.SENDING]
    places = await tx.ledger.locate(sending) if sending else {}
    waits = {
        name: describe_waiting(place.row, place.lane, position=place.position, at=at) for name, place in places.items()
    }
    return [Sight(campaign, waits.get(campaign.name)) for campaign in campaigns]


async def look_up(tx: Transaction, name: str, *, at: datetime) -> Sight:
    """Return a campaign as its caller sees it now; raises `NotFound`."""
    (sight,) = await look_at(tx, [await find_campaign(tx, name)], at=at)
    return sight


def _require(campaign: Campaign | None, name: str) -> Campaign:
    if campaign is None:
        raise NotFound(name)
    return campaign
