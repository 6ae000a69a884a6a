"""Contacts of the HubSpot stand-in, by HubSpot's own client and by raw HTTP (HS 6.1, 6.2, 10.14, HS 12)."""

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from hubspot import HubSpot as OfficialClient
from hubspot.crm.contacts import (
    BatchInputSimplePublicObjectBatchInput,
    BatchInputSimplePublicObjectBatchInputForCreate,
    BatchInputSimplePublicObjectBatchInputUpsert,
    BatchInputSimplePublicObjectId,
    BatchReadInputSimplePublicObjectId,
    PublicGdprDeleteInput,
    PublicMergeInput,
    SimplePublicObjectInput,
    SimplePublicObjectInputForCreate,
)
from hubspot.crm.contacts.exceptions import ApiException, NotFoundException

from sandbox.hubspot.properties.definitions import PropertyDefinition
from tests.contract.sandbox.hubspot.conftest import Shop

FAMILIES = [
    "/crm/v3/objects/contacts",
    "/crm/objects/2025-09/contacts",
    "/crm/objects/2026-03/0-1",
    "/crm/objects/2026-09/0-1",
]


async def call(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Call the blocking client."""
    return await asyncio.to_thread(function, *arguments, **named)


async def send(raw: aiohttp.ClientSession, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """Call by raw HTTP."""
    async with raw.request(method, path, json=body) as answer:
        return answer.status, (await answer.json() if answer.content_length else None)


def contact(**properties: str) -> SimplePublicObjectInputForCreate:
    """Return a contact to be created."""
    return SimplePublicObjectInputForCreate(properties=properties, associations=[])


async def test_create_and_get_by_id(official: OfficialClient) -> None:
    """`basic_api.create` and `get_by_id`, by record id and by email."""
    api = official.crm.contacts.basic_api
    made = await call(api.create, contact(email="a@b.c", firstname="A"))
    by_id = await call(api.get_by_id, made.id, properties=["email", "line_user_id"])
    by_email = await call(api.get_by_id, "A@B.C", id_property="email", properties=["email"])

    assert made.properties["firstname"] == "A"
    assert (by_id.properties["email"], by_id.properties["line_user_id"]) == ("a@b.c", None)
    assert (by_email.id, by_email.archived) == (made.id, False)


async def test_get_page_and_get_all(shop: Shop, official: OfficialClient) -> None:
    """`basic_api.get_page` cuts pages by record id, and `contacts.get_all` follows them to the end."""
    page = await call(official.crm.contacts.basic_api.get_page, limit=4)
    everybody = await call(official.crm.contacts.get_all, properties=["firstname"])

    assert ([one.id for one in page.results], page.paging.next.after) == (["101", "102", "103", "104"], "104")
    assert len(everybody) == len(shop.account.contacts)


async def test_update(official: OfficialClient) -> None:
    """`basic_api.update` sets and clears; a cleared property is null."""
    api = official.crm.contacts.basic_api
    changes = SimplePublicObjectInput(properties={"firstname": "", "lastname": "B"})
    changed = await call(api.update, "101", changes)

    assert changed.properties["firstname"] is None
    assert changed.properties["lastname"] == "B"


async def test_archive(official: OfficialClient) -> None:
    """`basic_api.archive` moves a contact into the bin, where it is found as archived only."""
    api = official.crm.contacts.basic_api
    await call(api.archive, "101")
    with pytest.raises(NotFoundException):
        await call(api.get_by_id, "101")
    archived = await call(api.get_by_id, "101", archived=True)

    assert archived.archived_at is not None


async def test_purge(shop: Shop, official: OfficialClient) -> None:
    """`basic_api.purge` removes a contact for good, from lists as well."""
    await call(official.crm.contacts.basic_api.purge, PublicGdprDeleteInput(object_id="101"))
    with pytest.raises(NotFoundException):
        await call(official.crm.contacts.basic_api.get_by_id, "101", archived=True)

    assert 101 not in shop.everybody.members


async def test_merge(official: OfficialClient) -> None:
    """`basic_api.merge` makes a third contact; old ids answer it read or changed alone, not in a batch (HS 10.14)."""
    merge = PublicMergeInput(primary_object_id="101", object_id_to_merge="102")
    api = official.crm.contacts
    merged = await call(api.basic_api.merge, merge)
    old = await call(api.basic_api.get_by_id, "101", properties=["hs_merged_object_ids"])
    changed = await call(api.basic_api.update, "102", SimplePublicObjectInput(properties={"lastname": "M"}))
    inputs = [{"id": "101", "properties": {"lastname": "N"}}]
    batch = await call(api.batch_api.update, BatchInputSimplePublicObjectBatchInput(inputs=inputs))

    assert merged.id not in ("101", "102")
    assert (old.id, old.properties["hs_merged_object_ids"]) == (merged.id, "101;102")
    assert changed.id == merged.id
    assert (batch.results, batch.num_errors) == ([], 1)


async def test_batch_read_by_a_unique_property(shop: Shop, official: OfficialClient) -> None:
    """`batch_api.read` finds contacts by email or a unique property; others can't be `idProperty`."""
    shop.account.define_property(PropertyDefinition("member", "Member", has_unique_value=True))
    await call(official.crm.contacts.basic_api.update, "103", SimplePublicObjectInput(properties={"member": "m3"}))

    async def read(name: str, *ids: str) -> Any:
        body = BatchReadInputSimplePublicObjectId(
            properties=["member"], properties_with_history=[], id_property=name, inputs=[{"id": one} for one in ids]
        )
        return await call(official.crm.contacts.batch_api.read, body)

    found = await read("member", "m3", "m4")
    with pytest.raises(ApiException) as refused:
        await read("line_user_id", "x")

    assert ([one.id for one in found.results], found.num_errors) == (["103"], 1)
    assert refused.value.status == 400


async def test_history(shop: Shop, official: OfficialClient) -> None:
    """`propertiesWithHistory` lists what a property held, newest first."""
    before = shop.running.clock.now()
    shop.running.clock.advance(60)
    api = official.crm.contacts.basic_api
    await call(api.update, "101", SimplePublicObjectInput(properties={"firstname": "Z"}))
    found = await call(api.get_by_id, "101", properties_with_history=["firstname"])
    values = found.properties_with_history["firstname"]

    assert [value.value for value in values] == ["Z", "N0"]
    assert values[1].timestamp == before


async def test_batch_create_update_upsert_archive(shop: Shop, official: OfficialClient) -> None:
    """`batch_api.create`, `update`, `upsert` and `archive` answer with the models of HS 12."""
    api = official.crm.contacts.batch_api
    inputs = [contact(email=f"{number}@b.c") for number in range(2)]
    created = await call(api.create, BatchInputSimplePublicObjectBatchInputForCreate(inputs=inputs))
    ids = [one.id for one in created.results]
    changes = [{"id": one, "properties": {"lastname": "L"}} for one in ids]
    updated = await call(api.update, BatchInputSimplePublicObjectBatchInput(inputs=changes))
    entries = [{"id": email, "idProperty": "email", "properties": {"lastname": "U"}} for email in ("0@b.c", "new@b.c")]
    upserted = await call(api.upsert, BatchInputSimplePublicObjectBatchInputUpsert(inputs=entries))
    archived = await call(api.archive, BatchInputSimplePublicObjectId(inputs=[{"id": one} for one in ids]))

    assert (created.status, len(ids)) == ("COMPLETE", 2)
    assert [one.properties["lastname"] for one in updated.results] == ["L", "L"]
    assert [one.new for one in upserted.results] == [False, True]
    assert archived is None
    assert shop.account.contacts.get(int(ids[0])).archived_at is not None  # type: ignore[union-attr] # it is there


async def test_partial_creation(raw: aiohttp.ClientSession, shop: Shop) -> None:
    """A bad input fails the whole creation, unless each input has a trace id: then it is a 207."""
    good, bad = {"properties": {"email": "g@b.c"}}, {"properties": {"nothing": "x"}}
    path = FAMILIES[0] + "/batch/create"
    count = len(shop.account.contacts)
    whole, _ = await send(raw, "POST", path, {"inputs": [good, bad]})
    left = len(shop.account.contacts)
    traced = [{**one, "objectWriteTraceId": str(number)} for number, one in enumerate((good, bad))]
    partial, answer = await send(raw, "POST", path, {"inputs": traced})

    assert (whole, left) == (400, count)
    assert (partial, answer["numErrors"], len(answer["results"])) == (207, 1, 1)
    assert answer["results"][0]["objectWriteTraceId"] == "0"
    assert answer["errors"][0]["context"]["objectWriteTraceId"] == ["1"]


@pytest.mark.parametrize(("count", "status"), [(100, 201), (101, 400)])
async def test_batches_hold_a_hundred(raw: aiohttp.ClientSession, count: int, status: int) -> None:
    """100 inputs are the most of a batch."""
    inputs = [{"properties": {"firstname": "A"}}] * count

    assert (await send(raw, "POST", FAMILIES[0] + "/batch/create", {"inputs": inputs}))[0] == status


async def test_a_taken_email(raw: aiohttp.ClientSession) -> None:
    """A second contact of an email is a 409 whose message names the first, whatever the case (HS 3)."""
    _, first = await send(raw, "POST", FAMILIES[0], {"properties": {"email": "a@b.c"}})
    status, refused = await send(raw, "POST", FAMILIES[0], {"properties": {"email": "A@b.c"}})
    moved, _ = await send(raw, "PATCH", FAMILIES[0] + "/101", {"properties": {"email": "a@b.c"}})
    same, _ = await send(raw, "PATCH", f"{FAMILIES[0]}/{first['id']}", {"properties": {"email": "a@b.c"}})

    assert (status, refused["category"]) == (409, "CONFLICT")
    assert f"Existing ID: {first['id']}" in refused["message"]
    assert (moved, same) == (409, 200)


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"email": "a@b.c", "nothing": "x"}, "PROPERTY_DOESNT_EXIST"),
        ({"email": "a@b.c", "hs_object_id": "1"}, "READ_ONLY_VALUE"),
        ({"email": "a@b.c", "firstname": "x" * 65_537}, None),
        ({"email": "a@b.c", "firstname": {}}, None),
        ({"line_user_id": "U1"}, None),
        ({}, None),
        ("x", None),
    ],
)
@pytest.mark.parametrize("family", FAMILIES)
async def test_bad_contacts(
    raw: aiohttp.ClientSession, shop: Shop, family: str, properties: object, code: str | None
) -> None:
    """A contact without email and name, or with a property that can't be written, is a 400 and nothing is made."""
    count = len(shop.account.contacts)
    status, refused = await send(raw, "POST", family, {"properties": properties})

    assert (status, refused["category"]) == (400, "VALIDATION_ERROR")
    assert len(shop.account.contacts) == count
    if code is not None:
        assert refused["errors"][0]["code"] == code


async def test_writing_needs_its_scope(raw: aiohttp.ClientSession, shop: Shop) -> None:
    """A token that may only read is told which scope it lacks."""
    shop.running.hubspot.issue_token("pat-reader", shop.account, scopes=["crm.objects.contacts.read"])
    headers = {"Authorization": "Bearer pat-reader"}
    async with raw.delete(FAMILIES[0] + "/101", headers=headers) as answer:
        refused = await answer.json()

    assert answer.status == 403
    assert refused["errors"][0]["context"]["requiredGranularScopes"] == ["crm.objects.contacts.write"]


@pytest.mark.parametrize(("limit", "status"), [(50, 200), (51, 400)])
async def test_history_lowers_the_page(raw: aiohttp.ClientSession, limit: int, status: int) -> None:
    """A page with history holds half as many contacts (HS 6.1)."""
    path = f"{FAMILIES[0]}?limit={limit}&propertiesWithHistory=firstname"

    assert (await send(raw, "GET", path))[0] == status


@pytest.mark.parametrize(("limit", "status"), [(0, 400), (1, 200), (100, 200), (101, 400)])
async def test_pages_hold_a_hundred(raw: aiohttp.ClientSession, limit: int, status: int) -> None:
    """A page holds 1 to 100 contacts (HS 6.2)."""
    assert (await send(raw, "GET", f"{FAMILIES[0]}?limit={limit}"))[0] == status


async def test_the_bin(raw: aiohttp.ClientSession, shop: Shop) -> None:
    """An archived contact can be restored for 90 days, and not a second later (HS 6.2)."""
    control = f"/_control/hubspot/accounts/{shop.account.hub_id}/contacts"
    for record_id in (101, 102):
        await send(raw, "DELETE", f"{FAMILIES[0]}/{record_id}")
    shop.running.clock.advance(90 * 86_400)
    in_time, _ = await send(raw, "POST", f"{control}/101/restore", {})
    shop.running.clock.advance(1)
    late, refused = await send(raw, "POST", f"{control}/102/restore", {})
    living, _ = await send(raw, "POST", f"{control}/103/restore", {})

    assert (in_time, late, living) == (200, 400, 400)
    assert "90 days" in refused["message"]
    assert (await send(raw, "GET", f"{FAMILIES[0]}/101"))[0] == 200
    assert (await send(raw, "GET", f"{FAMILIES[0]}/102"))[0] == 404
