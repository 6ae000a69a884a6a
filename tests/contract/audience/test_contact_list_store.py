"""The port of contact lists, on PostgreSQL and on the fake: whatever holds for one holds for both."""

from dataclasses import replace
from datetime import timedelta

import pytest

from audience.application.ports import Transaction
from audience.domain.contact_lists import (
    MOST_READ_AT_ONCE,
    REFRESH_AFTER,
    ContactList,
    ListState,
    Member,
    SyncFailure,
    Tally,
    classify,
    tally,
)
from kit.store.holding import LEASE
from kit.store.ports import Claim, UnitOfWork
from tests.contract.audience.rows import (
    ACME,
    BEE,
    MINUTE,
    NOW,
    OVER,
    SECOND,
    Kept,
    Store,
    add_channels,
    add_lists,
    make_channel,
    make_list,
)

Uow = UnitOfWork[Transaction]
NAME = make_list().name
PERSON = "U" + "0" * 32


@pytest.fixture(autouse=True)
async def channels(uow: Uow) -> None:
    """Have two channels that lists may be bound to."""
    await add_channels(uow, make_channel(), make_channel(BEE, "2"))


async def claim(uow: Uow, *, after: timedelta = timedelta(0), lease: timedelta = LEASE) -> Claim[ContactList] | None:
    """Claim a list whose turn has come `after` the first moment."""
    async with uow() as tx:
        return await tx.contact_lists.claim_sync(now=NOW + after, lease=lease)


async def begin(uow: Uow) -> Claim[ContactList]:
    """Claim a list that is due; there is one."""
    found = await claim(uow)
    assert found is not None
    return found


async def finish(uow: Uow, claimed: Claim[ContactList], outcome: ContactList) -> None:
    """Note how a reading ended, and release its claim."""
    async with uow() as tx:
        await tx.contact_lists.save(outcome)
        await tx.contact_lists.release(claimed)


def read(bound: ContactList) -> ContactList:
    """Return a list after a complete reading."""
    return bound.succeed(display_name="renamed", tally=Tally(1, 2, 3, 4), reported_size=None, now=NOW)


def list_outcomes() -> list[ContactList]:
    """Return a list as any reading may leave it."""
    bound = make_list()
    return [
        read(bound),
        bound.fail(SyncFailure.HUBSPOT_LIST_UNSUITABLE, now=NOW),
        read(bound).fail(SyncFailure.HUBSPOT_UNAVAILABLE, now=NOW + MINUTE, wait=MINUTE),
        bound.lose(now=NOW),
        bound.trip(now=NOW),
    ]


@pytest.mark.parametrize("number", range(len(list_outcomes())))
async def test_a_list_comes_back_as_it_was(uow: Uow, number: int) -> None:
    """Whatever a list holds survives storage; what is not bound is not found."""
    outcome = list_outcomes()[number]
    await add_lists(uow, make_list(), make_list(8))
    async with uow() as tx:
        await tx.contact_lists.save(outcome)
    async with uow.read() as tx:
        kept = await tx.contact_lists.find([NAME, NAME, f"{ACME}/contactLists/99", f"{BEE}/contactLists/7"])
        nothing = await tx.contact_lists.find([])

    assert kept == [outcome]
    assert nothing == []


async def test_pages_of_lists(uow: Uow) -> None:
    """Lists of one channel are listed by number from a position on."""
    lists = [make_list(number) for number in (8, 9, 10, 100)]
    await add_lists(uow, *reversed(lists), make_list(9, BEE))
    async with uow.read() as tx:
        first = await tx.contact_lists.page(ACME, after=None, size=2)
        second = await tx.contact_lists.page(ACME, after=9, size=10)
        none = await tx.contact_lists.page("channels/none", after=None, size=10)

    assert [*first, *second] == lists
    assert none == []


async def test_whose_turn_came_first_is_read_first(uow: Uow) -> None:
    """A list that nobody has put off goes before those that were, each to one reader, and none before its turn."""
    late, early, new = make_list(1), make_list(2), make_list(1, BEE)
    await add_lists(uow, late, early, new)
    async with uow() as tx:
        await tx.contact_lists.save(replace(late, next_sync_time=NOW + SECOND))
        await tx.contact_lists.save(replace(early, next_sync_time=NOW))
    claims = [await claim(uow) for _ in range(3)]
    last = await claim(uow, after=SECOND)
    names = [None if found is None else found.item.name for found in (*claims, last)]

    assert names == [new.name, early.name, None, late.name]


async def test_a_channel_has_few_lists_read_at_once(uow: Uow) -> None:
    """A HubSpot account that hangs leaves the readers of other channels alone, however many of its lists wait."""
    await add_lists(uow, *(make_list(number) for number in range(1, MOST_READ_AT_ONCE + 2)), make_list(1, BEE))
    claims = [await claim(uow) for _ in range(MOST_READ_AT_ONCE + 2)]
    owners = sorted(found.item.name.partition("/contactLists/")[0] for found in claims if found is not None)
    ended = next(found for found in claims if found is not None and found.item.name.startswith(ACME))
    async with uow() as tx:
        await tx.contact_lists.release(ended)
    again = await claim(uow)

    assert owners == [*[ACME] * MOST_READ_AT_ONCE, BEE]
    assert again is not None


async def test_members_of_a_lost_claim_are_nobodys(uow: Uow) -> None:
    """One reader has a list at a time, and sees none of the members that another one put aside before it."""
    await add_lists(uow, make_list())
    slow = await claim(uow, lease=OVER)
    assert slow is not None
    async with uow() as tx:
        await tx.contact_lists.add_members(slow, [classify("1", PERSON), classify("2", None)])
    fast = await begin(uow)
    async with uow() as tx:
        nobody = await tx.contact_lists.claim_sync(now=NOW, lease=LEASE)
        own_members = await tx.contact_lists.tally_members(fast)
        held = [await tx.contact_lists.hold(claimed) for claimed in (slow, fast)]
        extended = [await tx.contact_lists.extend(claimed, lease=LEASE) for claimed in (slow, fast)]
        await tx.contact_lists.release(slow)
        still_nobody = await tx.contact_lists.claim_sync(now=NOW, lease=LEASE)

    assert fast.number > slow.number
    assert own_members == Tally()
    assert held == [None, make_list()]
    assert extended == [False, True]
    assert (nobody, still_nobody) == (None, None)


async def test_members_are_counted(uow: Uow) -> None:
    """Each contact counts once, as it was put aside first, and a LINE id that several share counts once too."""
    members = [
        classify("1", PERSON),
        classify("2", PERSON),
        classify("3", "U" + "1" * 32),
        classify("4", None),
        classify("5", "nobody"),
        classify("6", " "),
    ]
    await add_lists(uow, make_list())
    claimed = await begin(uow)
    async with uow() as tx:
        empty = await tx.contact_lists.tally_members(claimed)
        await tx.contact_lists.add_members(claimed, members)
        await tx.contact_lists.add_members(claimed, [classify("4", PERSON), classify("1", None)])
        await tx.contact_lists.add_members(claimed, [])
        counted = await tx.contact_lists.tally_members(claimed)

    assert empty == Tally()
    assert counted == tally(members) == Tally(recipients=2, missing=2, malformed=1, duplicates=1)


async def test_members_in_use(store: Store) -> None:
    """A reading's members replace those of the one before when they are to be used, and not earlier."""
    await add_lists(store.uow, make_list(), make_list(1, BEE))
    other = await begin_with(store.uow, ["9"])
    counts = [await store.count(Kept.MEMBERS)]
    for record_ids in (["1", "2", "3"], ["4"]):
        claimed = await begin_with(store.uow, record_ids)
        counts.append(await store.count(Kept.MEMBERS))
        async with store.uow() as tx:
            await tx.contact_lists.use_members(claimed)
            await tx.contact_lists.release(claimed)
        counts.append(await store.count(Kept.MEMBERS))

    assert other.item.name != claimed.item.name
    assert counts == [1, 4, 4, 5, 2]


async def test_members_put_aside_are_forgotten(store: Store) -> None:
    """A reading that begins again forgets what it put aside, and nothing that is in use."""
    await add_lists(store.uow, make_list())
    first = await begin_with(store.uow, ["1", "2", "3"])
    async with store.uow() as tx:
        await tx.contact_lists.use_members(first)
        await tx.contact_lists.release(first)
    second = await begin_with(store.uow, ["4"])
    async with store.uow() as tx:
        await tx.contact_lists.discard_members(second)
        left = await tx.contact_lists.tally_members(second)

    assert left == Tally()
    assert await store.count(Kept.MEMBERS) == 3


async def begin_with(uow: Uow, record_ids: list[str]) -> Claim[ContactList]:
    """Claim a list, and put contacts without a LINE id aside."""
    claimed = await begin(uow)
    members: list[Member] = [classify(record_id, None) for record_id in record_ids]
    async with uow() as tx:
        await tx.contact_lists.add_members(claimed, members)
    return claimed


async def test_stale_lists_wait_again(uow: Uow) -> None:
    """A list that was read too long ago waits again; one that was read lately, or failed, does not."""
    failed = make_list(8).fail(SyncFailure.HUBSPOT_UNAVAILABLE, now=NOW)
    stored = read(make_list())
    await add_lists(uow, make_list(), make_list(8))
    async with uow() as tx:
        for outcome in (stored, failed):
            await tx.contact_lists.save(outcome)
    due = NOW + REFRESH_AFTER
    async with uow() as tx:
        early = await tx.contact_lists.request_stale_syncs(now=due - SECOND)
        late = await tx.contact_lists.request_stale_syncs(now=due)
        again = await tx.contact_lists.request_stale_syncs(now=due)
        kept = await tx.contact_lists.page(ACME, after=None, size=10)

    assert (early, late, again) == (0, 1, 0)
    assert kept == [replace(stored, state=ListState.SYNCING, update_time=due, next_sync_time=None), failed]


async def test_a_list_that_is_ready_is_not_read(uow: Uow) -> None:
    """Nobody claims a list before it was marked as to be read, however old its contacts are."""
    await add_lists(uow, make_list())
    await finish(uow, await begin(uow), read(make_list()))
    nobody = await claim(uow, after=REFRESH_AFTER)
    async with uow() as tx:
        asked = await tx.contact_lists.request_sync(NAME, now=NOW + MINUTE)
    somebody = await claim(uow)

    assert nobody is None
    assert asked == replace(read(make_list()), state=ListState.SYNCING, update_time=NOW + MINUTE, next_sync_time=None)
    assert somebody is not None
    assert somebody.item == asked


@pytest.mark.parametrize("state", [ListState.FAILED, ListState.GONE, ListState.SYNCING])
async def test_lists_that_failed_wait_for_their_turn(uow: Uow, state: ListState) -> None:
    """A list that could not be read is tried again when its turn comes, or at once when somebody asks."""
    failed = {
        ListState.FAILED: make_list().fail(SyncFailure.HUBSPOT_LIST_UNSUITABLE, now=NOW),
        ListState.GONE: make_list().lose(now=NOW),
        ListState.SYNCING: make_list().trip(now=NOW),
    }[state]
    await add_lists(uow, make_list())
    await finish(uow, await begin(uow), failed)
    due = (failed.next_sync_time or NOW) - NOW
    early = await claim(uow, after=due - SECOND)
    late = await claim(uow, after=due)
    assert late is not None
    await finish(uow, late, failed)
    async with uow() as tx:
        asked = await tx.contact_lists.request_sync(NAME, now=NOW)
    at_once = await claim(uow)

    assert (early, late.item) == (None, failed)
    assert asked is not None
    assert (asked.state, asked.failure, asked.failure_count) == (ListState.SYNCING, None, 0)
    assert at_once is not None


@pytest.mark.parametrize("state", [ListState.SYNCING, ListState.FAILED])
async def test_asking_for_a_list_that_is_being_read(uow: Uow, state: ListState) -> None:
    """A list that is SYNCING stays with its reader; one that is being tried again is free for another reader."""
    failed = make_list().fail(SyncFailure.HUBSPOT_UNAVAILABLE, now=NOW)
    await add_lists(uow, make_list())
    async with uow() as tx:
        await tx.contact_lists.save(replace(failed if state is ListState.FAILED else make_list(), next_sync_time=NOW))
    first = await begin(uow)
    async with uow() as tx:
        asked = await tx.contact_lists.request_sync(NAME, now=NOW)
        unknown = await tx.contact_lists.request_sync(f"{ACME}/contactLists/99", now=NOW)
        held = await tx.contact_lists.hold(first)
    second = await claim(uow)
    async with uow() as tx:
        still_held = await tx.contact_lists.hold(first)

    assert asked == make_list()
    assert unknown is None
    assert held == asked
    assert (second is None) is (state is ListState.SYNCING)
    assert still_held == (asked if second is None else None)
