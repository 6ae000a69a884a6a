"""Every switch of HS 11 does what it says, seen from outside."""

from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from sandbox.hubspot.lists.record import Change
from sandbox.hubspot.settings import DeletedList, EmptyProperty, MissingIds, OverLimit
from tests.contract.sandbox.hubspot.conftest import Shop

MEMBERS = "/crm/v3/lists/1/memberships?limit=250"


def switch(shop: Shop, **changes: Any) -> None:
    """Set switches of the running stand-in."""
    shop.running.hubspot.settings = replace(shop.running.hubspot.settings, **changes)


async def fetch(raw: aiohttp.ClientSession, path: str) -> dict[str, Any]:
    """Get a JSON object."""
    async with raw.get(path) as answer:
        body: dict[str, Any] = await answer.json()
        return body


async def read(raw: aiohttp.ClientSession, *record_ids: str) -> tuple[int, dict[str, Any]]:
    """Batch-read contacts."""
    body = {"properties": ["line_user_id"], "inputs": [{"id": record_id} for record_id in record_ids]}
    async with raw.post("/crm/v3/objects/contacts/batch/read", json=body) as answer:
        return answer.status, await answer.json()


async def test_deleted_list_shown(raw: aiohttp.ClientSession, shop: Shop) -> None:
    """A deleted list may answer 200 with `deletedAt`; a restored one is as before."""
    switch(shop, deleted_list=DeletedList.WITH_DELETED_AT)
    shop.everybody.deleted_at = shop.running.clock.now()
    deleted = await fetch(raw, "/crm/v3/lists/1")
    shop.everybody.deleted_at = None
    restored = await fetch(raw, "/crm/v3/lists/1")

    assert deleted["list"]["deletedAt"] == "2026-11-24T03:00:00.000Z"
    assert "deletedAt" not in restored["list"]


async def test_missing_ids_left_out(raw: aiohttp.ClientSession, shop: Shop) -> None:
    """Missing ids may be left out of a plain 200."""
    switch(shop, missing_ids=MissingIds.SILENT)

    status, body = await read(raw, "101", "999", "x")

    assert (status, [result["id"] for result in body["results"]]) == (200, ["101"])
    assert "errors" not in body


async def test_empty_property_left_out(raw: aiohttp.ClientSession, shop: Shop) -> None:
    """A property without a value may be left out."""
    switch(shop, empty_property=EmptyProperty.ABSENT)

    _, body = await read(raw, "110")

    assert "line_user_id" not in body["results"][0]["properties"]


async def test_merged_ids_unreadable(raw: aiohttp.ClientSession, shop: Shop) -> None:
    """Old ids of merged contacts may be missing in a batch read."""
    switch(shop, merged_ids_readable=False)
    control = f"/_control/hubspot/accounts/{shop.account.hub_id}/contacts/101/merge/102"
    async with raw.post(control) as merged:
        new_id = str((await merged.json())["recordId"])

    status, body = await read(raw, "101", new_id)

    assert (status, [result["id"] for result in body["results"]]) == (207, [new_id])


@pytest.mark.parametrize(("stay", "expected"), [(True, {"101", "102", "111"}), (False, {"111"})])
async def test_merged_ids_in_lists(raw: aiohttp.ClientSession, shop: Shop, *, stay: bool, expected: set[str]) -> None:
    """The surviving contact joins the lists of the merged ones; these stay listed or not."""
    switch(shop, merged_stay_members=stay)
    await (await raw.post(f"/_control/hubspot/accounts/{shop.account.hub_id}/contacts/101/merge/102")).read()

    members = {member["recordId"] for member in (await fetch(raw, MEMBERS))["results"]}

    assert members & {"101", "102", "111"} == expected


@pytest.mark.parametrize("stay", [True, False])
async def test_archived_contacts(raw: aiohttp.ClientSession, shop: Shop, *, stay: bool) -> None:
    """An archived contact is missing in batch reads, and stays listed or not."""
    switch(shop, archived_stay_members=stay)
    await (await raw.post(f"/_control/hubspot/accounts/{shop.account.hub_id}/contacts/103/archive")).read()

    status, _ = await read(raw, "103")
    members = {member["recordId"] for member in (await fetch(raw, MEMBERS))["results"]}

    assert status == 207
    assert ("103" in members) is stay


async def test_over_limit_clamped(raw: aiohttp.ClientSession, shop: Shop) -> None:
    """A page size above the maximum may be cut instead of refused."""
    switch(shop, over_limit=OverLimit.CLAMP)
    shop.make_list("購入者", members=300)

    assert len((await fetch(raw, "/crm/v3/lists/2/memberships?limit=9999"))["results"]) == 250


async def test_size_lags(raw: aiohttp.ClientSession, shop: Shop) -> None:
    """Size follows the members late when told to; the members themselves don't lag."""
    switch(shop, size_lag_seconds=60)
    shop.running.clock.advance(60)
    shop.everybody.change(Change(remove=(101,)), shop.running.clock.now(), shop.running.hubspot.settings)
    early = (await fetch(raw, "/crm/v3/lists/1"))["list"]["size"]
    members = (await fetch(raw, MEMBERS))["total"]
    shop.running.clock.advance(60)
    late = (await fetch(raw, "/crm/v3/lists/1"))["list"]["size"]

    assert (early, members, late) == (10, 9, 9)


async def test_evaluation_lags(raw: aiohttp.ClientSession, shop: Shop) -> None:
    """A DYNAMIC list shows PROCESSING until a change has become visible."""
    switch(shop, evaluation_delay_seconds=30)
    shop.everybody.change(Change(add=(500,)), shop.running.clock.now(), shop.running.hubspot.settings)
    during = (await fetch(raw, "/crm/v3/lists/1"))["list"]
    shop.running.clock.advance(30)
    after = (await fetch(raw, "/crm/v3/lists/1"))["list"]

    assert (during["processingStatus"], during["size"]) == ("PROCESSING", 10)
    assert (after["processingStatus"], after["size"]) == ("COMPLETE", 11)
    assert (during["listVersion"], during["updatedAt"]) == (after["listVersion"], after["updatedAt"])


async def test_churn(raw: aiohttp.ClientSession, shop: Shop) -> None:
    """With churn on, members leave and come back while a list is walked."""
    switch(shop, churn_every_pages=2)

    totals = [(await fetch(raw, MEMBERS))["total"] for _ in range(5)]

    assert totals == [10, 9, 9, 10, 10]
