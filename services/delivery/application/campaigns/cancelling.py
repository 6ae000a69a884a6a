"""The use case that cancels an order which LINE has not accepted."""

from delivery.application.following import record
from delivery.application.lookup import Sight, hold_order, look_up
from delivery.application.opening import require_open
from delivery.application.ports import Transaction
from delivery.domain.campaigns.campaign import Campaign
from delivery.domain.errors import CampaignInFlight, CampaignNotCancellable
from delivery.domain.sending.row import SendRow
from delivery.domain.sending.values import RowState
from kit.clock import Clock
from kit.store.once import Once
from kit.store.ports import UnitOfWork


class Cancelling:
    """Cancels what was ordered and is not accepted."""

    def __init__(self, *, uow: UnitOfWork[Transaction], clock: Clock) -> None:
        self._uow = uow
        self._clock = clock

    async def cancel(self, name: str, once: Once, *, etag: str = "") -> Sight:
        """Cancel an order; a repetition returns the campaign as it is now (AIP-155).

        What no call is under way for ends at once. During a call, and while one is in doubt, the wish is noted: LINE's
        answer decides, and without one a person does.

        Raises:
            NotFound: there is no such campaign.
            EtagMismatch: it is not as the caller knows it.
            CampaignInFlight: LINE has accepted it.
            CampaignNotCancellable: it was never ordered, or has ended.
            Unavailable, LedgerNotFenced: whether it was sent may be forgotten.

        """
        async with self._uow() as tx:
            now = self._clock.now()
            if (known := await once.find(tx.requests)) is not None:
                return await look_up(tx, known, at=now)
            await require_open(tx)
            campaign, newest = await hold_order(tx, name, at=now)
            campaign.require_etag(etag)
            row = _require_cancellable(campaign, newest).cancel(at=now)
            entry = "CANCELLED" if row.state is RowState.CANCELLED else "CANCEL_NOTED"
            await record(tx, row, clock=self._clock, entry=entry)
            await once.keep(tx.requests, name)
            return await look_up(tx, name, at=now)


def _require_cancellable(campaign: Campaign, row: SendRow | None) -> SendRow:
    if row is None or not row.state.is_open or campaign.state.is_final:
        raise CampaignNotCancellable(campaign.name, campaign.state.name)
    if row.state is RowState.ACCEPTED:
        raise CampaignInFlight(campaign.name, campaign.state.name)
    return row
