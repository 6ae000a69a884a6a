"""Lists are read completely or not at all."""

from datetime import timedelta

import pytest

from audience.application.contact_lists import ContactLists
from audience.domain.channels import Problem
from audience.domain.contact_lists import FAULTS_UNTIL_FAILED, ListState, SyncFailure, Tally
from audience.domain.errors import (
    DailyLimitReached,
    HubSpotListUnsuitable,
    HubSpotRateLimited,
    HubSpotScopeMissing,
    HubSpotTokenRefused,
    VendorUnavailable,
)
from audience.domain.events import ContactListBound, ContactListSynced, ContactListSyncFailed
from kit.errors import ServiceError
from kit.store.once import Once
from kit.store.ports import RequestKey
from tests.fakes.hubspot import TOKEN
from tests.unit.audience.application.conftest import ACME, World


def line_id(number: int) -> str:
    """Return a well-formed LINE user id."""
    return f"U{number:032x}"


async def bind(world: World, *values: str | None) -> str:
    """Bind a new list whose contacts have these LINE id values; return the contact list's name."""
    list_id = world.contacts.add_list("customers", [world.contacts.add_contact(value) for value in values])
    lists = ContactLists(uow=world.uow, contacts=world.contacts, keyring=world.keyring, clock=world.clock)
    once = Once(RequestKey("user:test", "CreateContactList", list_id), b"")
    return (await lists.bind(ACME, list_id, once)).name


async def test_counts(acme: World) -> None:
    """Every contact is one of recipient, missing, malformed and duplicate (R12)."""
    name = await bind(acme, line_id(1), line_id(2), f" {line_id(1)} ", None, "  ", "u123", line_id(10).upper())
    worked = [await acme.list_sync.run_once(), await acme.list_sync.run_once()]

    read = acme.tx.contact_lists.lists[name]
    assert worked == [True, False]
    assert (read.state, read.sync_time) == (ListState.READY, acme.clock.now())
    assert read.tally == Tally(recipients=2, missing=2, malformed=2, duplicates=1)
    assert len(acme.tx.contact_lists.members_in_use(name)) == read.tally.contacts == 7
    assert [type(event) for event in acme.tx.outbox.events] == [ContactListBound, ContactListSynced]


async def test_merged_contact_counts_once(acme: World) -> None:
    """A contact that was merged away is counted under the one that answers now (HS 10, trap 14)."""
    first, second = acme.contacts.add_contact(line_id(1)), acme.contacts.add_contact(None)
    name = await bind(acme, line_id(2))
    acme.contacts.change_members(name.rpartition("/")[2], add=[first, second])
    acme.contacts.merge_contacts(first, second)
    await acme.list_sync.run_once()

    assert acme.tx.contact_lists.lists[name].tally == Tally(recipients=2)


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (HubSpotTokenRefused(), SyncFailure.HUBSPOT_CREDENTIALS_REFUSED),
        (HubSpotScopeMissing(["crm.lists.read"]), SyncFailure.HUBSPOT_SCOPE_MISSING),
        (VendorUnavailable("hubspot"), SyncFailure.HUBSPOT_UNAVAILABLE),
        (HubSpotRateLimited(retry_after=timedelta(seconds=10)), SyncFailure.HUBSPOT_RATE_LIMITED),
        (HubSpotListUnsuitable("1", object_type="0-1"), SyncFailure.HUBSPOT_LIST_UNSUITABLE),
        (DailyLimitReached(), SyncFailure.HUBSPOT_DAILY_LIMIT),
    ],
)
async def test_failed_reading(acme: World, error: ServiceError, failure: SyncFailure) -> None:
    """A reading that fails says why and keeps the contacts of the one before."""
    name = await bind(acme, line_id(1), None)
    await acme.list_sync.run_once()
    before = acme.tx.contact_lists.lists[name]
    acme.clock.advance(timedelta(hours=13))
    acme.contacts.fail_next(error)
    await acme.list_sync.run_once()

    after = acme.tx.contact_lists.lists[name]
    assert (after.state, after.failure) == (ListState.FAILED, failure)
    assert (after.tally, after.sync_time) == (before.tally, before.sync_time)
    assert len(acme.tx.contact_lists.members_in_use(name)) == 2
    assert isinstance(acme.tx.outbox.events[-1], ContactListSyncFailed)


async def count_turns(acme: World, minutes: int) -> int:
    """Let time go by, minute by minute; return how often a list was read."""
    turns = 0
    for _ in range(minutes):
        acme.clock.advance(timedelta(minutes=1))
        while await acme.list_sync.run_once():
            turns += 1
    return turns


async def test_unknown_processing_type(acme: World) -> None:
    """A bound list that turns into one of a kind that we don't know says so, is told once, and is asked for seldom."""
    name = await bind(acme, line_id(1))
    await acme.list_sync.run_once()
    acme.contacts.change_kind(name.rpartition("/")[2], "ADHOC")
    acme.clock.advance(timedelta(hours=12))
    await acme.list_sync.run_once()
    failed = acme.tx.contact_lists.lists[name]
    turns = await count_turns(acme, 24 * 60)

    after = acme.tx.contact_lists.lists[name]
    assert (failed.state, failed.failure) == (ListState.FAILED, SyncFailure.HUBSPOT_LIST_UNSUITABLE)
    assert (after.state, after.failure, after.update_time) == (failed.state, failed.failure, failed.update_time)
    assert turns < 12
    assert [type(event) for event in acme.tx.outbox.events][2:] == [ContactListSyncFailed]


async def test_list_that_recovers(acme: World) -> None:
    """A list that could be read no more is READY again when it can, without anybody asking."""
    name = await bind(acme, line_id(1))
    acme.contacts.fail_next(VendorUnavailable("hubspot"))
    await acme.list_sync.run_once()
    failed = acme.tx.contact_lists.lists[name].state
    await count_turns(acme, 5)

    read = acme.tx.contact_lists.lists[name]
    assert failed is ListState.FAILED
    assert (read.state, read.failure, read.failure_count) == (ListState.READY, None, 0)


async def test_fault(acme: World) -> None:
    """A list whose reading meets a fault each time says so after a few attempts, and is then tried seldom."""
    name = await bind(acme, line_id(1))
    states = []

    async def fail() -> None:
        raise ZeroDivisionError

    for _ in range(40):
        acme.contacts.meanwhile = fail
        acme.clock.advance(timedelta(minutes=1))
        if await acme.list_sync.run_once():
            states.append(acme.tx.contact_lists.lists[name].state)

    assert acme.tx.contact_lists.lists[name].failure is SyncFailure.SERVICE_FAULT
    assert states == [ListState.SYNCING] * (FAULTS_UNTIL_FAILED - 1) + [ListState.FAILED] * (len(states) - 2)
    assert len(states) <= 5


async def test_deleted_list_that_is_restored(acme: World) -> None:
    """HubSpot is asked twice a day whether a list that is gone was restored."""
    name = await bind(acme, line_id(1))
    list_id = name.rpartition("/")[2]
    acme.contacts.delete_list(list_id)
    turns = await count_turns(acme, 24 * 60)
    gone = acme.tx.contact_lists.lists[name].state
    acme.contacts.restore_list(list_id)
    await count_turns(acme, 12 * 60)

    assert (gone, acme.tx.contact_lists.lists[name].state) == (ListState.GONE, ListState.READY)
    assert turns == 2


async def test_refused_token_is_tried_seldom(acme: World) -> None:
    """However many lists wait, a refused token is tried ever more seldom, and at once when somebody asks."""
    names = [await bind(acme, line_id(number)) for number in range(5)]
    acme.contacts.revoke(TOKEN)
    before = acme.contacts.call_count
    await count_turns(acme, 60)
    tried = acme.contacts.call_count - before
    acme.contacts.grant(TOKEN)
    lists = ContactLists(uow=acme.uow, contacts=acme.contacts, keyring=acme.keyring, clock=acme.clock)
    await lists.request_sync(names[0])
    await acme.list_sync.run_once()

    assert tried < 10
    assert acme.tx.contact_lists.lists[names[0]].state is ListState.READY
    assert acme.channel.problems == ()


async def test_refused_token_impairs_the_channel(acme: World) -> None:
    """A token that HubSpot refuses during a reading shows at the channel."""
    await bind(acme, line_id(1))
    acme.contacts.fail_next(HubSpotTokenRefused())
    await acme.list_sync.run_once()

    problems = [known.problem for known in acme.tx.channels.channels[ACME].problems]
    assert problems == [Problem.HUBSPOT_CREDENTIALS_REFUSED]


async def test_deleted_list(acme: World) -> None:
    """A list that is gone from HubSpot is GONE, without a failure."""
    name = await bind(acme, line_id(1))
    acme.contacts.delete_list(name.rpartition("/")[2])
    await acme.list_sync.run_once()

    read = acme.tx.contact_lists.lists[name]
    assert (read.state, read.failure) == (ListState.GONE, None)


async def test_lost_claim_changes_nothing(acme: World) -> None:
    """Whoever lost its claim to a later reader leaves no trace."""
    name = await bind(acme, line_id(1))
    lists = acme.tx.contact_lists

    async def read_elsewhere() -> None:
        lists.expire()
        acme.contacts.change_members(name.rpartition("/")[2], add=[acme.contacts.add_contact(line_id(2))])
        await acme.list_sync.run_once()

    acme.contacts.meanwhile = read_elsewhere
    await acme.list_sync.run_once()

    read = lists.lists[name]
    assert (read.state, read.tally) == (ListState.READY, Tally(recipients=2))
    assert len(lists.members_in_use(name)) == 2
    assert [type(event) for event in acme.tx.outbox.events] == [ContactListBound, ContactListSynced]
