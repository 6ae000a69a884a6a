"""Batches of contacts that fail whole, and those that fail in part (HS 6.2)."""

from typing import Any

import aiohttp
import pytest

from sandbox.hubspot.properties.definitions import PropertyDefinition
from tests.contract.sandbox.hubspot.conftest import Shop

FAMILIES = ["/crm/v3/objects/contacts", "/crm/objects/2025-09/contacts", "/crm/objects/2026-09/0-1"]


async def post(raw: aiohttp.ClientSession, path: str, body: Any) -> tuple[int, Any]:
    """Post by raw HTTP."""
    async with raw.post(path, json=body) as answer:
        return answer.status, await answer.json()


@pytest.mark.parametrize("bad", [{"email": "G@b.c"}, {"email": "n0@b.c"}, {"line_user_id": "U1"}])
@pytest.mark.parametrize("family", FAMILIES)
async def test_a_creation_fails_whole(raw: aiohttp.ClientSession, shop: Shop, family: str, bad: dict[str, str]) -> None:
    """Without trace ids a taken email, one given twice, or a missing name fails every input (HS 6.2)."""
    shop.account.contacts.create({"email": "n0@b.c"}, shop.running.clock.now())
    count = len(shop.account.contacts)
    inputs = [{"properties": {"email": "g@b.c"}}, {"properties": bad}]
    status, _ = await post(raw, family + "/batch/create", {"inputs": inputs})

    assert status in (400, 409)
    assert len(shop.account.contacts) == count


async def test_an_upsert_by_email_fails_whole(raw: aiohttp.ClientSession, shop: Shop) -> None:
    """An upsert by email can't be partial (HS 6.2): one taken unique value, and no input is written."""
    shop.account.define_property(PropertyDefinition("member", "Member", has_unique_value=True))
    shop.account.contacts.create({"email": "old@b.c", "member": "m1"}, shop.running.clock.now())
    count = len(shop.account.contacts)
    inputs = [
        {"id": "new@b.c", "idProperty": "email", "properties": {"lastname": "A"}},
        {"id": "other@b.c", "idProperty": "email", "properties": {"member": "M1"}},
    ]
    status, _ = await post(raw, FAMILIES[0] + "/batch/upsert", {"inputs": inputs})

    assert (status, len(shop.account.contacts)) == (409, count)


async def test_an_upsert_by_a_unique_property_is_partial(raw: aiohttp.ClientSession, shop: Shop) -> None:
    """By a custom unique property the input with a taken email is an error, the others are written (HS 6.2)."""
    shop.account.define_property(PropertyDefinition("member", "Member", has_unique_value=True))
    shop.account.contacts.create({"email": "old@b.c"}, shop.running.clock.now())
    inputs = [
        {"id": "m1", "idProperty": "member", "properties": {"email": "new@b.c"}},
        {"id": "m2", "idProperty": "member", "properties": {"email": "OLD@b.c"}},
    ]
    status, answer = await post(raw, FAMILIES[0] + "/batch/upsert", {"inputs": inputs})

    assert (status, answer["numErrors"], len(answer["results"])) == (207, 1, 1)
    assert "Existing ID: 111" in answer["errors"][0]["message"]
