"""Use cases of campaigns: creating, looking up, following."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from delivery.application.facts_port import TargetingFactsSource
from delivery.application.lookup import find_campaign
from delivery.application.ports import PagePosition, Transaction
from delivery.domain.campaigns.campaign import Campaign, CampaignState, open_campaign
from delivery.domain.campaigns.draft import NewCampaign
from delivery.domain.campaigns.events import CampaignCreated
from delivery.domain.policy.facts import Basis
from delivery.domain.sending.waiting import Waiting, describe_waiting
from kit.clock import Clock
from kit.ids import Ids
from kit.store.once import Once
from kit.store.ports import UnitOfWork

WATCH_INTERVAL = timedelta(milliseconds=300)
"""How often a watcher looks for a change, in machine time."""


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


class Campaigns:
    """Keeps campaigns."""

    def __init__(self, *, uow: UnitOfWork[Transaction], facts: TargetingFactsSource, clock: Clock, ids: Ids) -> None:
        self._uow = uow
        self._facts = facts
        self._clock = clock
        self._ids = ids

    async def create(self, new: NewCampaign, once: Once) -> Campaign:
        """Store a draft; a repetition returns the campaign as it is now (AIP-155).

        Raises:
            NotFound: there is no such channel.
            AlreadyExists: the name is taken.
            Unavailable: the audience service, which knows the channels, gives no answer.

        """
        async with self._uow() as tx:
            if (name := await once.find(tx.requests)) is not None:
                return await find_campaign(tx, name)
        campaign = open_campaign(new, uid=uuid.UUID(self._ids.uuid4()), at=self._clock.now())
        await self._facts.gather(campaign.channel, (), (), basis=Basis.PUBLISHED)
        async with self._uow() as tx:
            if (name := await once.find(tx.requests)) is not None:
                return await find_campaign(tx, name)
            await tx.campaigns.add(campaign)
            await tx.outbox.add([CampaignCreated(campaign.name, campaign.create_time)])
            await once.keep(tx.requests, campaign.name)
        return campaign

    async def get(self, name: str) -> Sight:
        """Return one campaign; raises `NotFound`."""
        async with self._uow.read() as tx:
            (sight,) = await self._look(tx, [await find_campaign(tx, name)])
        return sight

    async def page(self, channel: str, *, after: PagePosition | None, size: int) -> list[Sight]:
        """Return up to `size` campaigns of a channel, the newest first, from the one after `after`."""
        async with self._uow.read() as tx:
            return await self._look(tx, await tx.campaigns.page(channel, after=after, size=size))

    async def watch(self, name: str) -> AsyncIterator[Sight]:
        """Yield a campaign as it is, then after each change, until its state is final; raises `NotFound`."""
        seen: object = None
        while True:
            sight = await self.get(name)
            if sight.version != seen:
                yield sight
                seen = sight.version
            if sight.campaign.state.is_final:
                return
            await asyncio.sleep(WATCH_INTERVAL.total_seconds())

    async def _look(self, tx: Transaction, campaigns: Sequence[Campaign]) -> list[Sight]:
        """Add why campaigns wait; asks the ledger only of those that are on their way."""
        sending = [campaign.name for campaign in campaigns if campaign.state is CampaignState.SENDING]
        places = await tx.ledger.locate(sending) if sending else {}
        now = self._clock.now()
        waits = {
            name: describe_waiting(place.row, place.lane, position=place.position, at=now)
            for name, place in places.items()
        }
        return [Sight(campaign, waits.get(campaign.name)) for campaign in campaigns]
