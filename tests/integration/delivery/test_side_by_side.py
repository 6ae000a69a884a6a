"""Ordering, sending, following, cancelling and reviewing one channel's campaigns, all at once."""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta

from delivery.application.line_port import Phase
from delivery.domain.campaigns.campaign import CampaignState
from delivery.domain.errors import CampaignInFlight, CampaignNotCancellable
from delivery.domain.sending.failures import NarrowcastFailure
from delivery.domain.sending.quota import Allowance
from tests.infrastructure.eventually import eventually
from tests.integration.delivery.handling import Delivery

CAMPAIGNS = 12
SEED = 20260501
DEADLINE = 45.0


class Crowd:
    """Everybody who works on the campaigns of one channel, step by step until `done`."""

    def __init__(self, delivery: Delivery, drafts: list[str]) -> None:
        self.done = asyncio.Event()
        self._delivery = delivery
        self._drafts = drafts
        self._ordered: list[str] = []
        self._draw = random.Random(SEED)  # noqa: S311 - a repeatable choice

    async def order(self, names: list[str]) -> None:
        """Order one draft after the other."""
        for name in names:
            await self._delivery.order(name)
            self._ordered.append(name)

    async def cancel(self) -> None:
        """Cancel one of those that were ordered."""
        if self._ordered:
            with contextlib.suppress(CampaignInFlight, CampaignNotCancellable):
                await self._delivery.cancel(self._draw.choice(self._ordered))

    async def review(self) -> None:
        """Look for what nobody has announced."""
        await self._delivery.use_cases.dispatching.review()

    async def let_line_go_on(self) -> None:
        """Let LINE deliver what it took, or call it a repetition, so that a row goes back to the other lane."""
        for request_id in list(self._delivery.line.narrowcasts):
            denied = self._draw.random() < 0.2
            failure = NarrowcastFailure.DUPLICATE if denied else None
            self._delivery.line.move(request_id, Phase.FAILED if denied else Phase.SUCCEEDED, failure=failure)
        self._delivery.clock.advance(timedelta(milliseconds=100))

    async def repeat(self, step: Callable[[], Awaitable[object]]) -> None:
        """Take step after step."""
        while not self.done.is_set():
            await step()
            await asyncio.sleep(0)

    async def end(self) -> None:
        """Order everything, and end when nothing waits for LINE any more."""
        await asyncio.gather(self.order(self._drafts[::2]), self.order(self._drafts[1::2]))
        await eventually(self._all_decided, deadline=DEADLINE)
        self.done.set()

    async def _all_decided(self) -> bool:
        campaigns = [await self._delivery.get(name) for name in self._drafts]
        return all(
            campaign.accept_time is not None or campaign.state is not CampaignState.SENDING for campaign in campaigns
        )


async def test_nobody_waits_for_anybody_in_a_circle(delivery: Delivery) -> None:
    """Rows, accounts, lanes and campaigns are held in one order everywhere: not one transaction deadlocks."""
    delivery.line.quota = Allowance(size=10**9, used=0)
    crowd = Crowd(delivery, [await delivery.create() for _ in range(CAMPAIGNS)])
    steps = [
        *[delivery.dispatch] * 4,
        *[delivery.follow] * 4,
        *[crowd.cancel] * 2,
        *[crowd.review] * 2,
        crowd.let_line_go_on,
    ]
    await asyncio.gather(crowd.end(), *(crowd.repeat(step) for step in steps))
    keys = Counter(attempt.retry_key for attempt in delivery.line.narrowcasts.values())

    assert set(keys.values()) <= {1}
