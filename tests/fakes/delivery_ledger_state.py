"""An in-memory stand-in for what the delivery service knows of its ledger's database."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from delivery.domain.sending.restores import Doubt, Inspection, LedgerState, Server, StreamPlace
from kit.clock import Clock

_NOTHING, _MOMENT = timedelta(0), timedelta(milliseconds=1)


class FakeLedgerState:
    """A `LedgerStateStore` over a server that a test may replace; `known` are the events of the outbox."""

    def __init__(self, machine_clock: Clock) -> None:
        self._machine_clock = machine_clock
        server = Server("7001", "00000001", machine_clock.now())
        self._stored = Inspection(1, server, server, place=None, silence=_NOTHING)
        self._open_time = machine_clock.now()
        self.known: set[str] = set()
        self.last_change_time: datetime | None = None

    @property
    def inspection(self) -> Inspection:
        """All that is known."""
        if self._stored.notice_time is not None:
            return self._stored
        return replace(self._stored, silence=self._machine_clock.now() - self._open_time)

    def restart_server(self, *, timeline: str = "00000001") -> None:
        """Let the server start anew; without a timeline it recovers."""
        present = self._stored.present
        later = max(present.start_time + _MOMENT, self._machine_clock.now())
        self._stored = replace(self._stored, present=replace(present, start_time=later, timeline=timeline))

    async def get(self) -> LedgerState:
        """Return whether the ledger is open."""
        return self._stored.state

    async def inspect(self) -> Inspection:
        """Return all that is known."""
        return self.inspection

    async def open(self, seen: Inspection, place: StreamPlace | None) -> bool:
        """Note that all is in order."""
        opened = Inspection(seen.version, seen.present, seen.present, place=place, silence=_NOTHING)
        if not self._change(seen, opened):
            return False
        self._open_time = self._machine_clock.now()
        return True

    async def notice(self, seen: Inspection, *, at: datetime) -> bool:
        """Note that the server has changed."""
        return self._change(seen, replace(seen, notice_time=at))

    async def close(self, seen: Inspection, doubt: Doubt, *, at: datetime) -> bool:
        """Close the ledger."""
        return self._change(seen, replace(seen, doubt=doubt, notice_time=seen.notice_time or at))

    async def find_unknown_events(self, event_ids: Collection[str]) -> list[str]:
        """Return those ids that the outbox does not know."""
        return [event_id for event_id in event_ids if event_id not in self.known]

    async def find_last_change(self) -> datetime | None:
        """Return what the test has set."""
        return self.last_change_time

    def _change(self, seen: Inspection, changed: Inspection) -> bool:
        if (seen.version, seen.present) != (self._stored.version, self._stored.present):
            return False
        self._stored = replace(changed, version=seen.version + 1)
        return True
