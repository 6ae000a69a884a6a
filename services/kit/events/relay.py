"""The relay: carries committed events from the outbox to the bus, in order per resource, at least once."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import func, select

from kit.events.continuity import CHECK_INTERVAL, Continuity
from kit.events.envelope import Event
from kit.events.errors import REFUSAL_PAUSE, BusRefusal, BusUnavailable
from kit.events.metrics import RelayMetrics
from kit.events.ports import Publisher, Stored
from kit.events.rows import from_row
from kit.events.schema import OUTBOX
from kit.events.tracing import untraced
from kit.store.engine import Database
from kit.store.errors import StoreError
from kit.store.leases import Lease
from kit.store.uow import connected

# Half of it is the mean wait of an event in an idle service; NOTIFY would be faster, but it makes commits queue up.
POLL_INTERVAL = timedelta(milliseconds=20)
BATCH = 500
FIRST_RETRY = timedelta(milliseconds=100)
LONGEST_RETRY = timedelta(seconds=5)

_READ = (
    select(OUTBOX, func.extract("epoch", func.now() - OUTBOX.c.create_time).label("age_s"))
    .where(OUTBOX.c.publish_time.is_(None))
    .order_by(OUTBOX.c.id)
    .limit(BATCH)
)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """One unpublished row."""

    row_id: int
    event: Event


class Relay:
    """Publishes the outbox of one service; any number of replicas run one, and one of them works at a time.

    An event leaves the outbox only after the bus confirmed it. A relay that dies in between leaves it to the next one,
    which publishes it again under the same id. Order per resource holds even while a replaced relay still publishes:
    each sends a resource's next event only after the previous one was confirmed. A stream that is not there is made,
    and what a lost one held is published anew (`kit.events.continuity`).
    """

    def __init__(
        self,
        database: Database,
        publisher: Publisher,
        *,
        replica: str,
        lease_ttl: timedelta = timedelta(seconds=10),
        check_interval: timedelta = CHECK_INTERVAL,
    ) -> None:
        """Describe the relay.

        Args:
            database: holds the outbox.
            publisher: the way to the stream.
            replica: unique per process.
            lease_ttl: how long a dead relay is waited for.
            check_interval: how often the stream is looked at without another reason.

        """
        self._database = database
        self._publisher = publisher
        self._continuity = Continuity(database, publisher, every=check_interval)
        self._lease = Lease(database.writer, name="outbox-relay", holder=replica, ttl=lease_ttl)
        self._metrics = RelayMetrics()
        self._failure_count = 0

    async def run(self) -> None:
        """Publish until cancelled; then another replica can take over at once."""
        with untraced():
            try:
                while True:
                    pause = await self._work()
                    await asyncio.sleep(pause)
            finally:
                with suppress(StoreError):
                    await self._lease.release()

    async def _work(self) -> float:
        """Publish one batch if it is this replica's turn; return the seconds to wait before the next."""
        try:
            if not await self._lease.hold():
                self._continuity.forget()
                return self._lease.ttl.total_seconds() / 2
            # Also reports the lag, which grows while the bus is away.
            batch = await self._read()
            if await self._continuity.check():
                return 0
            published = await self._publish(batch)
        except BusRefusal as refusal:
            stream, pause = self._publisher.stream, REFUSAL_PAUSE.total_seconds()
            _log.error("stream_refused", stream=stream, reason=refusal.reason, code=refusal.code, wait_s=pause)
            return pause
        except (StoreError, BusUnavailable) as error:
            return self._back_off(type(error).__name__)
        if published < len(batch):
            self._continuity.doubt()
            return self._back_off(BusUnavailable.__name__)
        self._failure_count = 0
        return 0 if batch else POLL_INTERVAL.total_seconds()

    def _back_off(self, reason: str) -> float:
        doubled: timedelta = FIRST_RETRY * 2 ** min(self._failure_count, 16)
        wait = min(doubled, LONGEST_RETRY).total_seconds()
        self._failure_count += 1
        _log.warning("relay_waits", reason=reason, wait_s=wait, failure_count=self._failure_count)
        return wait

    async def _read(self) -> Sequence[_Waiting]:
        async with connected(self._database.reader) as connection:
            rows = (await connection.execute(_READ)).all()
        self._metrics.report_lag(float(rows[0].age_s) if rows else 0.0)
        return [_Waiting(row.id, from_row(row)) for row in rows]

    async def _publish(self, batch: Sequence[_Waiting]) -> int:
        """Publish and mark `batch`; return how many of it are done."""
        done = await asyncio.gather(*map(self._publish_chain, _chains(batch)))
        published = [row for chain in done for row in chain]
        if not published or not await self._continuity.mark(published):
            return 0
        self._metrics.count_published(len(published))
        return len(published)

    async def _publish_chain(self, chain: Sequence[_Waiting]) -> list[tuple[int, Stored]]:
        """Publish one resource's events one after another, up to the first that fails; return those that are stored."""
        done: list[tuple[int, Stored]] = []
        for waiting in chain:
            if not self._lease.valid:
                break
            try:
                done.append((waiting.row_id, await self._publisher.publish(waiting.event)))
            except BusUnavailable:
                break
        return done


def _chains(batch: Sequence[_Waiting]) -> list[list[_Waiting]]:
    """Split a batch by resource, each part in the batch's order."""
    chains: dict[str, list[_Waiting]] = defaultdict(list)
    for waiting in batch:
        chains[waiting.event.resource].append(waiting)
    return list(chains.values())
