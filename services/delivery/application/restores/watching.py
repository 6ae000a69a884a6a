"""Notices that the ledger's database was restored, and lets a harmless failover pass by itself (architecture 5)."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from delivery.application.ports import Transaction
from delivery.application.restores.witness import Statement, Witness
from delivery.domain.sending.restores import DUE_MARGIN, Doubt, Inspection, LedgerState, StreamTestimony, judge
from kit.clock import Clock, machine_now
from kit.store.ports import UnitOfWork

LOOK_INTERVAL = timedelta(seconds=1)
"""How often a process looks; also about how long a harmless failover holds sends up."""

PATIENCE = timedelta(minutes=1)
"""How long a stream that can't be asked is waited for before it is told that an operator has to act."""

OUTCRY_INTERVAL = timedelta(seconds=30)
"""How often it is told."""

START_PATIENCE = timedelta(seconds=5)
"""How long the first calls of a process wait for its first look."""

_log = structlog.get_logger(__name__)


class Watching:
    """Looks again and again whether all is in order; every process that works does so."""

    def __init__(
        self,
        *,
        uow: UnitOfWork[Transaction],
        witness: Witness,
        clock: Clock,
        now: Callable[[], datetime] = machine_now,
    ) -> None:
        """Describe it; `clock` is business time, `now` machine time."""
        self._uow = uow
        self._witness = witness
        self._clock = clock
        self._now = now
        self._looked = asyncio.Event()
        self._outcry_after: datetime | None = None

    async def wait_for_first_look(self) -> None:
        """Return when this process has found the ledger in order or not; or after a while, when nobody can tell."""
        with suppress(TimeoutError):
            async with asyncio.timeout(START_PATIENCE.total_seconds()):
                await self._looked.wait()

    async def look(self) -> bool:
        """Look once; True when there is more to do at once."""
        async with self._uow.read() as tx:
            seen = await tx.ledger_state.inspect()
        if not seen.present.is_writable:
            return False
        if seen.state is LedgerState.OPEN:
            await self._go_on(seen)
        elif seen.doubt is not None and seen.doubt.is_final:
            self._looked.set()
            self._cry_out(seen.doubt)
        elif seen.notice_time is None:
            return await self._notice(seen)
        else:
            await self._examine(seen, seen.notice_time)
        return False

    async def _go_on(self, seen: Inspection) -> None:
        """Note that all is in order, unless a new process hears from the stream that it is not.

        It asks although the server is the same: a dump may have been loaded into it while nobody worked.
        """
        if self._looked.is_set():
            place = await self._witness.locate()
        else:
            statement = await self._witness.question_recent(seen.place)
            if statement.testimony is not StreamTestimony.NONE:
                self._looked.set()
            if statement.testimony is StreamTestimony.FORGOTTEN:
                await self._close(seen, Doubt.EVENTS_FORGOTTEN)
                return
            place = statement.place
        async with self._uow() as tx:
            await tx.ledger_state.open(seen, place or seen.place)

    async def _notice(self, seen: Inspection) -> bool:
        """Note that the server has changed; the next look decides what that means."""
        _log.warning("ledger_server_changed", before=repr(seen.server), now=repr(seen.present))
        async with self._uow() as tx:
            return await tx.ledger_state.notice(seen, at=self._clock.now())

    async def _examine(self, seen: Inspection, notice_time: datetime) -> None:
        """Decide whether a ledger whose server has changed may go on."""
        statement = await self._witness.question(seen.place)
        doubt = await self._judge(seen, statement, notice_time)
        if doubt is None:
            self._looked.set()
        elif doubt.is_final or self._clock.now() >= notice_time + PATIENCE:
            await self._close(seen, doubt)

    async def _judge(self, seen: Inspection, statement: Statement, notice_time: datetime) -> Doubt | None:
        """Open the ledger if nothing speaks against it; return what does."""
        async with self._uow() as tx:
            calls_due = await tx.ledger.has_calls_due(notice_time + DUE_MARGIN)
            doubt = judge(statement.testimony, silence=seen.silence, calls_due=calls_due)
            if doubt is None and await tx.ledger_state.open(seen, statement.place):
                _log.warning("ledger_server_accepted", server=repr(seen.present), silence=str(seen.silence))
            return doubt

    async def _close(self, seen: Inspection, doubt: Doubt) -> None:
        if seen.doubt is not doubt:
            async with self._uow() as tx:
                await tx.ledger_state.close(seen, doubt, at=self._clock.now())
        self._cry_out(doubt)

    def _cry_out(self, doubt: Doubt) -> None:
        """Say loudly, again and again, that an operator has to act."""
        now = self._now()
        if self._outcry_after is None or now >= self._outcry_after:
            self._outcry_after = now + OUTCRY_INTERVAL
            _log.critical("ledger_not_fenced", reason=doubt.name, action="outreach ledger fence")
