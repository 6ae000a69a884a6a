"""Looks whether events can have been lost on their way, and has what they told of asked for then."""

import structlog

from kit.clock import Clock
from kit.store.ports import UnitOfWork
from reporting.application.ports import StreamWatch, Transaction

DELIVERY = "delivery"

_log = structlog.get_logger(__name__)


class Watching:
    """Watches the stream of delivery's events; any number of replicas may."""

    def __init__(self, *, uow: UnitOfWork[Transaction], stream: StreamWatch, clock: Clock) -> None:
        self._uow = uow
        self._stream = stream
        self._clock = clock

    async def run_once(self) -> bool:
        """Look once, and return whether a gap was noticed, for which a pass is due then."""
        place = await self._stream.look()
        if place is None:
            return False
        async with self._uow.read() as tx:
            known = await tx.reconciliations.find(DELIVERY)
        if known.watch(place, self._clock.now()) == known:
            return False
        async with self._uow() as tx:
            known = await tx.reconciliations.lock(DELIVERY)
            await tx.reconciliations.save(known.watch(place, self._clock.now()))
        if known.incarnation is not None:
            _log.warning("events_may_be_lost", stream=DELIVERY, first=place.first_sequence, needed=place.first_needed)
        return True
