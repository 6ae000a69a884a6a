"""What the use cases rely on PostgreSQL for: fenced claims, members that swap at once, tables as declared."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from audience.adapters.store.transaction import SqlTransaction, build_transaction
from audience.application.ports import SealedCredentials
from audience.domain.catalog import CatalogFailure, CatalogSync
from audience.domain.channels import Channel, ObservedProblem, Problem
from audience.domain.contact_lists import REFRESH_AFTER, ContactList, ListState, SyncFailure, Tally, classify
from audience.domain.errors import LineChannelTaken
from kit.errors import AlreadyExists
from kit.ids import RandomIds
from kit.store.engine import open_database
from kit.store.holding import LEASE
from kit.store.uow import SqlUnitOfWork

NOW = datetime(2026, 4, 1, 3, 0, tzinfo=UTC)
NAME = "channels/acme/contactLists/7"

Store = SqlUnitOfWork[SqlTransaction]


def make_channel(name: str = "channels/acme", line_channel_id: str = "1") -> Channel:
    """Return a channel."""
    return Channel(
        name=name,
        display_name="Acme",
        line_channel_id=line_channel_id,
        bot_user_id="U1",
        line_basic_id="@acme",
        hubspot_line_id_property="line_user_id",
        time_zone="Asia/Tokyo",
        area_prefix="jp",
        order_lifetime=timedelta(hours=2),
        create_time=NOW,
        update_time=NOW,
    )


async def change(database_url: str, statement: str, value: str) -> None:
    """Change what no port does."""
    database = open_database(database_url, application_name="test")
    async with database.writer.begin() as connection:
        await connection.execute(text(statement), {"value": value})
    await database.close()


async def count_members(database_url: str) -> int:
    """Return how many members are stored, of whatever reading: no port shows what it is to keep out of sight."""
    database = open_database(database_url, application_name="test")
    async with database.reader.connect() as connection:
        count = await connection.scalar(text("SELECT count(*) FROM list_members"))
    await database.close()
    return int(count or 0)


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """Give transactions on a database with one channel and one list that waits."""
    database = open_database(database_url, application_name="test")
    uow: Store = SqlUnitOfWork(database, lambda connection: build_transaction(connection, ids=RandomIds()))
    bound = ContactList(NAME, "list", "7", ListState.SYNCING, None, Tally(), 2, None, NOW, NOW)
    async with uow() as tx:
        await tx.channels.add(make_channel(), SealedCredentials(b"sealed"))
        await tx.contact_lists.add(bound)
    yield uow
    await database.close()


async def test_taken_names(store: Store) -> None:
    """A taken name, a taken LINE channel and a list that is bound are told apart, and the transaction goes on."""
    async with store() as tx:
        (bound,) = await tx.contact_lists.find([NAME])
        with pytest.raises(AlreadyExists):
            await tx.channels.add(make_channel(), SealedCredentials(b""))
        with pytest.raises(LineChannelTaken):
            await tx.channels.add(make_channel("channels/other"), SealedCredentials(b""))
        with pytest.raises(AlreadyExists):
            await tx.contact_lists.add(bound)
        await tx.channels.add(make_channel("channels/other", "2"), SealedCredentials(b""))
    async with store.read() as tx:
        found = await tx.channels.page(among=None, after=None, size=10)

    assert [channel.name for channel in found] == ["channels/acme", "channels/other"]
    assert found[0] == make_channel()


async def test_members_of_a_lost_claim_are_nobodys(store: Store) -> None:
    """One reader has a list at a time, and sees none of the members that another one put aside before it."""
    async with store() as tx:
        slow = await tx.contact_lists.claim_sync(now=NOW, lease=timedelta(seconds=-1))
        assert slow is not None
        await tx.contact_lists.add_members(slow, [classify("1", "U" + "0" * 32), classify("2", None)])
    async with store() as tx:
        fast = await tx.contact_lists.claim_sync(now=NOW, lease=LEASE)
        assert fast is not None
        nobody = await tx.contact_lists.claim_sync(now=NOW, lease=LEASE)
        own_members = await tx.contact_lists.tally_members(fast)
        held = await tx.contact_lists.hold(slow)

    assert fast.number > slow.number
    assert (nobody, own_members, held) == (None, Tally(), None)


async def test_claims_of_two_transactions(store: Store) -> None:
    """Two replicas that look for work at once get one list and one channel between them, and neither waits."""
    async with store() as one, store() as other:
        claims = [await tx.contact_lists.claim_sync(now=NOW, lease=LEASE) for tx in (one, other)]
        polls = [await tx.channels.claim_poll(now=NOW, lease=LEASE) for tx in (one, other)]

    assert [claim is None for claim in claims] == [False, True]
    assert [None if poll is None else poll.item for poll in polls] == [make_channel(), None]


async def test_a_channel_has_two_lists_read_at_once(store: Store) -> None:
    """A HubSpot account that hangs leaves the readers of other channels alone, however many of its lists wait."""
    async with store() as tx:
        (bound,) = await tx.contact_lists.find([NAME])
        await tx.channels.add(make_channel("channels/other", "2"), SealedCredentials(b"sealed"))
        for name in (*(f"channels/acme/contactLists/{number}" for number in (8, 9)), "channels/other/contactLists/1"):
            await tx.contact_lists.add(replace(bound, name=name))
    claims = []
    for _ in range(4):
        async with store() as tx:
            claims.append(await tx.contact_lists.claim_sync(now=NOW, lease=LEASE))
    channels = sorted(claim.item.name.partition("/contactLists/")[0] for claim in claims if claim is not None)

    assert channels == ["channels/acme", "channels/acme", "channels/other"]


async def test_polls_are_due_by_their_time(store: Store) -> None:
    """How a channel was read comes back as it was stored, and says when it is read next."""
    failed = CatalogSync(NOW, 1, 2).fail(CatalogFailure.LINE_RATE_LIMITED, NOW)
    async with store() as tx:
        claim = await tx.channels.claim_poll(now=NOW, lease=LEASE)
        assert claim is not None
        await tx.channels.save_catalog(claim.item.name, failed)
        await tx.channels.release(claim)
        early = await tx.channels.claim_poll(now=NOW + timedelta(seconds=59), lease=LEASE)
        late = await tx.channels.claim_poll(now=NOW + timedelta(seconds=60), lease=LEASE)

    assert early is None
    assert late is not None
    assert late.item == replace(make_channel(), catalog=failed)


async def test_problems(store: Store, database_url: str) -> None:
    """Problems come back as they were stored; those that the last release wrote may be tried again at once."""
    refused = make_channel().refuse(Problem.LINE_CREDENTIALS_REFUSED, "x", now=NOW)
    async with store() as tx:
        await tx.channels.save(refused)
    async with store.read() as tx:
        found = await tx.channels.find("channels/acme")
    written = {"problem": "LINE_CREDENTIALS_REFUSED", "description": "x", "observe_time": NOW.isoformat()}
    await change(database_url, "UPDATE channels SET problems = CAST(:value AS jsonb)", json.dumps([written]))
    async with store.read() as tx:
        old = await tx.channels.find("channels/acme")

    assert found == refused
    assert old is not None
    assert old.problems == (ObservedProblem(Problem.LINE_CREDENTIALS_REFUSED, "x", NOW, 1, NOW),)


async def test_deleted_name(store: Store, database_url: str) -> None:
    """The name of a channel that was deleted is not free again, its LINE channel is."""
    async with store() as tx:
        await tx.channels.add(make_channel("channels/other", "2"), SealedCredentials(b"sealed"))
    await change(database_url, "DELETE FROM channels WHERE name = :value", "channels/other")
    async with store() as tx:
        taken = await tx.channels.is_name_taken("channels/other")
        with pytest.raises(AlreadyExists):
            await tx.channels.add(make_channel("channels/other", "2"), SealedCredentials(b"sealed"))
        await tx.channels.add(make_channel("channels/third", "2"), SealedCredentials(b"sealed"))

    assert taken


async def test_lookups(store: Store) -> None:
    """What is left of LINE's limit is the channel's, whichever replica asks; a refusal leaves nothing."""
    taken = []
    for wanted, keep in ((5, 0), (100, 8), (100, 0)):
        async with store() as tx:
            taken.append(await tx.channels.take_lookups("channels/acme", wanted, keep=keep))
    async with store() as tx:
        await tx.channels.drain_lookups("channels/acme")
        drained = await tx.channels.take_lookups("channels/acme", 100)
        unknown = await tx.channels.take_lookups("channels/other", 100)

    assert taken == [5, 7, 8]
    assert (drained, unknown) == (0, 0)


async def test_members_in_use(store: Store, database_url: str) -> None:
    """A reading's members replace those of the one before when they are to be used, and not earlier."""
    counts = []
    for members in (["1", "2", "3"], ["4"]):
        async with store() as tx:
            claim = await tx.contact_lists.claim_sync(now=NOW, lease=LEASE)
            assert claim is not None
            await tx.contact_lists.add_members(claim, [classify(member, None) for member in members])
        counts.append(await count_members(database_url))
        async with store() as tx:
            await tx.contact_lists.use_members(claim)
            await tx.contact_lists.release(claim)
        counts.append(await count_members(database_url))

    assert counts == [3, 3, 4, 1]


async def test_stale_lists_wait_again(store: Store) -> None:
    """A list that was read too long ago waits again; one that was read lately does not."""
    async with store() as tx:
        claim = await tx.contact_lists.claim_sync(now=NOW, lease=LEASE)
        assert claim is not None
        read = claim.item.succeed(display_name="list", tally=Tally(recipients=2), reported_size=2, now=NOW)
        await tx.contact_lists.save(read)
        await tx.contact_lists.release(claim)
        (stored,) = await tx.contact_lists.find([NAME])
        early = await tx.contact_lists.request_stale_syncs(now=NOW + REFRESH_AFTER - timedelta(seconds=1))
        nobody = await tx.contact_lists.claim_sync(now=NOW + REFRESH_AFTER, lease=LEASE)
        late = await tx.contact_lists.request_stale_syncs(now=NOW + REFRESH_AFTER)
        (waiting,) = await tx.contact_lists.find([NAME])

    assert stored == read
    assert (early, nobody, late) == (0, None, 1)
    assert (waiting.state, waiting.tally, waiting.next_sync_time) == (ListState.SYNCING, read.tally, None)


@pytest.mark.parametrize("state", [ListState.FAILED, ListState.GONE, ListState.SYNCING])
async def test_lists_that_failed_wait_for_their_turn(store: Store, state: ListState) -> None:
    """A list that could not be read is tried again when its turn comes, or at once when somebody asks."""
    async with store() as tx:
        claim = await tx.contact_lists.claim_sync(now=NOW, lease=LEASE)
        assert claim is not None
        failed = {
            ListState.FAILED: claim.item.fail(SyncFailure.HUBSPOT_LIST_UNSUITABLE, now=NOW),
            ListState.GONE: claim.item.lose(now=NOW),
            ListState.SYNCING: claim.item.trip(now=NOW),
        }[state]
        await tx.contact_lists.save(failed)
        await tx.contact_lists.release(claim)
        due = failed.next_sync_time or NOW
        early = await tx.contact_lists.claim_sync(now=due - timedelta(seconds=1), lease=LEASE)
        late = await tx.contact_lists.claim_sync(now=due, lease=LEASE)
        assert late is not None
        await tx.contact_lists.release(late)
        asked = await tx.contact_lists.request_sync(NAME, now=NOW)
        at_once = await tx.contact_lists.claim_sync(now=NOW, lease=LEASE)

    assert (early, late.item) == (None, failed)
    assert asked is not None
    assert (asked.state, asked.failure, asked.failure_count) == (ListState.SYNCING, None, 0)
    assert at_once is not None
