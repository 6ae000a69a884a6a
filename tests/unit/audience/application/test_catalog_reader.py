"""The catalog follows LINE."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from audience.domain.audiences import Audience, Jobs, Kind, ObservedAudience, Permission, State
from audience.domain.catalog import SYNC_INTERVAL, UNCHECKED_INTERVAL, CatalogFailure, Trouble
from audience.domain.errors import LineRateLimited, VendorUnavailable
from audience.domain.events import AudienceDiscovered, AudienceReady, AudienceUnusable
from audience.domain.lookups import LOOKUPS_A_MINUTE
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


def is_removed(entry: Audience) -> bool:
    """Tell whether LINE has an audience no more."""
    return entry.observed.state is State.REMOVED


async def test_sync(acme: World) -> None:
    """A sync enters what is new and marks what is gone; each is told once."""
    acme.line.audiences = {number: make_audience(number) for number in (1, 2)}
    first = await acme.catalog.sync(ACME)
    del acme.line.audiences[1]
    acme.line.audiences[3] = make_audience(3, state=State.IN_PROGRESS)
    second = await acme.catalog.sync(ACME)

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
    await acme.catalog.sync(ACME)
    acme.line.unlisted = {1}
    result = await acme.catalog.sync(ACME)

    assert (result.audience_count, result.removed_count) == (1, 0)
    assert acme.line.asked_ids == [1]


async def test_outage_keeps_the_catalog(acme: World) -> None:
    """A sync without an answer leaves everything as it was, and the channel says why and since when."""
    acme.line.audiences = {1: make_audience()}
    await acme.catalog.sync(ACME)
    before = dict(acme.tx.audiences.entries)
    synced = acme.clock.now()
    acme.line.available = False
    for _ in range(2):
        acme.clock.advance(timedelta(minutes=1))
        with pytest.raises(VendorUnavailable):
            await acme.catalog.sync(ACME)

    now, catalog = acme.clock.now(), acme.channel.catalog
    assert acme.tx.audiences.entries == before
    assert catalog.sync_time == synced
    assert catalog.trouble == Trouble(CatalogFailure.LINE_UNAVAILABLE, now - timedelta(minutes=1), 2)
    assert catalog.next_time == now + timedelta(minutes=2)


async def test_listing_that_breaks_off(acme: World) -> None:
    """What LINE told before its limit is kept, nothing counts as gone, and the limit is named."""
    acme.line.audiences = {number: make_audience(number) for number in (1, 2)}
    await acme.catalog.sync(ACME)
    acme.line.audiences = {number: make_audience(number, state=State.EXPIRED) for number in (2, 3, 4, 5)}
    acme.line.page_size = 2
    acme.line.failures["list_audiences"] = LineRateLimited()
    with pytest.raises(LineRateLimited) as limited:
        await acme.catalog.sync(ACME)

    states = {entry.observed.audience_id: entry.observed.state for entry in acme.tx.audiences.entries.values()}
    assert states == {1: State.READY, 2: State.EXPIRED, 3: State.EXPIRED}
    assert limited.value.retry_after == timedelta(minutes=1)
    assert acme.channel.catalog.trouble is not None
    assert acme.channel.catalog.trouble.failure is CatalogFailure.LINE_RATE_LIMITED


async def test_entry_that_does_not_read(acme: World) -> None:
    """An audience whose entry can't be read keeps what was known of it, is counted, and spoils no other."""
    acme.line.audiences = {number: make_audience(number) for number in (1, 2)}
    await acme.catalog.sync(ACME)
    known = acme.tx.audiences.entries[f"{ACME}/audiences/1"]
    acme.line.audiences[3] = make_audience(3)
    acme.line.unreadable = {1, 3}
    acme.clock.advance(timedelta(minutes=4))
    result = await acme.catalog.sync(ACME)

    entries = acme.tx.audiences.entries
    assert (result.unreadable_count, result.audience_count, result.removed_count) == (2, 1, 0)
    assert acme.channel.catalog.unreadable_count == 2
    assert entries[f"{ACME}/audiences/1"] == known
    assert entries[f"{ACME}/audiences/2"].observed.observe_time == acme.clock.now()
    assert f"{ACME}/audiences/3" not in entries


async def test_many_deleted_at_once(acme: World) -> None:
    """Each reading asks for as many missing audiences as LINE's limit allows, and keeps the answers."""
    acme.line.audiences = {number: make_audience(number) for number in range(1, 101)}
    await acme.catalog.sync(ACME)
    acme.line.audiences = {100: make_audience(100)}
    left, asked, waits = [99], [0], list[timedelta]()
    while left[-1]:
        acme.clock.advance(timedelta(minutes=1))
        left.append((await acme.catalog.sync(ACME)).unchecked_count)
        asked.append(len(acme.line.asked_ids))
        waits.append((acme.channel.catalog.next_time or SEEN) - acme.clock.now())

    assert len(left) < 15
    assert [99 - number for number in left] == asked
    assert all(after - before <= LOOKUPS_A_MINUTE for before, after in pairwise(asked))
    assert waits == [UNCHECKED_INTERVAL] * (len(waits) - 1) + [SYNC_INTERVAL]
    assert sorted(acme.line.asked_ids) == list(range(1, 100))
    assert [entry.observed.audience_id for entry in acme.tx.audiences.entries.values() if not is_removed(entry)] == [
        100
    ]


async def test_limit_that_others_use_up(acme: World) -> None:
    """Where LINE refuses calls for single audiences it is left alone for a minute, and what it answered is kept."""
    acme.line.audiences = {number: make_audience(number) for number in range(1, 11)}
    await acme.catalog.sync(ACME)
    acme.line.audiences.clear()
    acme.line.lookups_allowed = 3
    first = await acme.catalog.sync(ACME)
    acme.line.lookups_allowed = None
    acme.clock.advance(timedelta(seconds=30))
    second = await acme.catalog.sync(ACME)

    assert (first.removed_count, first.unchecked_count) == (3, 7)
    assert (second.removed_count, second.unchecked_count) == (0, 7)
    assert len(acme.line.asked_ids) == 3


async def test_missing_entry_that_does_not_read(acme: World) -> None:
    """An unlisted audience whose answer can't be read is neither gone nor in the way of the others."""
    acme.line.audiences = {number: make_audience(number) for number in (1, 2)}
    await acme.catalog.sync(ACME)
    acme.line.unlisted, acme.line.unreadable = {1, 2}, {1}
    result = await acme.catalog.sync(ACME)

    assert (result.audience_count, result.unreadable_count, result.unchecked_count) == (1, 1, 0)
    assert not any(is_removed(entry) for entry in acme.tx.audiences.entries.values())


async def test_computed_size_moves_once_a_day(acme: World) -> None:
    """A computed size stays as published for a day, however LINE's count moves (V7)."""
    acme.line.audiences = {1: make_audience(line_count=123)}
    shown = []
    for hours, count in ((0, 123), (23, 157), (1, 157)):
        acme.clock.advance(timedelta(hours=hours))
        acme.line.audiences[1] = make_audience(line_count=count)
        await acme.catalog.sync(ACME)
        shown.append((await acme.audiences.get(f"{ACME}/audiences/1")).published_size.value)

    assert shown == [120, 120, 150]
