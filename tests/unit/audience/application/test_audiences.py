"""The catalog follows LINE."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from audience.domain.audiences import Jobs, Kind, ObservedAudience, Permission, State
from audience.domain.errors import VendorUnavailable
from audience.domain.events import AudienceDiscovered, AudienceReady, AudienceUnusable
from tests.unit.audience.application.conftest import ACME, World

SEEN = datetime(2026, 3, 1, tzinfo=UTC)


def make_audience(number: int = 1, **changes: Any) -> ObservedAudience:
    """Return an audience as LINE knows it."""
    audience = ObservedAudience(
        audience_id=number,
        display_name=f"audience {number}",
        kind=Kind.CLICK,
        state=State.READY,
        line_count=123,
        permission=Permission.READ_WRITE,
        create_route="OA_MANAGER",
        ifa=False,
        owned=True,
        create_time=datetime(2026, 3, 1, tzinfo=UTC),
        expire_time=None,
        jobs=Jobs(unfinished=False, observe_time=SEEN),
        observe_time=SEEN,
    )
    return replace(audience, **changes)


async def test_sync(acme: World) -> None:
    """A sync enters what is new and marks what is gone; each is told once."""
    acme.line.audiences = {number: make_audience(number) for number in (1, 2)}
    first = await acme.audiences.sync(ACME)
    del acme.line.audiences[1]
    acme.line.audiences[3] = make_audience(3, state=State.IN_PROGRESS)
    second = await acme.audiences.sync(ACME)

    kinds = [(type(event), event.audience[-1]) for event in acme.tx.outbox.events if hasattr(event, "audience")]
    assert (first.audience_count, first.discovered_count, first.removed_count) == (2, 2, 0)
    assert (second.audience_count, second.discovered_count, second.removed_count) == (2, 1, 1)
    assert kinds == [
        (AudienceDiscovered, "1"),
        (AudienceReady, "1"),
        (AudienceDiscovered, "2"),
        (AudienceReady, "2"),
        (AudienceDiscovered, "3"),
        (AudienceUnusable, "1"),
    ]


async def test_missed_audience_is_not_gone(acme: World) -> None:
    """An entry that a walk over LINE's pages missed is asked for before it counts as gone (LP 3.5)."""
    acme.line.audiences = {1: make_audience()}
    await acme.audiences.sync(ACME)
    acme.line.unlisted = {1}
    result = await acme.audiences.sync(ACME)

    assert (result.audience_count, result.removed_count) == (1, 0)
    assert acme.line.asked_ids == [1]


async def test_outage_keeps_the_catalog(acme: World) -> None:
    """A sync without an answer leaves everything as it was."""
    acme.line.audiences = {1: make_audience()}
    await acme.audiences.sync(ACME)
    before = dict(acme.tx.audiences.entries)
    acme.line.available = False
    with pytest.raises(VendorUnavailable):
        await acme.audiences.sync(ACME)

    assert acme.tx.audiences.entries == before


async def test_computed_size_moves_once_a_day(acme: World) -> None:
    """A computed size stays as published for a day, however LINE's count moves (V7)."""
    acme.line.audiences = {1: make_audience(line_count=123)}
    shown = []
    for hours, count in ((0, 123), (23, 157), (1, 157)):
        acme.clock.advance(timedelta(hours=hours))
        acme.line.audiences[1] = make_audience(line_count=count)
        await acme.audiences.sync(ACME)
        shown.append((await acme.audiences.get(f"{ACME}/audiences/1")).published_size.value)

    assert shown == [120, 120, 150]


async def test_polling(acme: World) -> None:
    """A channel is read when it is due, every four minutes; one that LINE refuses waits for its turn."""
    acme.line.audiences = {1: make_audience()}
    turns = [await acme.polling.run_once(), await acme.polling.run_once()]
    acme.clock.advance(timedelta(minutes=4, seconds=1))
    acme.line.secret = "changed"
    turns += [await acme.polling.run_once(), await acme.polling.run_once()]

    assert turns == [True, False, True, False]
    assert list(acme.tx.audiences.entries) == [f"{ACME}/audiences/1"]
