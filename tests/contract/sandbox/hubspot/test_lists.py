"""Lists of the HubSpot stand-in: definitions, their past, and finding them (HS 5.1-5.3, HS 12)."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from hubspot import HubSpot as OfficialClient
from hubspot.crm.lists import ListCreateRequest, ListFilterUpdateRequest
from hubspot.crm.lists.exceptions import ApiException, NotFoundException

from tests.contract.sandbox.hubspot.conftest import Shop

BRANCH = {"filterBranchType": "OR", "filterBranches": [], "filters": []}
ALL = "/crm/lists/2026-09/all"


async def call(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Call the blocking client."""
    return await asyncio.to_thread(function, *arguments, **named)


async def send(raw: aiohttp.ClientSession, method: str, path: str, body: Any = None, **query: str) -> tuple[int, Any]:
    """Call by raw HTTP."""
    async with raw.request(method, path, json=body, params=query) as answer:
        is_json = answer.content_type == "application/json"
        return answer.status, (await answer.json() if is_json else await answer.text())


def request(name: str = "VIP", kind: str = "MANUAL", **more: Any) -> ListCreateRequest:
    """Return a list to be made."""
    return ListCreateRequest(name=name, object_type_id="0-1", processing_type=kind, **more)


async def test_create(official: OfficialClient) -> None:
    """`lists_api.create` makes an empty list; its name is taken then, whatever the case."""
    api = official.crm.lists.lists_api
    made = await call(api.create, request())
    with pytest.raises(ApiException) as refused:
        await call(api.create, request("vip"))

    assert (made.list.name, made.list.size, made.list.processing_type) == ("VIP", 0, "MANUAL")
    assert refused.value.status == 400


async def test_remove_and_restore(shop: Shop, official: OfficialClient) -> None:
    """`remove` and `restore`: the same id comes back with its members, within 90 days."""
    api = official.crm.lists.lists_api
    number = str(shop.make_list("VIP", 3).list_id)
    await call(api.remove, number)
    with pytest.raises(NotFoundException):
        await call(api.get_by_id, number)
    shop.running.clock.advance(timedelta(days=90).total_seconds() - 1)
    await call(api.restore, number)
    back = await call(api.get_by_id, number)
    await call(api.remove, number)
    shop.running.clock.advance(timedelta(days=90).total_seconds())
    with pytest.raises(NotFoundException):
        await call(api.restore, number)

    assert (back.list.list_id, back.list.size) == (number, 3)


async def test_update_name(shop: Shop, official: OfficialClient) -> None:
    """`update_name` renames and moves the version; another list's name is refused."""
    api = official.crm.lists.lists_api
    number = str(shop.make_list("VIP").list_id)
    changed = await call(api.update_name, number, list_name="Gold", include_filters=False)
    with pytest.raises(ApiException):
        await call(api.update_name, number, list_name="メルマガ会員")

    assert (changed.updated_list.name, changed.updated_list.list_version) == ("Gold", 2)


async def test_update_list_filters(shop: Shop, official: OfficialClient) -> None:
    """`update_list_filters` replaces the branch of a DYNAMIC list only."""
    api = official.crm.lists.lists_api
    change = ListFilterUpdateRequest(filter_branch=BRANCH)
    number = str(shop.everybody.list_id)
    changed = await call(api.update_list_filters, number, change)
    with pytest.raises(ApiException) as refused:
        await call(api.update_list_filters, str(shop.make_list("VIP").list_id), change)

    assert changed.updated_list.filters_updated_at == shop.running.clock.now()
    assert refused.value.status == 400


async def test_mapping(shop: Shop, official: OfficialClient) -> None:
    """`mapping_api` translates legacy ids, which may be the numbers of other lists; unknown ones are told."""
    shop.make_list("VIP")
    api = official.crm.lists.mapping_api
    legacy = str(shop.everybody.list_id + 3)
    one = await call(api.translate_legacy_list_id_to_list_id, legacy_list_id=legacy)
    many = await call(api.translate_legacy_list_id_to_list_id_batch, [legacy, "999"])

    assert (one.list_id, one.legacy_list_id) == (str(shop.everybody.list_id), legacy)
    assert [pair.list_id for pair in many.legacy_list_ids_to_ids_mapping] == [str(shop.everybody.list_id)]
    assert many.missing_legacy_list_ids == ["999"]


@pytest.mark.parametrize(
    ("method", "query", "body", "status"),
    [
        ("GET", {"legacyListId": "x"}, None, 400),
        ("GET", {"legacyListId": "999"}, None, 404),
        ("POST", {}, ["1"] * 10_000, 200),
        ("POST", {}, ["1"] * 10_001, 400),
        ("POST", {}, {}, 400),
    ],
)
async def test_mapping_refusals(
    raw: aiohttp.ClientSession, method: str, query: dict[str, str], body: Any, status: int
) -> None:
    """An id that is no number, and more than 10,000 at once, are refused."""
    assert (await send(raw, method, "/crm/v3/lists/idmapping", body, **query))[0] == status


@pytest.mark.parametrize(
    "body",
    [
        {"objectTypeId": "0-1", "processingType": "MANUAL"},
        {"name": "a", "objectTypeId": "0-1", "processingType": "ADHOC"},
        {"name": "a", "objectTypeId": "0-1", "processingType": "DYNAMIC", "filterBranch": "x"},
        {"name": 5, "objectTypeId": "0-1", "processingType": "MANUAL"},
    ],
)
async def test_bad_definitions(raw: aiohttp.ClientSession, shop: Shop, body: dict[str, Any]) -> None:
    """A list needs a name, an object type and one of the three processing types."""
    status, refused = await send(raw, "POST", "/crm/v3/lists/", body)

    assert (status, refused["category"]) == (400, "VALIDATION_ERROR")
    assert len(shop.account.lists) == 1


async def test_walk_of_all_lists(shop: Shop, raw: aiohttp.ClientSession) -> None:
    """`/all` walks by ascending id; a cursor is good for the same filters only."""
    for number in range(5):
        shop.make_list(f"list {number}")
    found: list[str] = []
    body: dict[str, Any] = {"count": 2, "processingTypes": ["MANUAL"]}
    while True:
        status, page = await send(raw, "POST", ALL, body)
        assert status == 200, page
        found += [one["listId"] for one in page["results"]]
        if "paging" not in page:
            break
        body["after"] = page["paging"]["next"]["after"]
    changed = await send(raw, "POST", ALL, {**body, "processingTypes": []})
    unknown = await send(raw, "POST", ALL, {"processingTypes": ["ADHOC"]})

    assert found == ["2", "3", "4", "5", "6"]
    assert (changed[0], changed[1]["subCategory"]) == (400, "INVALID_CURSOR")
    assert (unknown[0], unknown[1]["subCategory"]) == (400, "INVALID_PROCESSING_TYPE")


async def test_history(shop: Shop, raw: aiohttp.ClientSession) -> None:
    """Sizes and edits between two times are told."""
    start = shop.running.clock.now()
    record = shop.make_list("VIP", 2)
    shop.running.clock.advance(60)
    await send(raw, "PUT", f"/crm/v3/lists/{record.list_id}/update-list-name", listName="Gold")
    path = f"/crm/v3/lists/{record.list_id}/size-and-edits-history/between"
    end = shop.running.clock.now()
    status, history = await send(raw, "GET", path, startDate=start.isoformat(), endDate=end.isoformat())

    assert status == 200
    assert [entry["size"] for entry in history["sizeHistory"]] == [2]
    assert len(history["editHistory"]) == 1
    assert (await send(raw, "GET", path, startDate="x"))[0] == 400


async def test_conversion(shop: Shop, raw: aiohttp.ClientSession) -> None:
    """A DYNAMIC list's conversion is scheduled, shown and cancelled; without one there is a 404."""
    path = f"/crm/v3/lists/{shop.everybody.list_id}/schedule-conversion"
    manual = f"/crm/v3/lists/{shop.make_list('VIP').list_id}/schedule-conversion"
    calls = [
        ("GET", None),
        ("PUT", {"conversionType": "CONVERSION_DATE"}),
        ("GET", None),
        ("DELETE", None),
        ("DELETE", None),
    ]
    statuses = [(await send(raw, method, path, body))[0] for method, body in calls]

    assert statuses == [404, 200, 200, 204, 404]
    assert (await send(raw, "PUT", manual, {}))[0] == 400


async def test_additional_properties(shop: Shop, raw: aiohttp.ClientSession) -> None:
    """A search shows the default keys that have a value; times are epoch milliseconds as strings."""
    _, found = await send(raw, "POST", "/crm/v3/lists/search", {"query": "メルマガ"})
    extra = found["lists"][0]["additionalProperties"]

    assert extra == {
        "hs_list_size": "10",
        "hs_list_reference_count": "0",
        "hs_last_record_added_at": str(int(shop.running.clock.timestamp() * 1000)),
    }


async def test_missing_lists(raw: aiohttp.ClientSession, shop: Shop) -> None:
    """Ids that `GET /lists` does not know are left out, or refused with the switch for the other reading."""
    path = f"/crm/v3/lists/?listIds={shop.everybody.list_id}&listIds=99"
    left_out = await send(raw, "GET", path)
    await send(raw, "PATCH", "/_control/hubspot/settings", {"missing_lists": "partial"})
    refused = await send(raw, "GET", path)

    assert (left_out[0], len(left_out[1]["lists"])) == (200, 1)
    assert refused[0] == 404


async def test_paused(raw: aiohttp.ClientSession, shop: Shop) -> None:
    """A list can be PAUSED."""
    account = f"/_control/hubspot/accounts/{shop.account.hub_id}/lists/{shop.everybody.list_id}"
    await send(raw, "POST", f"{account}/pause", {})
    _, found = await send(raw, "GET", f"/crm/v3/lists/{shop.everybody.list_id}")

    assert found["list"]["processingStatus"] == "PAUSED"


async def test_writing_needs_its_scope(raw: aiohttp.ClientSession, shop: Shop) -> None:
    """A token that may only read lists is told which scope it lacks."""
    shop.running.hubspot.issue_token("pat-reader", shop.account, scopes=["crm.lists.read"])
    async with raw.delete("/crm/v3/lists/1", headers={"Authorization": "Bearer pat-reader"}) as answer:
        refused = await answer.json()

    assert answer.status == 403
    assert refused["errors"][0]["context"]["requiredGranularScopes"] == ["crm.lists.write"]
