"""Use cases of campaigns: creating, looking up, following."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta

from delivery.application.facts_port import TargetingFactsSource
from delivery.application.lookup import Sight, find_campaign, look_at, look_up
from delivery.application.opening import require_open
from delivery.application.ports import PagePosition, Transaction
from delivery.domain.campaigns.campaign import Campaign, open_campaign
from delivery.domain.campaigns.draft import NewCampaign
from delivery.domain.campaigns.events import CampaignCreated
from delivery.domain.policy.facts import Basis
from kit.clock import Clock
from kit.ids import Ids
from kit.store.once import Once
from kit.store.ports import UnitOfWork

WATCH_INTERVAL = timedelta(milliseconds=300)
"""How often a watcher looks for a change, in machine time."""


class Campaigns:
    """Keeps campaigns."""

    def __init__(
        self,
        *,
        uow: UnitOfWork[Transaction],
        facts: TargetingFactsSource,
        clock: Clock,
        ids: Ids,
        watch_interval: timedelta = WATCH_INTERVAL,
    ) -> None:
        self._uow = uow
        self._facts = facts
        self._clock = clock
        self._ids = ids
        self._watch_interval = watch_interval

    async def create(self, new: NewCampaign, once: Once) -> Campaign:
        """Store a draft; a repetition returns the campaign as it is now (AIP-155).

        Raises:
            NotFound: there is no such channel.
            AlreadyExists: the name is taken.
            Unavailable: the audience service, which knows the channels, gives no answer.
            LedgerNotFenced: the ledger was restored, and does not know which names were given.

        """
        async with self._uow() as tx:
            if (name := await once.find(tx.requests)) is not None:
                return await find_campaign(tx, name)
        campaign = open_campaign(new, uid=uuid.UUID(self._ids.uuid4()), at=self._clock.now())
        await self._facts.gather(campaign.channel, (), (), basis=Basis.PUBLISHED)
        async with self._uow() as tx:
            if (name := await once.find(tx.requests)) is not None:
                return await find_campaign(tx, name)
            await require_open(tx)
            await tx.campaigns.add(campaign)
            await tx.outbox.add([CampaignCreated(campaign.name, campaign.create_time)])
            await once.keep(tx.requests, campaign.name)
        return campaign

    async def get(self, name: str) -> Sight:
        """Return one campaign; raises `NotFound`."""
        async with self._uow.read() as tx:
            return await look_up(tx, name, at=self._clock.now())

    async def page(self, channel: str, *, after: PagePosition | None, size: int) -> list[Sight]:
        """Return up to `size` campaigns of a channel, the newest first, from the one after `after`."""
        async with self._uow.read() as tx:
            found = await tx.campaigns.page(channel, after=after, size=size)
            return await look_at(tx, found, at=self._clock.now())

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
            await asyncio.sleep(self._watch_interval.total_seconds())
