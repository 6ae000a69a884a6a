"""What becomes of a row when LINE, or who hands out its tokens, says nothing: it waits, and its channel rests."""

from delivery.application.following import record
from delivery.application.line_port import LineCredentialsRefused
from delivery.application.ports import Transaction
from delivery.domain.sending.lanes import Endpoint
from delivery.domain.sending.row import SendRow
from delivery.domain.sending.values import WaitReason
from kit.clock import Clock
from kit.errors import ServiceError
from kit.store.ports import Claim, UnitOfWork


async def record_silence(
    uow: UnitOfWork[Transaction], claim: Claim[SendRow], error: ServiceError, *, clock: Clock, evidence: str
) -> None:
    """Postpone a row for which there was no answer to what precedes its call; LINE was not asked to send it.

    Args:
        uow: opens the transaction.
        claim: the row.
        error: what was said instead of an answer.
        clock: business time.
        evidence: what was asked for, for the log of attempts.

    """
    refused = isinstance(error, LineCredentialsRefused)
    reason = WaitReason.CREDENTIALS_REFUSED if refused else WaitReason.LINE_UNAVAILABLE
    async with uow() as tx:
        row = await tx.ledger.hold(claim)
        if row is None:
            return
        now = clock.now()
        lane = await tx.lanes.hold(row.channel, Endpoint.NARROWCAST, at=now)
        await tx.lanes.save(lane.strain(now), at=now)
        told = f"{evidence}: {type(error).__name__}"
        await record(tx, row.postpone(reason, at=now), clock=clock, entry="POSTPONED", evidence=told)
