"""The relay: carries committed events from the outbox to the bus, in order per resource, at least once."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import any_, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from kit.events.envelope import Event
from kit.events.errors import BusUnavailable
from kit.events.metrics import RelayMetrics
from kit.events.ports import Publisher
from kit.events.rows import from_row
from kit.events.schema import OUTBOX
from kit.events.tracing import untraced
from kit.store.engine import Database
from kit.store.errors import StoreError
from kit.store.leases import Lease
from kit.store.uow import connected, transaction

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
_MARK = (
    update(OUTBOX)
    .where(OUTBOX.c.id == any_(bindparam("ids", type_=ARRAY(OUTBOX.c.id.type))))
    .values(publish_time=func.now())
)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Stored:
    """One unpublished row."""

    row_id: int
    event: Event


class Relay:
    """Publishes the outbox of one service; any number of replicas run one, and one of them works at a time.

    An event leaves the outbox only after the bus confirmed it. A relay that dies in between leaves it to the next one,
    which publishes it again under the same id. Order per resource holds even while a replaced relay still publishes:
    each sends a resource's next event only after the previous one was confirmed.
    """

    def __init__(
        self, database: Database, publisher: Publisher, *, replica: str, lease_ttl: timedelta = timedelta(seconds=10)
    ) -> None:
        """Describe the relay; `replica` is unique per process, `lease_ttl` is how long a dead relay is waited for."""
        self._database = database
        self._publisher = publisher
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
                return self._lease.ttl.total_seconds() / 2
            batch = await self._read()
            published = await self._publish(batch)
        except StoreError as error:
            return self._back_off(type(error).__name__)
        if published < len(batch):
            return self._back_off(BusUnavailable.__name__)
        self._failure_count = 0
        return 0 if batch else POLL_INTERVAL.total_seconds()

    def _back_off(self, reason: str) -> float:
        doubled: timedelta = FIRST_RETRY * 2 ** min(self._failure_count, 16)
        wait = min(doubled, LONGEST_RETRY).total_seconds()
        self._failure_count += 1
        _log.warning("relay_waits", reason=reason, wait_s=wait, failure_count=self._failure_count)
        return wait

    async def _read(self) -> Sequence[_Stored]:
        async with connected(self._database.reader) as connection:
            rows = (await connection.execute(_READ)).all()
        self._metrics.report_lag(float(rows[0].age_s) if rows else 0.0)
        return [_Stored(row.id, from_row(row)) for row in rows]

    async def _publish(self, batch: Sequence[_Stored]) -> int:
        """Publish and mark `batch`; return how many of it are done."""
        if not batch:
            return 0
        done = await asyncio.gather(*map(self._publish_chain, _chains(batch)))
        ids = [row_id for chain in done for row_id in chain]
        if ids:
            async with transaction(self._database.writer) as connection:
                await connection.execute(_MARK, {"ids": ids})
            self._metrics.count_published(len(ids))
        return len(ids)

    async def _publish_chain(self, chain: Sequence[_Stored]) -> list[int]:
        """Publish one resource's events one after another, up to the first that fails; return their row ids."""
        done: list[int] = []
        for stored in chain:
            if not self._lease.valid:
                break
            try:
                await self._publisher.publish(stored.event)
            except BusUnavailable:
                break
            done.append(stored.row_id)
        return done


def _chains(batch: Sequence[_Stored]) -> list[list[_Stored]]:
    """Split a batch by resource, each part in the batch's order."""
    chains: dict[str, list[_Stored]] = defaultdict(list)
    for stored in batch:
        chains[stored.event.resource].append(stored)
    return list(chains.values())
