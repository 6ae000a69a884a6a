"""The operator's use cases: how the ledger is, and fencing it after a restore (architecture 5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from delivery.application.following import record
from delivery.application.lookup import hold_campaign
from delivery.application.opening import CHECK_PAUSE
from delivery.application.ports import Transaction
from delivery.application.restores.witness import Witness
from delivery.domain.campaigns.campaign import Campaign, CampaignState, Order
from delivery.domain.campaigns.events import tell_changes
from delivery.domain.sending.restores import DUE_MARGIN, WHEREVER, Inspection, LedgerState
from delivery.domain.sending.row import open_row
from delivery.domain.sending.values import Deadline
from kit.clock import Clock
from kit.errors import Conflict, FieldViolation, InvalidRequest, Unavailable
from kit.store.ports import UnitOfWork

BATCH = 100
"""How many rows one transaction changes."""

LIFETIME_UNKNOWN = timedelta(hours=24)
"""How long an order lasts whose channel's own order lifetime was forgotten with it."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class LedgerSight:
    """The ledger as its operator sees it; `last_change_time` is that of the latest change that it holds."""

    inspection: Inspection
    last_change_time: datetime | None


@dataclass(frozen=True, slots=True)
class Fence:
    """A step of fencing: the moment that the database went back to, names heard of since, and whether all is said."""

    restore_time: datetime
    campaigns: Sequence[str]
    complete: bool


@dataclass(frozen=True, slots=True)
class Fenced:
    """What a step did: how many names are refused from now on, how many campaigns became uncertain."""

    refused_name_count: int
    uncertain_campaign_count: int


class Fencing:
    """Puts a restored ledger in order; every step is kept, may be repeated, and goes on where an earlier one ended."""

    def __init__(self, *, uow: UnitOfWork[Transaction], witness: Witness, clock: Clock, batch: int = BATCH) -> None:
        self._uow = uow
        self._witness = witness
        self._clock = clock
        self._batch = batch

    async def get(self) -> LedgerSight:
        """Return how the ledger is."""
        async with self._uow.read() as tx:
            return LedgerSight(await tx.ledger_state.inspect(), await tx.ledger_state.find_last_change())

    async def fence(self, fence: Fence) -> Fenced:
        """Do a step; a ledger that is open keeps the names alone.

        Raises:
            InvalidRequest: the restored moment lies in the future.
            Unavailable: the ledger is being checked; whether it needs a fence is not known yet.
            Conflict: the ledger's server has changed meanwhile; begin again.

        """
        if fence.restore_time > self._clock.now():
            raise InvalidRequest([FieldViolation("restore_time", "must not be in the future", "OUT_OF_RANGE")])
        async with self._uow() as tx:
            refused = await tx.campaigns.refuse_names(fence.campaigns)
            seen = await tx.ledger_state.inspect()
        if seen.state is LedgerState.CHECKING:
            raise Unavailable("ledger", retry_after=CHECK_PAUSE)
        if seen.state is LedgerState.OPEN:
            return Fenced(refused, 0)
        uncertain = await self._forget_orders(fence.campaigns)
        if fence.complete:
            uncertain += await self._forget_calls(seen, fence.restore_time)
            await self._open(seen)
        _log.warning("ledger_fenced", complete=fence.complete, refused_names=refused, uncertain_campaigns=uncertain)
        return Fenced(refused, uncertain)

    async def _forget_orders(self, names: Sequence[str]) -> int:
        """Make the drafts among the names uncertain: that others have heard of them means that they were ordered."""
        async with self._uow.read() as tx:
            drafts = await tx.campaigns.list_drafts(names)
        count = 0
        for begin in range(0, len(drafts), self._batch):
            async with self._uow() as tx:
                for name in drafts[begin : begin + self._batch]:
                    count += await self._forget_order(tx, await hold_campaign(tx, name))
        return count

    async def _forget_order(self, tx: Transaction, draft: Campaign) -> bool:
        if draft.state is not CampaignState.DRAFT:
            return False
        now = self._clock.now()
        deadline = Deadline(now + LIFETIME_UNKNOWN)
        ordered = draft.start(Order(now, deadline, LIFETIME_UNKNOWN), draft.acknowledgements)
        row = open_row(draft.name, uid=draft.uid, number=1, deadline=deadline, at=now).forget(at=now)
        await tx.ledger.add(row)
        await tx.ledger.log(row, entry="FORGOTTEN", evidence="ordered since the restored moment", at=now)
        after = ordered.follow(row, at=now)
        await tx.campaigns.save(after)
        await tx.outbox.add(tell_changes(draft, after, row))
        return True

    async def _forget_calls(self, seen: Inspection, restore_time: datetime) -> int:
        """Make uncertain what may have been sent between the restored moment and the one at which that was noticed."""
        noticed = seen.notice_time or self._clock.now()
        if restore_time >= noticed:
            return 0
        count = 0
        while changed := await self._forget_some(due=noticed + DUE_MARGIN, restore_time=restore_time):
            count += changed
        return count

    async def _forget_some(self, *, due: datetime, restore_time: datetime) -> int:
        async with self._uow() as tx:
            rows = await tx.ledger.seize(due=due, most=self._batch)
            evidence = f"restored to {restore_time.isoformat(timespec='seconds')}"
            for row in rows:
                forgotten = row.forget(at=self._clock.now())
                await record(tx, forgotten, clock=self._clock, entry="FORGOTTEN", evidence=evidence)
        return len(rows)

    async def _open(self, seen: Inspection) -> None:
        place = await self._witness.locate()
        async with self._uow() as tx:
            if not await tx.ledger_state.open(seen, place or WHEREVER):
                raise Conflict
