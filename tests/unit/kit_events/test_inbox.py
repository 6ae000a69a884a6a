"""Tests of `handle_once`, over fakes."""

from dataclasses import dataclass, field

import pytest

from kit.events.envelope import Event
from kit.events.inbox import handle_once
from tests.fakes.bus import FakeInbox, FakeOutbox
from tests.fakes.events import make_event
from tests.fakes.store import FakeUnitOfWork


@dataclass(frozen=True, slots=True)
class Tx:
    """A service's bundle, with an outbox to see effects by."""

    inbox: FakeInbox = field(default_factory=FakeInbox)
    outbox: FakeOutbox = field(default_factory=FakeOutbox)


async def pass_on(tx: Tx, event: Event) -> None:
    """Leave the event itself as the effect."""
    await tx.outbox.add(event)


async def test_repeat_is_skipped() -> None:
    """The second delivery of an event has no effect."""
    tx = Tx()
    handle = handle_once("reader", FakeUnitOfWork(tx), pass_on)
    event = make_event()

    await handle(event)
    await handle(event)

    assert tx.outbox.events == [event]


async def test_failed_event_is_not_noted() -> None:
    """An event whose effect was rolled back is not taken for handled."""
    tx = Tx()

    async def fail(tx: Tx, event: Event) -> None:
        await tx.outbox.add(event)
        raise RuntimeError

    handle = handle_once("reader", FakeUnitOfWork(tx), fail)

    with pytest.raises(RuntimeError):
        await handle(make_event())
    assert tx.inbox.accepted == set()
    assert tx.outbox.events == []


async def test_consumers_do_not_hide_events_from_each_other() -> None:
    """Two consumers of one service handle the same event, each once."""
    tx = Tx()
    event = make_event()

    for consumer in ("reader", "writer"):
        await handle_once(consumer, FakeUnitOfWork(tx), pass_on)(event)

    assert tx.outbox.events == [event, event]
