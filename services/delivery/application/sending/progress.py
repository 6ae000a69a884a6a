"""Follows accepted rows until LINE tells how they ended (LP 4.8)."""

from datetime import datetime, timedelta

from delivery.application.line_port import LineMessages, Phase, ProgressReport
from delivery.application.ports import RequestClaim, Transaction
from delivery.application.sending.claims import LEASE, holding
from delivery.application.sending.following import follow_request
from delivery.domain.sending.ledger import MEMORY, SendRequest
from kit.clock import Clock
from kit.errors import ServiceError
from kit.store.ports import UnitOfWork

SHORTEST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(minutes=10)
PATIENCE = 20
"""A row is asked for again after this part of its age: often at first, rarely after days."""


class Progress:
    """Asks LINE for the progress of accepted rows; any number of replicas may run it."""

    def __init__(self, *, uow: UnitOfWork[Transaction], line: LineMessages, clock: Clock) -> None:
        self._uow = uow
        self._line = line
        self._clock = clock

    async def run_once(self) -> bool:
        """Ask for one row that is due; False when there was none."""
        async with self._uow() as tx:
            claim = await tx.ledger.claim_progress(now=self._clock.now(), lease=LEASE)
        if claim is None:
            return False
        async with holding(self._uow, claim):
            await self._follow(claim)
        return True

    async def _follow(self, claim: RequestClaim) -> None:
        request = claim.request
        try:
            report = await self._line.get_progress(request.channel, request.line_request_id or "")
        except ServiceError:
            report = None
        async with self._uow() as tx:
            current, is_ours = await tx.ledger.hold(claim)
            if is_ours:
                changed = judge_progress(current, report, at=self._clock.now())
                await tx.ledger.save(changed)
                await follow_request(tx, changed, clock=self._clock)


def judge_progress(request: SendRequest, report: ProgressReport | None, *, at: datetime) -> SendRequest:
    """Return the row as LINE's report makes it; without one it waits, for as long as LINE remembers."""
    accept_time = request.accept_time or at
    match report:
        case ProgressReport(phase=Phase.SUCCEEDED):
            return request.deliver(at=report.complete_time or at)
        case ProgressReport(phase=Phase.FAILED):
            return request.fail(report.error_code, at=report.complete_time or at)
    age = at - accept_time
    if age >= MEMORY:
        return request.forget(at=at)
    return request.wait(until=at + min(max(age / PATIENCE, SHORTEST_WAIT), LONGEST_WAIT))
