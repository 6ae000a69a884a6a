"""Records what has become of a row, and keeps its campaign in step."""

from delivery.application.ports import Transaction
from delivery.domain.campaigns.events import tell_changes
from delivery.domain.policy.findings import Finding
from delivery.domain.sending.row import SendRow
from kit.clock import Clock


async def record(
    tx: Transaction,
    row: SendRow,
    *,
    clock: Clock,
    entry: str = "",
    evidence: str = "",
    findings: tuple[Finding, ...] = (),
) -> None:
    """Store a row that is held, let its campaign follow, and tell what has changed.

    Args:
        tx: the transaction that holds the row.
        row: the row as it is now.
        clock: business time.
        entry: a line for the log of attempts; none when empty.
        evidence: what the line says of it; nobody's data.
        findings: those for which policy has refused it.

    """
    now = clock.now()
    await tx.ledger.save(row)
    if entry:
        await tx.ledger.log(row, entry=entry, evidence=evidence, at=now)
    before = await tx.campaigns.hold(row.campaign)
    if before is None:
        raise LookupError(row.campaign)
    after = before.follow(row, at=now, findings=findings)
    if after is not before:
        await tx.campaigns.save(after)
        await tx.outbox.add(tell_changes(before, after, row))
