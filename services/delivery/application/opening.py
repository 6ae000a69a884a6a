"""Holds orders and calls back while the ledger may have forgotten what was sent (`domain/sending/restores.py`)."""

from datetime import timedelta

from delivery.application.ports import Transaction
from delivery.domain.errors import LedgerNotFenced
from delivery.domain.sending.restores import LedgerState
from kit.errors import Unavailable

CHECK_PAUSE = timedelta(seconds=2)
"""After which a check is over as a rule."""


async def require_open(tx: Transaction) -> None:
    """Raise unless the ledger is open, as this transaction sees it.

    Raises:
        Unavailable: the ledger is being checked; that ends by itself.
        LedgerNotFenced: it was restored, and an operator has to act.

    """
    state = await tx.ledger_state.get()
    if state is LedgerState.CHECKING:
        raise Unavailable("ledger", retry_after=CHECK_PAUSE)
    if state is LedgerState.CLOSED:
        raise LedgerNotFenced
