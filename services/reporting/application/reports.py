"""Reading of reports: always the last publication, never LINE (V4)."""

from collections.abc import Sequence

from kit.store.ports import UnitOfWork
from reporting.application.ports import PagePosition, Transaction
from reporting.domain.errors import ReportNotFound
from reporting.domain.reports import Report


class Reports:
    """Answers what callers ask."""

    def __init__(self, uow: UnitOfWork[Transaction]) -> None:
        self._uow = uow

    async def get(self, campaign: str, *, name: str) -> Report:
        """Return the report of a campaign; `name` is the report's.

        Raises:
            ReportNotFound: nothing is known of the campaign.

        """
        async with self._uow.read() as tx:
            report = await tx.reports.find(campaign)
        if report is None:
            raise ReportNotFound(name)
        return report

    async def page(self, channel: str, *, after: PagePosition | None, size: int) -> Sequence[Report]:
        """Return up to `size` reports of a channel, the newest campaign first."""
        async with self._uow.read() as tx:
            return await tx.reports.page(channel, after=after, size=size)
