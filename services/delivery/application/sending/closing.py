"""Ends rows for which LINE need not be called, whoever's turn it is.

Turns and rests are for calls. An order ends in time also where an older one of its channel keeps failing, or where the
channel rests: what needs no call waits for no turn.
"""

from delivery.application.following import record
from delivery.application.ports import Transaction
from delivery.domain.sending.restores import LedgerState
from delivery.domain.sending.settling import settle
from kit.clock import Clock
from kit.store.ports import UnitOfWork


class Closing:
    """Ends orders in time; any number of replicas may run it."""

    def __init__(self, *, uow: UnitOfWork[Transaction], clock: Clock) -> None:
        self._uow = uow
        self._clock = clock

    async def run_once(self) -> bool:
        """End one row; False when there is none, or when the ledger may have forgotten what was sent."""
        async with self._uow() as tx:
            if await tx.ledger_state.get() is not LedgerState.OPEN:
                return False
            now = self._clock.now()
            row = await tx.ledger.hold_ended(now=now)
            settled = None if row is None else settle(row, at=now, age=await tx.ledger.measure_key_age(row))
            if settled is None or settled is row:
                return False
            await record(tx, settled, clock=self._clock, entry=settled.state.name)
            return True
