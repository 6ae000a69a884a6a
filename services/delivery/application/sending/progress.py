"""Follows accepted rows until LINE tells how they ended (LP 4.8)."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from delivery.application.alarms import Alarms
from delivery.application.following import record
from delivery.application.line_port import LineMessages, Phase, ProgressReport
from delivery.application.ports import Transaction
from delivery.domain.sending.failures import REASONS, NarrowcastFailure
from delivery.domain.sending.lanes import Endpoint
from delivery.domain.sending.row import SendRow
from delivery.domain.sending.settling import settle
from delivery.domain.sending.values import RowState
from kit.clock import Clock
from kit.errors import ServiceError
from kit.store.holding import LEASE, holding
from kit.store.ports import Claim, UnitOfWork

SHORTEST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(minutes=10)
PATIENCE = 20
"""A row is asked for again after this part of its age: often at first, rarely after days."""


class Progress:
    """Asks LINE for the progress of accepted rows; any number of replicas may run it."""

    def __init__(self, *, uow: UnitOfWork[Transaction], line: LineMessages, alarms: Alarms, clock: Clock) -> None:
        self._uow = uow
        self._line = line
        self._alarms = alarms
        self._clock = clock

    async def claim(self) -> Claim[SendRow] | None:
        """Take a row that is due; None when there is none."""
        async with self._uow() as tx:
            return await tx.ledger.claim(Endpoint.PROGRESS, now=self._clock.now(), lease=LEASE)

    async def work(self, claim: Claim[SendRow]) -> None:
        """Ask LINE for each id under which it has taken a row that was claimed, and give the row back."""
        async with holding(self._uow, lambda tx: tx.ledger, claim):
            acceptance = claim.item.acceptance
            ids = acceptance.open_ids if acceptance else ()
            try:
                reports = {line_id: await self._line.get_progress(claim.item.channel, line_id) for line_id in ids}
            except ServiceError:
                reports = None
            await self._record(claim, reports)

    async def _record(self, claim: Claim[SendRow], reports: Mapping[str, ProgressReport | None] | None) -> None:
        """Record what LINE told; without an answer the whole channel rests."""
        async with self._uow() as tx:
            row = await tx.ledger.hold(claim)
            if row is None:
                return
            now = self._clock.now()
            changed = judge_progress(row, reports or {}, at=now)
            if changed.repeats:
                # Told below that there is a call to make; of a channel's two lanes this one is held first.
                await tx.lanes.hold(row.channel, Endpoint.NARROWCAST, at=now)
            lane = await tx.lanes.hold(row.channel, Endpoint.PROGRESS, at=now)
            await tx.lanes.save(lane.strain(now) if reports is None else lane.recover(), at=now)
            entry = "" if changed.state is RowState.ACCEPTED else changed.state.name
            evidence = "; ".join(report.evidence for report in (reports or {}).values() if report and report.evidence)
            await record(tx, changed, clock=self._clock, entry=entry, evidence=evidence)
        if changed.state is RowState.UNCERTAIN and changed.acceptance and len(changed.acceptance.ids) > 1:
            self._alarms.raise_accepted_twice(changed)


def judge_progress(row: SendRow, reports: Mapping[str, ProgressReport | None], *, at: datetime) -> SendRow:
    """Return the row as LINE's reports make it; without an outcome it waits, for as long as LINE remembers."""
    for line_request_id, report in reports.items():
        if report is not None and row.state is RowState.ACCEPTED:
            row = _judge_report(row.confirm(report.accept_time), line_request_id, report, at=at)
    if row.state is not RowState.ACCEPTED or row.repeats:
        return row
    age = at - (row.acceptance.time if row.acceptance else at)
    settled = settle(row, at=at, age=None)
    return settled or row.look_again(at + min(max(age / PATIENCE, SHORTEST_WAIT), LONGEST_WAIT))


def _judge_report(row: SendRow, line_request_id: str, report: ProgressReport, *, at: datetime) -> SendRow:
    ended = report.complete_time or at
    match report.phase, report.failure:
        case Phase.SUCCEEDED, _:
            return row.deliver(line_request_id, at=ended)
        case Phase.FAILED, NarrowcastFailure.DUPLICATE:
            return row.deny(line_request_id, at=at)
        case Phase.FAILED, failure:
            return row.fail(line_request_id, REASONS[failure or NarrowcastFailure.LINE_INTERNAL], at=ended)
    return row
