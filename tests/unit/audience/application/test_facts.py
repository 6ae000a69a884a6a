"""Facts are as fresh as LINE lets them be."""

import asyncio
from datetime import date, timedelta

import pytest

from audience.domain.audiences import Jobs, Kind
from audience.domain.lookups import MOST_AT_ONCE
from tests.unit.audience.application.conftest import ACME, World
from tests.unit.audience.application.test_catalog_reader import SEEN, make_audience

NAME = f"{ACME}/audiences/1"


async def test_old_entries_are_asked_for_again(acme: World) -> None:
    """An entry is asked for again when it is older than five minutes, and only then."""
    acme.line.audiences = {1: make_audience()}
    await acme.catalog.sync(ACME)
    await acme.facts.gather(ACME, [NAME], [])
    fresh = list(acme.line.asked_ids)
    acme.clock.advance(timedelta(minutes=5, seconds=1))
    facts = await acme.facts.gather(ACME, [NAME], [])

    assert (fresh, acme.line.asked_ids) == ([], [1])
    assert facts.audiences[0].observed.observe_time == acme.clock.now()


async def test_jobs_of_uploads_are_asked_for(acme: World) -> None:
    """LINE's list does not tell of jobs, so an upload is asked for; what it said holds for five minutes."""
    acme.line.audiences = {1: make_audience(kind=Kind.UPLOAD, jobs=Jobs(unfinished=True, observe_time=SEEN))}
    await acme.catalog.sync(ACME)
    told = [(await acme.facts.gather(ACME, [NAME], [])).audiences[0].observed.jobs]
    acme.line.audiences = {1: make_audience(kind=Kind.UPLOAD)}
    acme.clock.advance(timedelta(minutes=4))
    await acme.catalog.sync(ACME)
    told.append((await acme.facts.gather(ACME, [NAME], [])).audiences[0].observed.jobs)
    acme.clock.advance(timedelta(minutes=2))
    told.append((await acme.facts.gather(ACME, [NAME], [])).audiences[0].observed.jobs)

    assert [jobs is not None and jobs.unfinished for jobs in told] == [True, True, False]
    assert acme.line.asked_ids == [1, 1]


async def test_facts_during_an_outage(acme: World) -> None:
    """Without LINE the facts keep their age, and the jobs of an upload that nobody knows stay unknown."""
    acme.line.audiences = {1: make_audience(kind=Kind.UPLOAD)}
    await acme.catalog.sync(ACME)
    synced = acme.clock.now()
    acme.line.available = False
    acme.clock.advance(timedelta(hours=1))
    facts = await acme.facts.gather(ACME, [NAME, f"{ACME}/audiences/2"], [f"{ACME}/contactLists/1"])

    assert [(entry.oldest_time, entry.observed.jobs) for entry in facts.audiences] == [(synced, None)]
    assert (facts.contact_lists, facts.reach.reach) == ((), None)


async def test_facts_are_as_old_as_their_oldest_part(acme: World) -> None:
    """Jobs that were told earlier than the rest keep what they were, and their time counts."""
    acme.line.audiences = {1: make_audience(kind=Kind.UPLOAD)}
    await acme.catalog.sync(ACME)
    await acme.facts.gather(ACME, [NAME], [])
    told = acme.clock.now()
    acme.clock.advance(timedelta(minutes=6))
    await acme.catalog.sync(ACME)
    acme.line.available = False
    (entry,) = (await acme.facts.gather(ACME, [NAME], [])).audiences

    assert entry.observed.jobs == Jobs(unfinished=False, observe_time=told)
    assert (entry.oldest_time, entry.observed.observe_time) == (told, acme.clock.now())


async def test_audience_that_is_gone(acme: World) -> None:
    """An old entry that LINE no longer has turns REMOVED when facts are asked for."""
    acme.line.audiences = {1: make_audience()}
    await acme.catalog.sync(ACME)
    acme.line.audiences.clear()
    acme.clock.advance(timedelta(minutes=6))
    facts = await acme.facts.gather(ACME, [NAME], [])

    assert [entry.observed.state.name for entry in facts.audiences] == ["REMOVED"]


async def test_reach(acme: World) -> None:
    """The newest Japanese day that is ready is taken, LINE is left alone for a while, and older days never return."""
    acme.line.reaches = {date(2026, 3, 30): 900}
    first = await acme.facts.refresh_reach(ACME)
    asked = list(acme.line.asked_days)
    again = await acme.facts.refresh_reach(ACME)
    acme.line.reaches[date(2026, 3, 31)] = 950
    acme.clock.advance(timedelta(minutes=16))
    later = await acme.facts.refresh_reach(ACME)
    acme.clock.advance(timedelta(hours=1))
    settled = await acme.facts.refresh_reach(ACME)

    assert asked == [date(2026, 3, 31), date(2026, 3, 30)]
    assert (first.reach, first.day) == (again.reach, again.day) == (900, date(2026, 3, 30))
    assert (later.reach, later.day) == (settled.reach, settled.day) == (950, date(2026, 3, 31))
    assert acme.line.asked_days == [*asked, date(2026, 3, 31)]


async def test_reach_that_fails_is_not_asked_for_each_time(acme: World) -> None:
    """An attempt is noted before it is made: whatever comes of it, LINE is left alone for a while."""
    acme.line.failures["count_reach"] = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        await acme.facts.refresh_reach(ACME)
    for _ in range(10):
        await acme.facts.refresh_reach(ACME)

    assert len(acme.line.asked_days) == 1


async def test_reach_that_many_ask_for(acme: World) -> None:
    """Those who want to know at the same time get one answer, which LINE was asked for once."""
    acme.line.reaches = {date(2026, 3, 31): 950}
    facts = acme.facts
    told = await asyncio.gather(*(facts.refresh_reach(ACME) for _ in range(20)))

    assert {reach.reach for reach in told} == {950}
    assert acme.line.asked_days == [date(2026, 3, 31)]


async def test_lookups_of_facts_are_limited(acme: World) -> None:
    """Facts ask for as many audiences as LINE's limit allows, the oldest first; the others keep their age."""
    acme.line.audiences = {number: make_audience(number) for number in range(1, 101)}
    await acme.catalog.sync(ACME)
    synced = acme.clock.now()
    acme.clock.advance(timedelta(hours=1))
    names = [f"{ACME}/audiences/{number}" for number in range(1, 101)]
    first = await acme.facts.gather(ACME, names, [])
    acme.clock.advance(timedelta(minutes=1))
    second = await acme.facts.gather(ACME, names, [])

    ages = [sum(entry.oldest_time == synced for entry in facts.audiences) for facts in (first, second)]
    assert ages == [100 - MOST_AT_ONCE, 100 - 2 * MOST_AT_ONCE]
    assert len(set(acme.line.asked_ids)) == len(acme.line.asked_ids) == 2 * MOST_AT_ONCE


async def test_one_answer_that_does_not_read(acme: World) -> None:
    """An audience whose answer can't be read keeps its age; the others are fresh."""
    acme.line.audiences = {number: make_audience(number) for number in (1, 2, 3)}
    await acme.catalog.sync(ACME)
    acme.line.unreadable = {2}
    acme.clock.advance(timedelta(minutes=6))
    facts = await acme.facts.gather(ACME, [f"{ACME}/audiences/{number}" for number in (1, 2, 3)], [])

    fresh = {entry.observed.audience_id for entry in facts.audiences if entry.oldest_time == acme.clock.now()}
    assert fresh == {1, 3}


async def test_audience_that_the_catalog_lacks(acme: World) -> None:
    """It does not exist where the catalog was read whole just now; else nobody knows."""
    names = [NAME, f"{ACME}/audiences/2"]
    unknown = [(await acme.facts.gather(ACME, names, [])).unknown_audiences]
    acme.line.audiences = {1: make_audience()}
    await acme.catalog.sync(ACME)
    unknown.append((await acme.facts.gather(ACME, names, [])).unknown_audiences)
    acme.line.audiences[3] = make_audience(3)
    acme.line.unreadable = {3}
    await acme.catalog.sync(ACME)
    unknown.append((await acme.facts.gather(ACME, names, [])).unknown_audiences)
    acme.line.unreadable = set()
    await acme.catalog.sync(ACME)
    acme.clock.advance(timedelta(minutes=6))
    unknown.append((await acme.facts.gather(ACME, names, [])).unknown_audiences)

    assert unknown == [tuple(names), (), (names[1],), (names[1],)]
