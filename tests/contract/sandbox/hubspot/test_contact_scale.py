"""Contacts by their values in accounts of any size: nothing asks every contact in turn (HS 6.2, 6.3, HS 11)."""

import time
from typing import Any

import aiohttp
import pytest

from sandbox.hubspot.properties.definitions import PropertyDefinition
from tests.contract.sandbox.hubspot.conftest import Shop

CONTACTS = "/crm/v3/objects/contacts"
# Far above what an index takes, far below what a walk over the contacts takes.
QUICK_SECONDS = 1.0


async def send(raw: aiohttp.ClientSession, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """Call by raw HTTP."""
    async with raw.request(method, path, json=body) as answer:
        return answer.status, (await answer.json() if answer.content_length else None)


async def generate(raw: aiohttp.ClientSession, shop: Shop, count: int, **body: Any) -> None:
    """Generate contacts from record id 111 on."""
    path = f"/_control/hubspot/accounts/{shop.account.hub_id}/generated-contacts"
    assert (await send(raw, "POST", path, {"count": count, **body}))[0] == 200


def generated_email(number: int) -> str:
    """Return the email of a generated contact."""
    return f"customer{number:07d}@example.test"


async def line_id_of(raw: aiohttp.ClientSession, record_id: int) -> str:
    """Return the LINE id of a contact."""
    _, found = await send(raw, "GET", f"{CONTACTS}/{record_id}?properties=line_user_id")
    return str(found["properties"]["line_user_id"])


async def search(raw: aiohttp.ClientSession, *filters: dict[str, Any], **more: Any) -> list[int]:
    """Return the record ids that a search finds."""
    status, found = await send(raw, "POST", f"{CONTACTS}/search", {"filterGroups": [{"filters": filters}], **more})
    assert status == 200, found
    return [int(one["id"]) for one in found["results"]]


@pytest.mark.timeout(120)
async def test_values_of_a_million_contacts(shop: Shop, raw: aiohttp.ClientSession) -> None:
    """Among a million contacts an email is found, refused and changed, and 100 are read by theirs, at once."""
    await generate(raw, shop, 1_000_000)
    began = time.monotonic()
    taken, refused = await send(raw, "POST", CONTACTS, {"properties": {"email": generated_email(999_999).upper()}})
    made, _ = await send(raw, "POST", CONTACTS, {"properties": {"email": "new@example.test"}})
    inputs = [{"id": generated_email(number)} for number in range(0, 1_000_000, 10_000)]
    body = {"properties": [], "propertiesWithHistory": [], "idProperty": "email", "inputs": inputs}
    status, read = await send(raw, "POST", f"{CONTACTS}/batch/read", body)

    assert time.monotonic() - began < QUICK_SECONDS
    assert (taken, made, status) == (409, 201, 200)
    assert "Existing ID: 1000110" in refused["message"]
    assert [int(one["id"]) for one in read["results"]] == list(range(111, 1_000_111, 10_000))


@pytest.mark.timeout(120)
async def test_searches_of_a_million_contacts(shop: Shop, raw: aiohttp.ClientSession) -> None:
    """A search by values or by record ids looks at those it may find; the first by a property indexes it."""
    await generate(raw, shop, 1_000_000, shares={"duplicate": 0.0})
    wanted = {record_id: await line_id_of(raw, record_id) for record_id in range(500_000, 500_010)}
    known = {
        record_id: line_id for record_id, line_id in wanted.items() if line_id.startswith("U") and len(line_id) == 33
    }
    condition = {
        "propertyName": "line_user_id",
        "operator": "IN",
        "values": [line_id.lower() for line_id in known.values()],
    }
    first = await search(raw, condition)
    began = time.monotonic()
    again = await search(raw, condition, sorts=["hs_object_id"])
    beyond = await search(raw, {"propertyName": "hs_object_id", "operator": "GT", "value": "1000000"}, limit=200)

    assert time.monotonic() - began < QUICK_SECONDS
    assert first == again == list(known)
    assert beyond == list(range(1_000_001, 1_000_111))


async def test_an_index_follows_changes(shop: Shop, raw: aiohttp.ClientSession) -> None:
    """A contact is found by what it holds now: changed, cleared, archived, merged, purged or added later."""
    shop.account.define_property(PropertyDefinition("member", "Member", has_unique_value=True))

    async def holder(email: str, *, archived: bool = False) -> int | None:
        status, found = await send(raw, "GET", f"{CONTACTS}/{email}?idProperty=email&archived={archived}")
        return int(found["id"]) if status == 200 else None

    await generate(raw, shop, 10)
    assert await holder(generated_email(3)) == 114
    await send(raw, "PATCH", f"{CONTACTS}/114", {"properties": {"email": "moved@example.test"}})
    assert (await holder(generated_email(3)), await holder("moved@example.test")) == (None, 114)
    await send(raw, "PATCH", f"{CONTACTS}/114", {"properties": {"email": ""}})
    assert await holder("moved@example.test") is None
    await send(raw, "DELETE", f"{CONTACTS}/115")
    assert (await holder(generated_email(4)), await holder(generated_email(4), archived=True)) == (None, 115)
    await send(raw, "POST", f"{CONTACTS}/merge", {"primaryObjectId": "116", "objectIdToMerge": "117"})
    assert (await holder(generated_email(5)), await holder(generated_email(6))) == (121, None)
    await send(raw, "POST", f"{CONTACTS}/gdpr-delete", {"objectId": generated_email(7), "idProperty": "email"})
    assert await holder(generated_email(7)) is None
    _, made = await send(raw, "POST", CONTACTS, {"properties": {"email": "late@example.test", "member": "M1"}})
    assert await holder("LATE@example.test") == int(made["id"])
    assert (await send(raw, "PATCH", f"{CONTACTS}/101", {"properties": {"member": "m1"}}))[0] == 409


@pytest.mark.parametrize(("archived", "limit"), [(False, 20), (True, 2)])
async def test_pages_of_a_generated_account(
    shop: Shop, raw: aiohttp.ClientSession, *, archived: bool, limit: int
) -> None:
    """Pages by record id hold the living or the archived, whether they were changed or not."""
    await generate(raw, shop, 50)
    for record_id in (120, 105, 150):
        await send(raw, "DELETE", f"{CONTACTS}/{record_id}")
    seen: list[int] = []
    after = "0"
    while after:
        _, page = await send(raw, "GET", f"{CONTACTS}?limit={limit}&after={after}&archived={archived}")
        seen += [int(one["id"]) for one in page["results"]]
        after = page.get("paging", {}).get("next", {}).get("after", "")

    living = [record_id for record_id in range(101, 161) if record_id not in (105, 120, 150)]
    assert seen == ([105, 120, 150] if archived else living)


async def test_pages_of_one_search(shop: Shop, raw: aiohttp.ClientSession) -> None:
    """The pages of a search fit together, and a change between two searches is seen by the second."""
    await generate(raw, shop, 500, shares={"without_id": 0.5})
    condition = {"propertyName": "line_user_id", "operator": "HAS_PROPERTY"}
    everybody = await search(raw, condition, limit=200)
    pages = [await search(raw, condition, limit=50, after=str(offset)) for offset in range(0, 200, 50)]
    await send(raw, "PATCH", f"{CONTACTS}/{everybody[0]}", {"properties": {"line_user_id": ""}})

    assert [record_id for page in pages for record_id in page] == everybody
    assert (await search(raw, condition, limit=200))[:199] == everybody[1:]
