"""The use case that tells what policy says of a campaign, and what sending it would do (R14)."""

from delivery.application.campaigns.judge import Judge, Verdict
from delivery.application.lookup import find_campaign
from delivery.application.ports import Transaction
from kit.store.ports import UnitOfWork


class Checking:
    """Tells what policy says; changes nothing."""

    def __init__(self, *, uow: UnitOfWork[Transaction], judge: Judge) -> None:
        self._uow = uow
        self._judge = judge

    async def check(self, name: str) -> Verdict:
        """Return what policy says of a campaign now; raises `NotFound`, and as `Judge.judge` does."""
        async with self._uow.read() as tx:
            campaign = await find_campaign(tx, name)
        return await self._judge.judge(campaign)
