"""Asks the service's own stream of events whether the ledger knows all that was published."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from delivery.application.ports import Transaction
from delivery.domain.sending.restores import WHEREVER, StreamPlace, StreamTestimony
from kit.clock import machine_now
from kit.events.errors import BusRefusal, BusUnavailable
from kit.events.ports import Readback, StoredEvent, StreamExtent
from kit.store.ports import UnitOfWork

MEMORY = timedelta(days=2)
"""Events younger than this are in the outbox, which keeps them for three days, unless the ledger has forgotten them."""

MOST_RECENT = 1000
"""How many of the newest events are asked about where it is not known which of them are new."""

BATCH = 100


@dataclass(frozen=True, slots=True)
class Statement:
    """What the stream tells, and where it ends now; without a place where that is not known, or there is no stream."""

    testimony: StreamTestimony
    place: StreamPlace | None = None


class Witness:
    """Reads the stream back, from its newest event on, and compares it with the outbox."""

    def __init__(
        self,
        *,
        uow: UnitOfWork[Transaction],
        stream: Readback,
        source: str,
        now: Callable[[], datetime] = machine_now,
    ) -> None:
        """Describe it.

        Args:
            uow: opens the ledger's transactions.
            stream: the service's own stream.
            source: what the service's events name as their source; those of others are passed over.
            now: machine time.

        """
        self._uow = uow
        self._stream = stream
        self._source = source
        self._now = now

    async def locate(self) -> StreamPlace | None:
        """Return where the stream ends now; None where it can't be asked, or there is none."""
        try:
            extent = await self._stream.measure()
        except (BusUnavailable, BusRefusal):
            return None
        return None if extent is None else _end_of(extent)

    async def question(self, place: StreamPlace | None) -> Statement:
        """Return what the stream tells of everything that was published after `place`.

        Without a place, as before anything was published, the newest events of the last days are asked about.
        """
        try:
            extent = await self._stream.measure()
            if extent is None:
                return Statement(StreamTestimony.KNOWN if place is None else StreamTestimony.LOST)
            if place is None:
                return await self._question_recent(extent)
            if not _goes_on(place, extent):
                return Statement(StreamTestimony.LOST)
            newer = range(extent.last_sequence, place.sequence, -1)
            return Statement(await self._compare(newer, oldest=None), _end_of(extent))
        except (BusUnavailable, BusRefusal):
            return Statement(StreamTestimony.NONE)

    async def question_recent(self, place: StreamPlace | None) -> Statement:
        """Return what the newest events of the last days tell that came after `place`, whatever else is gone.

        A stream that is not the one of `place` is asked as a whole, and one whose place is not known not at all.
        """
        try:
            extent = await self._stream.measure()
            if extent is None:
                return Statement(StreamTestimony.KNOWN)
            if place == WHEREVER:
                return Statement(StreamTestimony.KNOWN, _end_of(extent))
            goes_on = place is not None and place.incarnation == extent.incarnation
            return await self._question_recent(extent, after=place.sequence if place and goes_on else 0)
        except (BusUnavailable, BusRefusal):
            return Statement(StreamTestimony.NONE)

    async def _question_recent(self, extent: StreamExtent, *, after: int = 0) -> Statement:
        first = max(extent.first_sequence, extent.last_sequence - MOST_RECENT + 1, after + 1)
        newest = range(extent.last_sequence, first - 1, -1)
        return Statement(await self._compare(newest, oldest=self._now() - MEMORY), _end_of(extent))

    async def _compare(self, sequences: range, *, oldest: datetime | None) -> StreamTestimony:
        """Compare events, the newest first, down to those stored before `oldest`; None: all of them, or it is LOST."""
        for begin in range(0, len(sequences), BATCH):
            events = [await self._stream.read(sequence) for sequence in sequences[begin : begin + BATCH]]
            found = [event for event in events if event is not None]
            asked = [event for event in found if oldest is None or event.store_time >= oldest]
            if await self._find_unknown(asked):
                return StreamTestimony.FORGOTTEN
            if oldest is None and len(found) < len(events):
                return StreamTestimony.LOST
            if len(asked) < len(events):
                break
        return StreamTestimony.KNOWN

    async def _find_unknown(self, events: Collection[StoredEvent]) -> list[str]:
        ours = [event.event_id for event in events if event.source == self._source]
        if not ours:
            return []
        async with self._uow.read() as tx:
            return await tx.ledger_state.find_unknown_events(ours)


def _goes_on(place: StreamPlace, extent: StreamExtent) -> bool:
    """Tell whether a stream still holds everything that came after a place."""
    is_same = place.incarnation == extent.incarnation
    return is_same and extent.first_sequence - 1 <= place.sequence <= extent.last_sequence


def _end_of(extent: StreamExtent) -> StreamPlace:
    return StreamPlace(extent.incarnation, extent.last_sequence)
