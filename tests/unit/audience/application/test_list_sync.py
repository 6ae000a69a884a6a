"""Lists are read completely or not at all."""

from datetime import timedelta

import pytest

from audience.application.contact_lists import ContactLists
from audience.domain.channels import Problem
from audience.domain.contact_lists import ListState, SyncFailure, Tally
from audience.domain.errors import (
    DailyLimitReached,
    HubSpotScopeMissing,
    HubSpotTokenRefused,
    VendorUnavailable,
)
from audience.domain.events import ContactListBound, ContactListSynced, ContactListSyncFailed
from kit.errors import ServiceError
from kit.store.once import Once
from kit.store.ports import RequestKey
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
