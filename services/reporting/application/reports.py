"""Reading of reports: always the last publication, never LINE (V4)."""

from collections.abc import Sequence
from datetime import timedelta

from kit.clock import Clock
from kit.errors import Unavailable
from kit.store.ports import UnitOfWork
from reporting.application.ports import PagePosition, SendList, Transaction
from reporting.application.tracking import track
from reporting.domain.errors import ListError, ListNotOffered, ReportNotFound
from reporting.domain.reports import Report
from reporting.domain.sends import Send

LOOK_BACK = timedelta(hours=1)
"""How long the event of an order may be on its way before a report is not found."""

MOST_PAGES = 4
"""Of a channel's sends within that time; LINE takes 60 orders an hour (LP 1.6), a page holds hundreds."""


class Reports:
    """Answers what callers ask."""

    def __init__(self, uow: UnitOfWork[Transaction], sends: SendList, clock: Clock) -> None:
        self._uow = uow
        self._sends = sends
        self._clock = clock

    async def get(self, campaign: str, *, name: str) -> Report:
        """Return the report of a campaign; `name` is the report's.

        Who has just ordered a campaign gets its report, though the event of the order is still on its way.

        Raises:
            ReportNotFound: there is no such campaign, or it was not ordered.
            Unavailable: the campaign was not heard of, and delivery can't say whether it was ordered.

        """
        report = await self._find(campaign)
        if report is None:
            await self._ask(campaign)
            report = await self._find(campaign)
        if report is None:
            raise ReportNotFound(name)
        return report

    async def page(self, channel: str, *, after: PagePosition | None, size: int) -> Sequence[Report]:
        """Return up to `size` reports of a channel, the newest campaign first."""
        async with self._uow.read() as tx:
            return await tx.reports.page(channel, after=after, size=size)

    async def _find(self, campaign: str) -> Report | None:
        async with self._uow.read() as tx:
            return await tx.reports.find(campaign)

    async def _ask(self, campaign: str) -> None:
        """Hear what delivery's list tells of a campaign; nothing when it is not on it."""
        try:
            send = await self._look_up(campaign)
        except ListNotOffered:
            return
        except ListError as error:
            raise Unavailable("delivery") from error
        if send is not None:
            async with self._uow() as tx:
                await track(tx, send.campaign, *send.facts)

    async def _look_up(self, campaign: str) -> Send | None:
        since, channel = self._clock.now() - LOOK_BACK, campaign.partition("/campaigns/")[0]
        token = ""
        for _ in range(MOST_PAGES):
            page = await self._sends.page(since=since, page_token=token, channel=channel)
            found = next((send for send in page.sends if send.campaign == campaign), None)
            if found is not None or not page.next_page_token:
                return found
            token = page.next_page_token
        return None
