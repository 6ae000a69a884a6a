"""Facts are as fresh as LINE lets them be."""

from datetime import date, timedelta

from audience.domain.audiences import Jobs, Kind
from tests.unit.audience.application.conftest import ACME, World
from tests.unit.audience.application.test_audiences import SEEN, make_audience

NAME = f"{ACME}/audiences/1"


async def test_old_entries_are_asked_for_again(acme: World) -> None:
    """An entry is asked for again when it is older than five minutes, and only then."""
    acme.line.audiences = {1: make_audience()}
    await acme.audiences.sync(ACME)
    await acme.facts.gather(ACME, [NAME], [])
    fresh = list(acme.line.asked_ids)
    acme.clock.advance(timedelta(minutes=5, seconds=1))
    facts = await acme.facts.gather(ACME, [NAME], [])

    assert (fresh, acme.line.asked_ids) == ([], [1])
    assert facts.audiences[0].observed.observe_time == acme.clock.now()


async def test_jobs_of_uploads_are_asked_for(acme: World) -> None:
    """LINE's list does not tell of jobs, so an upload is asked for; what it said holds for five minutes."""
    acme.line.audiences = {1: make_audience(kind=Kind.UPLOAD, jobs=Jobs(unfinished=True, observe_time=SEEN))}
    await acme.audiences.sync(ACME)
    told = [(await acme.facts.gather(ACME, [NAME], [])).audiences[0].observed.jobs]
    acme.line.audiences = {1: make_audience(kind=Kind.UPLOAD)}
    acme.clock.advance(timedelta(minutes=4))
    await acme.audiences.sync(ACME)
    told.append((await acme.facts.gather(ACME, [NAME], [])).audiences[0].observed.jobs)
    acme.clock.advance(timedelta(minutes=2))
    told.append((await acme.facts.gather(ACME, [NAME], [])).audiences[0].observed.jobs)

    assert [jobs is not None and jobs.unfinished for jobs in told] == [True, True, False]
    assert acme.line.asked_ids == [1, 1]


async def test_facts_during_an_outage(acme: World) -> None:
    """Without LINE the facts keep their age, and the jobs of an upload that nobody knows stay unknown."""
    acme.line.audiences = {1: make_audience(kind=Kind.UPLOAD)}
    await acme.audiences.sync(ACME)
    synced = acme.clock.now()
    acme.line.available = False
    acme.clock.advance(timedelta(hours=1))
    facts = await acme.facts.gather(ACME, [NAME, f"{ACME}/audiences/2"], [f"{ACME}/contactLists/1"])

    assert [(entry.oldest_time, entry.observed.jobs) for entry in facts.audiences] == [(synced, None)]
    assert (facts.contact_lists, facts.reach.reach) == ((), None)


async def test_facts_are_as_old_as_their_oldest_part(acme: World) -> None:
    """Jobs that were told earlier than the rest keep what they were, and their time counts."""
    acme.line.audiences = {1: make_audience(kind=Kind.UPLOAD)}
    await acme.audiences.sync(ACME)
    await acme.facts.gather(ACME, [NAME], [])
    told = acme.clock.now()
    acme.clock.advance(timedelta(minutes=6))
    await acme.audiences.sync(ACME)
    acme.line.available = False
    (entry,) = (await acme.facts.gather(ACME, [NAME], [])).audiences

    assert entry.observed.jobs == Jobs(unfinished=False, observe_time=told)
    assert (entry.oldest_time, entry.observed.observe_time) == (told, acme.clock.now())


async def test_audience_that_is_gone(acme: World) -> None:
    """An old entry that LINE no longer has turns REMOVED when facts are asked for."""
    acme.line.audiences = {1: make_audience()}
    await acme.audiences.sync(ACME)
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
