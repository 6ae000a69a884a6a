"""Measures what a claim of due work costs beside rows that are not due, and with many channels due at once."""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from statistics import median

from delivery.adapters.store.transaction import SqlTransaction, build_transaction
from delivery.bootstrap import DELIVERY
from delivery.domain.sending.lanes import Endpoint
from deploy.local.postgres import PostgresServer, serve_postgres
from kit.clock import machine_now
from kit.ids import RandomIds
from kit.store.engine import open_database
from kit.store.holding import LEASE
from kit.store.migrate import upgrade
from kit.store.uow import SqlUnitOfWork

LARGEST_RATIO = 1.5

_SEED = """
    INSERT INTO campaigns (name, channel, display_name, targeting, messages, content, notification_disabled, state,
                           revision, version, acknowledgements, create_time, update_time, order_time)
    SELECT 'channels/c' || lpad(n::text, 5, '0') || '/campaigns/' || kind, 'channels/c' || lpad(n::text, 5, '0'), '',
           '{}', '', '{}', false, 'SENDING', 1, 1, '[]', now(), now(), now()
    FROM generate_series(1, {channels}) AS n, (VALUES ('due'), ('scheduled')) AS kinds (kind);
    INSERT INTO send_requests (name, campaign, key_seed, state, order_time, due_time, end_time, generation, in_doubt,
                               attempt_count, claim_number)
    SELECT campaign || '/requests/' || number, campaign, campaign, 'READY', at, at, at + interval '24 hours', 1, false,
           0, 0
    FROM (
        SELECT 'channels/c' || lpad((1 + n % {channels})::text, 5, '0') || '/campaigns/scheduled' AS campaign,
               n AS number, now() + interval '1 day' + n * interval '1 second' AS at
        FROM generate_series(1, {scheduled}) AS n
        UNION ALL
        SELECT 'channels/c' || lpad(n::text, 5, '0') || '/campaigns/due', 1, now() - interval '1 second'
        FROM generate_series(1, {channels}) AS n
    ) AS rows;
    INSERT INTO lanes (channel, endpoint, due_time)
    SELECT channel, 'NARROWCAST', min(due_time) FROM send_requests GROUP BY channel;
    ANALYZE
"""


@dataclass(frozen=True, slots=True)
class World:
    """What a database holds: channels, each with one row that is due, and rows that are scheduled for later."""

    channels: int
    scheduled: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """A claim with its release, in milliseconds, medians of rounds by turns; it is held to `small`."""

    small: float
    large: float

    @property
    def ratio(self) -> float:
        """How many times as long it takes in the larger world."""
        return self.large / self.small


MORE_ROWS = (World(channels=330, scheduled=10_000), World(channels=330, scheduled=1_000_000))
MORE_CHANNELS = (World(channels=33, scheduled=10_000), World(channels=3_300, scheduled=10_000))


def compare(postgres: PostgresServer, worlds: tuple[World, World], *, calls: int, rounds: int) -> Comparison:
    """Measure claims in a smaller and a larger world, by turns."""
    with _seeded(postgres, worlds) as urls:
        small, large = asyncio.run(_measure_all(urls, calls=calls, rounds=rounds))
    return Comparison(small, large)


def list_seeds(world: World) -> list[str]:
    """Return the statements that fill a migrated database."""
    return _SEED.replace("{channels}", str(world.channels)).replace("{scheduled}", str(world.scheduled)).split(";")


def report_claims(*, calls: int, rounds: int) -> str:
    """Measure, and describe the result."""
    with serve_postgres() as postgres:
        compared = [compare(postgres, worlds, calls=calls, rounds=rounds) for worlds in (MORE_ROWS, MORE_CHANNELS)]
    lines = [f"Claims of due work, each with its release: median of {rounds} rounds of {calls} claims"]
    for name, comparison in zip(
        ("10,000 → 1,000,000 scheduled rows", "33 → 3,300 channels due"), compared, strict=True
    ):
        reached = "reached" if comparison.ratio <= LARGEST_RATIO else "MISSED"
        lines.append(
            f"  {name:36}{comparison.small:7.2f} → {comparison.large:.2f} ms"
            f"  {comparison.ratio:.2f} times ({reached}: at most {LARGEST_RATIO})"
        )
    return "\n".join(lines)


@contextmanager
def _seeded(postgres: PostgresServer, worlds: Sequence[World]) -> Iterator[list[str]]:
    """Give the URL of a database for each world."""
    names = [f"claims_{number}" for number in range(len(worlds))]
    for name, world in zip(names, worlds, strict=True):
        postgres.execute(f'CREATE DATABASE "{name}"')
        asyncio.run(upgrade(postgres.url(name), DELIVERY.migrations))
        postgres.execute(*list_seeds(world), "CHECKPOINT", database=name)
    yield [postgres.url(name) for name in names]
    postgres.execute(*(f'DROP DATABASE "{name}" WITH (FORCE)' for name in names))


async def _measure_all(urls: Sequence[str], *, calls: int, rounds: int) -> list[float]:
    spans: Mapping[str, list[float]] = {url: [] for url in urls}
    for _ in range(rounds):
        for url in urls:
            spans[url].append(await _measure(url, calls))
    return [median(spans[url]) for url in urls]


async def _measure(url: str, calls: int) -> float:
    """Return the median of claims that are made one after the other."""
    database = open_database(url, application_name="bench")
    store: SqlUnitOfWork[SqlTransaction] = SqlUnitOfWork(database, partial(build_transaction, ids=RandomIds()))
    begin = machine_now()
    try:
        await _claim_once(store, begin)  # connects, and prepares the statements
        return median([await _claim_once(store, begin + number * timedelta(milliseconds=1)) for number in range(calls)])
    finally:
        await database.close()


async def _claim_once(store: SqlUnitOfWork[SqlTransaction], now: datetime) -> float:
    begun = time.perf_counter()
    async with store() as tx:
        claim = await tx.ledger.claim(Endpoint.NARROWCAST, now=now, lease=LEASE)
    assert claim is not None
    async with store() as tx:
        await tx.ledger.release(claim)
    return (time.perf_counter() - begun) * 1000
