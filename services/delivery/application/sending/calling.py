"""Calls LINE for a cleared row: token, intention, call, record (architecture 5).

The order matters. The token comes first, since waiting for one takes time. Then, in the transaction that writes the
attempt down, everything that could forbid it is looked at once more, the key's age above all. The call uses that token
alone: a process that stood still after the last look comes back with a token that LINE no longer takes (I3).
"""

from datetime import datetime

import structlog

from delivery.application.following import record
from delivery.application.line_port import (
    Accepted,
    CredentialsRefused,
    InDoubt,
    LineCall,
    LineMessages,
    NotNow,
    QuotaHeld,
    RateLimited,
    Refused,
    SendOutcome,
    Unreached,
)
from delivery.application.ports import Transaction
from delivery.application.sending.reserving import Share, hold_balance
from delivery.application.sending.silence import record_silence
from delivery.domain.policy.clearance import Cleared
from delivery.domain.sending.failures import FailureReason
from delivery.domain.sending.lanes import Endpoint, Lane
from delivery.domain.sending.restores import LedgerState
from delivery.domain.sending.row import SendRow
from delivery.domain.sending.settling import settle
from delivery.domain.sending.values import WaitReason
from kit.clock import Clock
from kit.errors import ServiceError
from kit.store.ports import Claim, UnitOfWork

_REASONS: dict[type[NotNow], WaitReason] = {
    RateLimited: WaitReason.RATE_LIMITED,
    QuotaHeld: WaitReason.QUOTA_HELD,
    CredentialsRefused: WaitReason.CREDENTIALS_REFUSED,
    Unreached: WaitReason.LINE_UNAVAILABLE,
}

_log = structlog.get_logger(__name__)


class Calling:
    """Makes one attempt for a claimed row."""

    def __init__(self, *, uow: UnitOfWork[Transaction], line: LineMessages, clock: Clock) -> None:
        self._uow = uow
        self._line = line
        self._clock = clock

    async def open(self, claim: Claim[SendRow]) -> LineCall | None:
        """Get a token for a call; None when there is none, and the row waits."""
        try:
            return await self._line.open_call(claim.item.channel)
        except ServiceError as error:
            await record_silence(self._uow, claim, error, clock=self._clock, evidence="no token")
            return None

    async def make(self, call: LineCall, claim: Claim[SendRow], cleared: Cleared, share: Share | None = None) -> None:
        """Make an attempt with exactly the cleared bytes, unless something forbids it by now.

        `share` is what a first attempt asks of the month; a repetition asks for nothing anew.
        """
        begun = await self._write_down(claim, cleared, share)
        if begun is not None:
            outcome = await call.send_narrowcast(cleared, retry_key=begun.retry_key)
            await self._record(claim, outcome)

    async def _write_down(self, claim: Claim[SendRow], cleared: Cleared, share: Share | None) -> SendRow | None:
        """Commit the intention before any byte leaves (I1); None when there is nothing to call for any more."""
        async with self._uow() as tx:
            row = await tx.ledger.hold(claim)
            if row is None or await tx.ledger_state.get() is not LedgerState.OPEN:
                return None
            balance = None if share is None else await hold_balance(tx, row, share)
            lane = await tx.lanes.hold(row.channel, Endpoint.NARROWCAST, at=self._clock.now())
            # Whoever else held one of them may have taken their time: what the clocks forbid is looked at after that.
            now, age = self._clock.now(), await tx.ledger.measure_key_age(row)
            settled = settle(row, at=now, age=age)
            if settled is not None:
                if settled is not row:
                    await record(tx, settled, clock=self._clock, entry=settled.state.name)
                return None
            reserved = row if share is None else share.take(row, balance, at=now)
            if isinstance(reserved, WaitReason):
                later = row.postpone(reserved, at=now)
                await record(tx, later, clock=self._clock, entry="POSTPONED", evidence="quota: beside others")
                return None
            lane_after = lane.take(now)
            if lane_after is None:
                return None
            begun = reserved.begin(cleared, at=now, age=age)
            await tx.ledger.save(begun)
            await tx.ledger.log(begun, entry="BEGUN", evidence="", at=now)
            await tx.lanes.save(lane_after, at=now)
            return begun

    async def _record(self, claim: Claim[SendRow], outcome: SendOutcome) -> None:
        """Record an answer; an acceptance always, anything else only while the row is ours."""
        async with self._uow() as tx:
            row, is_ours = await tx.ledger.hold_regardless(claim)
            now = self._clock.now()
            lane = await tx.lanes.hold(row.channel, Endpoint.NARROWCAST, at=now)
            lane = lane.settle(now) if _is_first_refusal(row, outcome) else _react(lane, outcome, at=now)
            await tx.lanes.save(lane, at=now)
            entry, evidence = type(outcome).__name__.upper(), _tell(outcome)
            if is_ours or isinstance(outcome, Accepted):
                changed = self._apply(row, outcome, lane)
                _warn_of_two(changed)
                await record(tx, changed, clock=self._clock, entry=entry, evidence=evidence)
            else:
                await tx.ledger.log(row, entry=entry, evidence=evidence, at=now)

    def _apply(self, row: SendRow, outcome: SendOutcome, lane: Lane) -> SendRow:
        now = self._clock.now()
        match outcome:
            case Accepted(line_request_id):
                return row.accept(line_request_id, at=now)
            case Refused(kind):
                return row.refuse(FailureReason[kind.name], at=now)
            case InDoubt():
                return row.doubt(at=now)
        until = lane.opens(now) if isinstance(outcome, RateLimited) or _is_first_refusal(row, outcome) else None
        return row.put_off(_REASONS[type(outcome)], at=now, until=until)


def _is_first_refusal(row: SendRow, outcome: SendOutcome) -> bool:
    """Tell whether a token was refused that may only have expired: the next look, with a new one, comes at once."""
    waits_for_credentials = row.wait is not None and row.wait.reason is WaitReason.CREDENTIALS_REFUSED
    return isinstance(outcome, CredentialsRefused) and not waits_for_credentials


def _react(lane: Lane, outcome: SendOutcome, *, at: datetime) -> Lane:
    """Return a channel's lane after a call: a 429 shuts the gate, no useful answer makes the whole channel rest."""
    match outcome:
        case RateLimited():
            return lane.recover().shut(at)
        case InDoubt() | Unreached() | CredentialsRefused():
            return lane.settle(at).strain(at)
    return lane.settle(at).recover()


def _warn_of_two(row: SendRow) -> None:
    """Tell when LINE has taken one key twice (LP 1.9); which of them counts its progress says, or an alarm does."""
    ids = row.acceptance.ids if row.acceptance else ()
    if len(ids) > 1:
        _log.warning("accepted_under_two_ids", row=row.name, line_request_ids=ids)


def _tell(outcome: SendOutcome) -> str:
    return f"request id {outcome.line_request_id}" if isinstance(outcome, Accepted) else outcome.evidence
