"""The ports of channels, catalog and facts, on PostgreSQL and on the fake: whatever holds for one holds for both."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from audience.application.ports import Reach, SealedCredentials, Transaction
from audience.domain import events as facts
from audience.domain.audiences import Audience, Jobs, Kind, Permission, State, enter, remove, renew
from audience.domain.catalog import CatalogFailure, CatalogSync
from audience.domain.channels import Channel, Problem
from audience.domain.contact_lists import ListState, SyncFailure
from audience.domain.errors import LineChannelTaken
from audience.domain.lookups import MOST_AT_ONCE
from kit.errors import AlreadyExists, RequestIdReused
from kit.store.holding import LEASE
from kit.store.ports import Claim, RequestKey, UnitOfWork
from tests.contract.audience.rows import (
    ACME,
    BEE,
    MINUTE,
    NOW,
    OVER,
    SEALED,
    SECOND,
    Kept,
    Store,
    add_channels,
    make_channel,
    make_list,
    make_observed,
)

Uow = UnitOfWork[Transaction]
KEY = RequestKey("user:a", "CreateChannel", "00000000-0000-4000-8000-000000000001")


async def find_channel(uow: Uow, name: str = ACME) -> Channel | None:
    """Find a channel."""
    async with uow.read() as tx:
        return await tx.channels.find(name)


async def claim_poll(uow: Uow, *, after: timedelta = timedelta(0), lease: timedelta = LEASE) -> Claim[Channel] | None:
    """Claim a channel whose audiences are to be read `after` the first moment."""
    async with uow() as tx:
        return await tx.channels.claim_poll(now=NOW + after, lease=lease)


async def test_taken_names(uow: Uow) -> None:
    """A taken name, a taken LINE channel and a list that is bound are told apart, and the transaction goes on."""
    async with uow() as tx:
        await tx.channels.add(make_channel(), SEALED)
        await tx.contact_lists.add(make_list())
        with pytest.raises(AlreadyExists):
            await tx.channels.add(make_channel(line_channel_id="2"), SEALED)
        with pytest.raises(LineChannelTaken):
            await tx.channels.add(make_channel(BEE), SEALED)
        with pytest.raises(AlreadyExists):
            await tx.contact_lists.add(make_list())
        await tx.channels.add(make_channel(BEE, "2"), SEALED)
        names = [await tx.channels.is_name_taken(name) for name in (ACME, BEE, "channels/none")]
        line_channels = [await tx.channels.is_line_channel_taken(number) for number in "123"]

    assert names == line_channels == [True, True, False]
    assert await find_channel(uow) == make_channel()
    assert await find_channel(uow, BEE) == make_channel(BEE, "2")
    assert await find_channel(uow, "channels/none") is None


async def test_a_channel_comes_back_as_it_was(uow: Uow) -> None:
    """What a person or a vendor changes survives storage; how its audiences were read is kept beside it."""
    read = CatalogSync(NOW, 1, 2).fail(CatalogFailure.LINE_RATE_LIMITED, NOW)
    changed = make_channel(display_name="Acme again", area_prefix="th", update_time=NOW + MINUTE)
    refused = changed.refuse(Problem.LINE_CREDENTIALS_REFUSED, "x", now=NOW)
    await add_channels(uow, make_channel())
    async with uow() as tx:
        await tx.channels.save_catalog(ACME, read)
        locked = await tx.channels.lock(ACME)
        await tx.channels.save(refused)
        none = await tx.channels.lock("channels/none")
    after_failure = await find_channel(uow)
    async with uow() as tx:
        await tx.channels.save_catalog(ACME, read.succeed(NOW, unreadable_count=0, unchecked_count=3))
    after_success = await find_channel(uow)

    assert locked == make_channel(catalog=read)
    assert none is None
    assert after_failure == replace(refused, catalog=read)
    assert after_success is not None
    assert after_success.catalog == CatalogSync(NOW, 0, 3, None, NOW + MINUTE)


async def test_pages_of_channels(uow: Uow) -> None:
    """Channels are listed by name from a position on; a caller gets those that he may see."""
    names = [f"channels/{name}" for name in ("a", "a-c", "ab", "b")]
    await add_channels(uow, *(make_channel(name, name) for name in reversed(names)))
    async with uow.read() as tx:
        first = await tx.channels.page(among=None, after=None, size=2)
        second = await tx.channels.page(among=None, after=first[-1].name, size=10)
        own = await tx.channels.page(among=frozenset({names[3], names[1], "channels/none"}), after=names[0], size=1)
        none = await tx.channels.page(among=frozenset(), after=None, size=10)

    assert [channel.name for channel in (*first, *second)] == names
    assert [channel.name for channel in own] == [names[1]]
    assert none == []


async def test_what_is_kept_beside_a_channel(uow: Uow) -> None:
    """Credentials come back sealed, the reach with its day; a channel that there is not has neither."""
    reach = Reach(120, date(2026, 3, 31), NOW)
    await add_channels(uow, make_channel())
    async with uow() as tx:
        first = await tx.channels.find_reach(ACME)
        await tx.channels.save_reach(ACME, reach)
        await tx.channels.save_reach("channels/none", reach)
    async with uow.read() as tx:
        reaches = [await tx.channels.find_reach(name) for name in (ACME, "channels/none")]
        sealed = [await tx.channels.find_credentials(name) for name in (ACME, "channels/none")]

    assert first == Reach(None, None, None)
    assert reaches == [reach, first]
    assert sealed == [SealedCredentials(b"sealed"), None]


async def test_channels_are_read_when_they_are_due(uow: Uow) -> None:
    """What waits for longest goes first, what was never read before that, each to one reader at a time."""
    late, early, new = (make_channel(f"channels/{name}", name) for name in ("late", "early", "new"))
    await add_channels(uow, late, early, new)
    async with uow() as tx:
        await tx.channels.save_catalog(late.name, CatalogSync(next_time=NOW + SECOND))
        await tx.channels.save_catalog(early.name, CatalogSync(next_time=NOW))
    claims = [await claim_poll(uow) for _ in range(3)]
    last = await claim_poll(uow, after=SECOND)
    names = [None if found is None else found.item.name for found in (*claims, last)]

    assert names == [new.name, early.name, None, late.name]


async def test_a_claim_on_a_channel_that_was_lost(uow: Uow) -> None:
    """Whoever comes after a lease fences the first reader off; what was released is free at once."""
    await add_channels(uow, make_channel())
    first = await claim_poll(uow, lease=OVER)
    second = await claim_poll(uow)
    assert first is not None
    assert second is not None
    async with uow() as tx:
        held = [await tx.channels.hold(claim) for claim in (first, second)]
        extended = [await tx.channels.extend(claim, lease=LEASE) for claim in (first, second)]
        await tx.channels.release(first)
        nobody = await tx.channels.claim_poll(now=NOW, lease=LEASE)
        await tx.channels.release(second)
        third = await tx.channels.claim_poll(now=NOW, lease=LEASE)

    assert held == [None, make_channel()]
    assert extended == [False, True]
    assert nobody is None
    assert third is not None


async def test_lookups(uow: Uow) -> None:
    """What is left of LINE's limit is the channel's, whoever asks; a refusal leaves nothing."""
    await add_channels(uow, make_channel(), make_channel(BEE, "2"))
    taken = []
    for wanted, keep in ((5, 0), (100, 8), (100, 0)):
        async with uow() as tx:
            taken.append(await tx.channels.take_lookups(ACME, wanted, keep=keep))
    async with uow() as tx:
        await tx.channels.drain_lookups(ACME)
        drained, other = [await tx.channels.take_lookups(name, 100) for name in (ACME, BEE)]

    assert taken == [5, 7, 8]
    assert (drained, other) == (0, MOST_AT_ONCE)


async def test_lookups_of_no_channel(uow: Uow) -> None:
    """For a channel that there is not LINE need not be asked, nor does its refusal stay for one of that name."""
    async with uow() as tx:
        none = await tx.channels.take_lookups(ACME, 100)
        await tx.channels.drain_lookups(ACME)
    await add_channels(uow, make_channel())
    async with uow() as tx:
        full = await tx.channels.take_lookups(ACME, 100)

    assert (none, full) == (0, MOST_AT_ONCE)


def list_entries() -> list[Audience]:
    """Return entries of the catalog in all that can be known of them."""
    upload = make_observed(2**40, kind=Kind.UPLOAD, ifa=True, permission=Permission.READ_WRITE, line_count=0)
    shared = make_observed(2, owned=False, kind=Kind.OTHER_KIND, state=State.OTHER_STATE, expire_time=NOW + MINUTE)
    unknown = make_observed(3, kind=Kind.UPLOAD, jobs=None)
    busy = make_observed(4, state=State.IN_PROGRESS, jobs=Jobs(unfinished=True, observe_time=NOW))
    moved = renew(enter(ACME, make_observed(5)), make_observed(5, line_count=999, observe_time=NOW + MINUTE))
    gone = remove(enter(ACME, make_observed(6)), observe_time=NOW + MINUTE)
    return [*(enter(ACME, seen) for seen in (upload, shared, unknown, busy)), moved, gone]


async def test_the_catalog_comes_back_as_it_was(uow: Uow) -> None:
    """New and changed entries are stored, those of a channel are found by name or all together."""
    entries = {entry.name: entry for entry in list_entries()}
    foreign = enter(BEE, make_observed(5))
    await add_channels(uow, make_channel(), make_channel(BEE, "2"))
    async with uow() as tx:
        await tx.audiences.lock_catalog(ACME)
        await tx.audiences.save([enter(ACME, make_observed(entry.observed.audience_id)) for entry in entries.values()])
        await tx.audiences.save([*entries.values(), foreign])
        await tx.audiences.save([])
    async with uow.read() as tx:
        everything = await tx.audiences.list_all(ACME)
        found = await tx.audiences.find([*entries, *entries, f"{ACME}/audiences/99", f"{BEE}/audiences/2"])
        nothing = await tx.audiences.find([])

    assert by_name(everything) == by_name(found) == by_name(list(entries.values()))
    assert nothing == []


def by_name(entries: Sequence[Audience]) -> list[Audience]:
    """Put entries in an order of the test's own, for the ports promise none."""
    return sorted(entries, key=lambda entry: entry.name)


async def test_pages_of_the_catalog(uow: Uow) -> None:
    """Entries are listed by number from a position on, of some kinds or of all, in the states asked for."""
    await add_channels(uow, make_channel(), make_channel(BEE, "2"))
    seen = [
        make_observed(10),
        make_observed(9, kind=Kind.IMP),
        make_observed(100, state=State.EXPIRED),
        make_observed(8, kind=Kind.UPLOAD),
    ]
    async with uow() as tx:
        await tx.audiences.save([*(enter(ACME, each) for each in seen), enter(BEE, make_observed(7))])
    states = frozenset(State)
    pages = []
    async with uow.read() as tx:
        for kinds, wanted, after, size in (
            (frozenset[Kind](), states, None, 2),
            (frozenset[Kind](), states, 9, 10),
            (frozenset({Kind.CLICK, Kind.IMP}), states, None, 10),
            (frozenset({Kind.CLICK, Kind.IMP}), frozenset({State.READY}), 9, 10),
            (frozenset[Kind](), frozenset[State](), None, 10),
        ):
            page = await tx.audiences.page(ACME, kinds=kinds, states=wanted, after=after, size=size)
            pages.append([entry.observed.audience_id for entry in page])

    assert pages == [[8, 9], [10, 100], [9, 10, 100], [10], []]


async def test_requests_are_answered_once(uow: Uow) -> None:
    """A repetition finds what the first call was answered with, and another body under the same id is refused."""
    async with uow() as tx:
        new = await tx.requests.find(KEY, b"body")
        await tx.requests.record(KEY, b"body", ACME)
    async with uow() as tx:
        repeated = await tx.requests.find(KEY, b"body")
        others = [await tx.requests.find(replace(KEY, **{name: "other"}), b"body") for name in ("caller", "method")]
        with pytest.raises(RequestIdReused):
            await tx.requests.find(KEY, b"another")

    assert (new, repeated) == (None, ACME)
    assert others == [None, None]


FACTS: Sequence[facts.Event] = (
    facts.ChannelCreated(ACME, NOW, "Asia/Tokyo"),
    facts.ChannelChanged(ACME, NOW),
    facts.AudienceDiscovered(f"{ACME}/audiences/1", Kind.CLICK, State.READY, NOW),
    facts.AudienceReady(f"{ACME}/audiences/1", Kind.CLICK, NOW),
    facts.AudienceUnusable(f"{ACME}/audiences/1", State.REMOVED, NOW),
    facts.ContactListBound(f"{ACME}/contactLists/7", NOW),
    facts.ContactListSynced(f"{ACME}/contactLists/7", NOW),
    facts.ContactListSyncFailed(f"{ACME}/contactLists/7", ListState.FAILED, SyncFailure.HUBSPOT_UNAVAILABLE, NOW),
    facts.ContactListSyncFailed(f"{ACME}/contactLists/7", ListState.GONE, None, NOW),
)


async def test_facts_and_token_issues_are_kept(store: Store) -> None:
    """The outbox takes a fact of any kind; each token that is handed out is on record."""
    async with store.uow() as tx:
        for fact in FACTS:
            await tx.outbox.add(fact)
        for caller in ("service:delivery", "service:delivery"):
            await tx.channels.record_token_issue(ACME, caller=caller, issue_time=NOW)

    assert await store.count(Kept.FACTS) == len(FACTS)
    assert await store.count(Kept.TOKEN_ISSUES) == 2


async def test_what_fails_leaves_nothing(store: Store) -> None:
    """All that a transaction did is undone with it, and its names are free."""

    async def fail() -> None:
        async with store.uow() as tx:
            await tx.channels.add(make_channel(), SEALED)
            await tx.audiences.save([enter(ACME, make_observed(1))])
            await tx.contact_lists.add(make_list())
            await tx.channels.record_token_issue(ACME, caller="service:delivery", issue_time=NOW)
            await tx.requests.record(KEY, b"body", ACME)
            await tx.outbox.add(FACTS[0])
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    async with store.uow() as tx:
        is_taken = await tx.channels.is_name_taken(ACME)
        kept = [*await tx.audiences.list_all(ACME), *await tx.contact_lists.page(ACME, after=None, size=10)]
        answer = await tx.requests.find(KEY, b"another")

    assert (is_taken, kept, answer) == (False, [], None)
    assert [await store.count(kind) for kind in Kept] == [0, 0, 0]
