"""The use case that tells other services of ours what was sent, in case they have missed events."""

from datetime import datetime

from delivery.application.ports import PagePosition, Transaction
from delivery.domain.campaigns.sends import Send
from kit.store.ports import UnitOfWork


class Listing:
    """Lists sends."""

    def __init__(self, *, uow: UnitOfWork[Transaction]) -> None:
        self._uow = uow

    async def page(self, channel: str | None, *, since: datetime, after: PagePosition | None, size: int) -> list[Send]:
        """Return up to `size` ordered campaigns, of one channel or of all, that changed at `since` or later.

        Those that changed first come in front, from the one after `after`. A change is dated before its commit: who
        comes back for what is new asks from a while before they did the last time (`send_list.proto`).
        """
        async with self._uow.read() as tx:
            return await tx.sends.page(channel, since=since, after=after, size=size)
