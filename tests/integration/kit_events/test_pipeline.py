"""Tests of the whole way of an event: transaction, outbox, relay, NATS, consumer, inbox, effect."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import nats
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from deploy.local.nats import NATSServer
from deploy.local.processes import Process, start_all
from kit.events.bus import NatsBus
from kit.events.consumer import Consumer, RetryPolicy
from kit.events.dead_letters import DeadLetters
from kit.events.envelope import Event
from kit.events.errors import PermanentFailure
from kit.events.inbox import SqlInbox, handle_once
from kit.events.outbox import Outbox
from kit.events.ports import Handler
from kit.events.relay import Relay
from kit.events.streams import NatsStream
from kit.store.engine import Database
from kit.store.uow import SqlUnitOfWork, connected
from tests.fakes.events import READER, make_event
from tests.infrastructure.eventually import eventually
from tests.integration.kit_events.reading import LIBRARY

RETRY = RetryPolicy(max_attempts=2, first_delay=timedelta(milliseconds=10))

Condition = Callable[[], bool | Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Tx:
    """A service's bundle; `effects` is any table of the service."""

    outbox: Outbox
    inbox: SqlInbox
    connection: AsyncConnection

    async def note_effect(self, event: Event) -> None:
        """Leave a row that counts how often the event had an effect."""
        await self.connection.execute(text("INSERT INTO effects VALUES (:id)"), {"id": event.id})


@pytest.fixture
async def uow(database: Database) -> SqlUnitOfWork[Tx]:
    """Give the unit of work of a service that is producer and consumer in one."""
    async with database.writer.begin() as connection:
        await connection.execute(text("CREATE TABLE effects (event_id text)"))
    return SqlUnitOfWork(database, lambda connection: Tx(Outbox(connection), SqlInbox(connection), connection))


@asynccontextmanager
async def running(*works: Awaitable[None]) -> AsyncIterator[None]:
    """Run background work for the length of the `with` block."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        assert all(task.cancelled() for task in tasks)


async def effects(database: Database) -> list[str]:
    """Return the ids of events that had an effect, in order of effect."""
    async with connected(database.reader) as connection:
        return list((await connection.execute(text("SELECT event_id FROM effects"))).scalars())


def had_effects(database: Database, count: int) -> Condition:
    """Return the condition that `count` events had an effect."""

    async def condition() -> bool:
        return len(await effects(database)) >= count

    return condition


async def produce(uow: SqlUnitOfWork[Tx], *events: Event) -> None:
    """Commit each event in a transaction of its own."""
    for event in events:
        async with uow() as tx:
            await tx.outbox.add(event)


async def test_every_committed_event_has_one_effect_in_order(
    uow: SqlUnitOfWork[Tx], database: Database, bus: NatsBus, library: NatsStream
) -> None:
    """From the producer's commit to the consumer's, nothing is lost, doubled or, per resource, swapped."""
    events = [make_event() for _ in range(30)]
    consumer = Consumer(READER, handle_once("reader", uow, Tx.note_effect), DeadLetters(database))
    relay = Relay(database, library, replica="replica-1")

    async with running(relay.run(), bus.consume(consumer)):
        await produce(uow, *events)
        await eventually(had_effects(database, 30))

    assert await effects(database) == [event.id for event in events]


async def test_redelivered_event_has_one_effect(
    uow: SqlUnitOfWork[Tx], database: Database, bus: NatsBus, library: NatsStream
) -> None:
    """A handler that committed and then failed to say so is called again, and skips."""
    handle = handle_once("reader", uow, Tx.note_effect)
    calls: list[str] = []

    async def commit_then_fail(event: Event) -> None:
        await handle(event)
        calls.append(event.id)
        if len(calls) == 1:
            raise RuntimeError

    event = make_event()
    await library.publish(event)
    consumer = Consumer(READER, commit_then_fail, DeadLetters(database), retry=RETRY)
    async with running(bus.consume(consumer)):
        await eventually(lambda: len(calls) == 2)

    assert await effects(database) == [event.id]


async def test_poison_is_buried_and_redriven(
    uow: SqlUnitOfWork[Tx], database: Database, bus: NatsBus, library: NatsStream
) -> None:
    """An event that can't be handled leaves no effect, waits as a dead letter, and has its effect when redriven."""
    letters = DeadLetters(database)

    async def spoil(tx: Tx, event: Event) -> None:
        await tx.note_effect(event)
        raise PermanentFailure("NOT_YET_SUPPORTED")

    poison = make_event()
    await library.publish(poison)
    consumer = Consumer(READER, handle_once("reader", uow, spoil), letters, retry=RETRY)
    async with running(bus.consume(consumer)):
        await eventually(has_letters(letters))
    (letter,) = await letters.find()
    assert (letter.event, letter.reason) == (poison, "NOT_YET_SUPPORTED")
    assert await effects(database) == []

    repaired: dict[str, Handler] = {"reader": handle_once("reader", uow, Tx.note_effect)}
    redriven = await letters.redrive(repaired, ids=[letter.id])

    assert redriven.handled == (letter.id,)
    assert await effects(database) == [poison.id]
    assert await letters.find() == []


async def test_nats_back_without_its_streams(
    uow: SqlUnitOfWork[Tx], database: Database, own_server: NATSServer
) -> None:
    """When NATS comes back with nothing, producer and consumer go on by themselves; every event has its one effect.

    What the lost stream held and nobody had read is published anew from the outbox, before what came meanwhile.
    """
    events = [make_event(resource=f"shelves/{number % 3}") for number in range(12)]
    async with NatsBus(own_server.url, name="kit-tests") as bus:
        consumer = Consumer(READER, handle_once("reader", uow, Tx.note_effect), DeadLetters(database), retry=RETRY)
        relay = Relay(database, bus.stream(LIBRARY), replica="replica-1")
        async with running(relay.run()):
            async with running(bus.consume(consumer)):
                await produce(uow, *events[:4])
                await eventually(had_effects(database, 4))
            await produce(uow, *events[4:8])
            await eventually(all_marked(database, 8))
            own_server.process.kill()
            own_server.lose_streams()
            await produce(uow, *events[8:])
            start_all([own_server.process])

            async with running(bus.consume(consumer)):
                await eventually(had_effects(database, 12), deadline=20)
            sent = await read_stream(own_server.url)

    assert sorted(await effects(database)) == sorted(event.id for event in events)
    for resource in {event.resource for event in events}:
        expected = [event.id for event in events if event.resource == resource]
        assert [event_id for name, event_id in sent if name == resource] == expected


async def test_relay_killed_between_publication_and_mark(
    uow: SqlUnitOfWork[Tx],
    database: Database,
    kit_database_url: str,
    library: NatsStream,
    nats_url: str,
    tmp_path: Path,
) -> None:
    """After SIGKILL of a relay that had stored events but marked none, the stream ends up with each once, in order."""
    resources = [f"shelves/{number}" for number in range(10)]
    events = [make_event(resource=resource) for _ in range(3) for resource in resources]
    await produce(uow, *events)
    stored = tmp_path / "stored"
    script = Path(__file__).with_name("relay_process.py")
    doomed = Process(
        "doomed relay",
        [sys.executable, str(script), kit_database_url, nats_url, str(len(resources)), str(stored)],
        log=tmp_path / "relay.log",
        ready=stored.exists,
        environment={**os.environ, "PYTHONPATH": "services"},
    )
    start_all([doomed])
    doomed.kill()
    assert await count_marked(database) == 0

    relay = Relay(database, library, replica="successor", lease_ttl=timedelta(seconds=1))
    async with running(relay.run()):
        await eventually(all_marked(database, len(events)), deadline=20)

    sent = await read_stream(nats_url)
    assert len(sent) == len(events)
    for resource in resources:
        expected = [event.id for event in events if event.resource == resource]
        assert [event_id for name, event_id in sent if name == resource] == expected


async def count_marked(database: Database) -> int:
    """Return how many events are marked as published."""
    async with connected(database.reader) as connection:
        return int(await connection.scalar(text("SELECT count(publish_time) FROM outbox")) or 0)


def all_marked(database: Database, count: int) -> Condition:
    """Return the condition that `count` events are marked as published."""

    async def condition() -> bool:
        return await count_marked(database) == count

    return condition


def has_letters(letters: DeadLetters) -> Condition:
    """Return the condition that something was buried."""

    async def condition() -> bool:
        return bool(await letters.find())

    return condition


async def read_stream(nats_url: str) -> list[tuple[str, str]]:
    """Return (resource, event id) of all that the stream holds, in order."""
    async with await nats.connect(nats_url) as client:
        jetstream = client.jetstream()
        last = (await jetstream.stream_info("library")).state.last_seq
        messages = [await jetstream.get_msg("library", sequence) for sequence in range(1, last + 1)]
    return [((message.headers or {})["ce-subject"], (message.headers or {})["ce-id"]) for message in messages]
