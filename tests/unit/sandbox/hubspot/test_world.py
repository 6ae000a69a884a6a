"""The demo world holds every oddity a sync must survive, and is the same for the same seed."""

import re
from collections import Counter
from datetime import UTC, datetime

from sandbox.clock import Clock
from sandbox.hubspot.account import Account
from sandbox.hubspot.state import HubSpot
from sandbox.hubspot.world import BUYERS, DEMO_TOKEN, DO_NOT_SEND, NEWSLETTER, SUPPLIERS, populate

START = datetime(2026, 11, 24, tzinfo=UTC)
FRIENDS = [f"U{number:032x}" for number in range(2_000)]


def make_world(seed: int = 7, line_user_ids: list[str] = FRIENDS) -> Account:
    """Populate a new stand-in and return its account."""
    hubspot = HubSpot(clock=Clock(machine=lambda: START))
    populate(hubspot, seed=seed, line_user_ids=line_user_ids)
    app = hubspot.app_of(DEMO_TOKEN)
    assert app
    return app.account


def describe(account: Account) -> list[object]:
    """Everything that a client could read of an account."""
    contacts = account.contacts.page(0, 10_000, archived=False) + account.contacts.page(0, 10_000, archived=True)
    members = [(record.name, list(record.members.record_ids)) for record in account.lists.values()]
    return [*((contact.record_id, contact.properties, contact.merged_ids) for contact in contacts), *members]


def test_same_seed_same_world() -> None:
    """Equal arguments make equal accounts, another seed another one."""
    assert describe(make_world()) == describe(make_world())
    assert describe(make_world()) != describe(make_world(seed=8))


def test_lists() -> None:
    """There are two lists of contacts, one exclusion list, and one list that holds companies."""
    lists = {record.name: record for record in make_world().lists.values()}

    assert {name: record.object_type_id for name, record in lists.items()} == {
        NEWSLETTER: "0-1",
        BUYERS: "0-1",
        DO_NOT_SEND: "0-1",
        SUPPLIERS: "0-2",
    }
    assert len(lists[NEWSLETTER].members) > len(lists[BUYERS].members) > len(lists[DO_NOT_SEND].members) > 50


def test_contacts() -> None:
    """LINE ids are missing, malformed, foreign and shared; contacts were merged and archived."""
    account = make_world()
    live = account.contacts.page(0, 10_000, archived=False)
    line_ids = [contact.properties.get("line_user_id") for contact in live]
    held = Counter(line_id for line_id in line_ids if line_id)

    assert line_ids.count(None) > 300
    assert any(not re.fullmatch("U[0-9a-f]{32}", line_id) for line_id in held)
    assert any(count > 1 for line_id, count in held.items() if line_id in FRIENDS)
    assert sum(line_id not in FRIENDS for line_id in held) > 40
    assert len(set(FRIENDS) & held.keys()) > 1_000
    assert any(contact.merged_ids for contact in live)
    assert account.contacts.page(0, 10, archived=True)


def test_no_friends() -> None:
    """A world without LINE friends still has its lists."""
    account = make_world(line_user_ids=[])

    assert len(account.contacts) > 300
    assert len(account.lists) == 4
