"""Keeps campaigns in step with their rows of the ledger."""

from delivery.application.ports import Transaction
from delivery.domain.campaigns.events import tell_changes
from delivery.domain.policy.findings import Finding
from delivery.domain.sending.ledger import SendRequest
from kit.clock import Clock


async def follow_request(
    tx: Transaction, request: SendRequest, *, clock: Clock, findings: tuple[Finding, ...] = ()
) -> None:
    """Let a campaign follow its row, in the row's transaction, and tell what has changed."""
    before = await tx.campaigns.hold(request.campaign)
    if before is None:
        raise LookupError(request.campaign)
    after = before.follow(request, at=clock.now(), findings=findings)
    if after is not before:
        await tx.campaigns.save(after)
        await tx.outbox.add(tell_changes(before, after, request))
