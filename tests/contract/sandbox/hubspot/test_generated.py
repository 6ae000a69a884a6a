"""HubSpot accounts at scale: contacts made when asked for, lists of shares of them (HS 11)."""

import time
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.hubspot.contacts.generated import ContactShares, GeneratedContacts
from sandbox.identities import make_user_id
from tests.contract.sandbox.hubspot.conftest import Shop
from tests.contract.sandbox.hubspot.serving import START


def make_source(seed: int = 7, friends: int = 1_000, **shares: float) -> GeneratedContacts:
    """Return a source of contacts."""
    return GeneratedContacts(seed, 7, "provider-1", friends, "line_user_id", START, ContactShares(**shares))


async def generate(raw: aiohttp.ClientSession, shop: Shop, **body: Any) -> int:
    """Generate contacts and lists, and return the status."""
    path = f"/_control/hubspot/accounts/{shop.account.hub_id}/generated-contacts"
    async with raw.post(path, json=body) as answer:
        await answer.read()
        return answer.status


@given(st.integers(0, 2**31), st.integers(0, 10**7))
def test_a_number_is_always_the_same_contact(seed: int, number: int) -> None:
    """A contact is a function of seed and number, whatever was asked before."""
    assert make_source(seed).make(number, 1) == make_source(seed).make(number, 1)


def test_shares() -> None:
    """Contacts have about the shares asked for; the rest has the id of the friend of its number."""
    source = make_source(friends=10_000, without_id=0.2, foreign=0.1, malformed=0.1, duplicate=0.1)
    ids = [source.line_id(number) for number in range(10_000)]
    own = sum(one == make_user_id(7, "provider-1", number) for number, one in enumerate(ids))
    duplicates = sum(one == make_user_id(7, "provider-1", number - 1) for number, one in enumerate(ids))

    assert abs(ids.count("") - 2_000) < 200
    assert abs(own - 5_000) < 250
    assert abs(duplicates - 1_000) < 150


async def test_lists_of_shares(shop: Shop, raw: aiohttp.ClientSession) -> None:
    """Lists hold their share of the contacts; the same body makes the same account."""
    lists = [{"name": "a", "share": 0.5, "processing_type": "DYNAMIC"}, {"name": "b", "count": 7}, {"name": "c"}]
    status = await generate(raw, shop, count=1_000, lists=lists, merged=0.01, archived=0.02)
    sizes = [len(record.members) for record in list(shop.account.lists.values())[1:]]
    archived = sum(contact.archived_at is not None for contact in shop.account.contacts)

    assert (status, sizes) == (200, [500, 7, 1_000])
    assert archived == 20
    assert len(shop.account.contacts) == 10 + 1_000 - 10


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"count": -1},
        {"count": 5_000_001},
        {"count": 1, "shares": {"luck": 1}},
        {"count": 1, "shares": {"without_id": 0.6, "foreign": 0.6}},
        {"count": 1, "merged": 2},
        {"count": 2, "merged": 0.8},
        {"count": 10, "merged": 0.6},
        {"count": 1, "lists": [{"name": "a", "count": 2}]},
        {"count": 1, "lists": [{"name": "a", "processing_type": "ADHOC"}]},
        {"count": 1, "lists": ["a"]},
    ],
)
async def test_worlds_of_no_meaning(shop: Shop, raw: aiohttp.ClientSession, body: dict[str, Any]) -> None:
    """A body that makes no account is a 400."""
    if body == {"count": 2, "merged": 0.8}:
        # 0.8 of two contacts is one merge, which takes both.
        assert await generate(raw, shop, **body) == 200
    else:
        assert await generate(raw, shop, **body) == 400


@pytest.mark.timeout(120)
async def test_a_million_contacts(shop: Shop, raw: aiohttp.ClientSession) -> None:
    """A million contacts with lists are made in seconds, and each is there when asked for."""
    began = time.monotonic()
    status = await generate(raw, shop, count=1_000_000, lists=[{"name": "a", "share": 0.6}, {"name": "b"}])
    elapsed = time.monotonic() - began
    ids = [str(number) for number in range(500_111, 500_211)]
    body = {"properties": ["line_user_id"], "propertiesWithHistory": [], "inputs": [{"id": one} for one in ids]}
    async with raw.post("/crm/v3/objects/contacts/batch/read", json=body) as answer:
        results = (await answer.json())["results"]

    assert (status, len(results)) == (200, 100)
    assert elapsed < 30


async def test_a_generated_contact_can_change(shop: Shop, raw: aiohttp.ClientSession) -> None:
    """What is changed, archived or purged stays so; the others are still what their numbers say."""
    await generate(raw, shop, count=10)
    path = "/crm/v3/objects/contacts"
    async with raw.patch(f"{path}/115", json={"properties": {"firstname": "changed"}}) as answer:
        assert answer.status == 200
    async with raw.delete(f"{path}/116") as answer:
        assert answer.status == 204
    async with raw.post(f"{path}/gdpr-delete", json={"objectId": "117"}) as answer:
        assert answer.status == 204
    statuses = {}
    for number in (114, 115, 116, 117, 118):
        async with raw.get(f"{path}/{number}") as answer:
            statuses[number] = answer.status
            if number == 115:
                name = (await answer.json())["properties"]["firstname"]

    assert statuses == {114: 200, 115: 200, 116: 404, 117: 404, 118: 200}
    assert name == "changed"
