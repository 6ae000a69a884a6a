"""Sees to it that the month holds what a row may take, before LINE is asked to send it (R14).

Two remainders must hold it. The published one, beside what other sends have reserved: our own sends never compete for
the last messages, and where not all fit any more the oldest goes first. And the live one, since others send too: LINE
does not refuse a send that is limited to what is left but fails it when more people match (LP 4.7), by which a small
remainder would tell how many do (T-D). A row that does not fit waits, whatever is left, and is looked at ever less
often until its order ends.
"""

from dataclasses import dataclass
from datetime import datetime

from delivery.application.following import record
from delivery.application.ports import Transaction
from delivery.application.quota import QuotaBook
from delivery.application.sending.silence import record_silence
from delivery.domain.policy.prospects import require_at_least
from delivery.domain.sending.quota import Balance
from delivery.domain.sending.row import SendRow
from delivery.domain.sending.values import Reservation, WaitReason
from kit.clock import Clock
from kit.errors import ServiceError
from kit.store.ports import Claim, UnitOfWork


@dataclass(frozen=True, slots=True)
class Share:
    """What a row asks of its account's month.

    Attributes:
        account: The Official Account.
        needed_count: Messages that fresh facts say must be left for it; None when nothing bounds them.
        plan_size: Messages that the plan allows now; None for no limit.

    """

    account: str
    needed_count: int | None
    plan_size: int | None

    def reserve(self, row: SendRow) -> SendRow:
        """Return the row with as many messages reserved as it needs, and never fewer than before."""
        return row.reserve(Reservation(self.account, self.needed_count)) if self.needed_count else row

    def take(self, row: SendRow, balance: Balance | None, *, at: datetime) -> SendRow | WaitReason:
        """Return the row with its messages reserved; or what it waits for, when they don't fit beside `balance`."""
        if self.plan_size is None:
            return self.reserve(row)
        if balance is None or not balance.usage.is_current(at):
            return WaitReason.FACTS_UNKNOWN
        return self.reserve(row) if self.fits(row, balance.count_left(self.plan_size)) else WaitReason.QUOTA_HELD

    def fits(self, row: SendRow, left: int) -> bool:
        """Tell whether what is left holds all that the row would then have reserved.

        What was reserved by published figures counts even where fresh ones ask for less: else the remainder at which a
        row goes out would tell what only LINE knows of an audience's size (V7).
        """
        reservation = self.reserve(row).reservation
        return left >= require_at_least(reservation.message_count if reservation else None)


class Reserving:
    """Looks at the month before a call."""

    def __init__(self, *, uow: UnitOfWork[Transaction], quota: QuotaBook, clock: Clock) -> None:
        self._uow = uow
        self._quota = quota
        self._clock = clock

    async def look(self, claim: Claim[SendRow], *, account: str, needed_count: int | None) -> Share | None:
        """Return what a row asks for, if LINE's own count has room for it now; None when the row waits."""
        try:
            quota = await self._quota.look(claim.item.channel, account)
        except ServiceError as error:
            await record_silence(self._uow, claim, error, clock=self._clock, evidence="quota")
            return None
        share = Share(account, needed_count, None if quota is None else quota.size)
        if quota is not None and not share.fits(claim.item, quota.left):
            await self._postpone(claim)
            return None
        return share

    async def _postpone(self, claim: Claim[SendRow]) -> None:
        async with self._uow() as tx:
            row = await tx.ledger.hold(claim)
            if row is not None:
                later = row.postpone(WaitReason.QUOTA_HELD, at=self._clock.now())
                await record(tx, later, clock=self._clock, entry="POSTPONED", evidence="quota: does not fit")


async def hold_balance(tx: Transaction, row: SendRow, share: Share) -> Balance | None:
    """Hold the account that a row asks of until the transaction ends; nothing is held where its plan has no limit.

    Returns what counts beside the row: None when no usage was published, or nothing was held.
    """
    if share.plan_size is None:
        return None
    return await tx.quota.hold(share.account, apart_from=row.campaign, before=row.order_time)
