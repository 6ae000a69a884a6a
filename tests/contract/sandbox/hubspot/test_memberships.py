"""Memberships of the HubSpot stand-in: pages in both orders, writes, the lists of a record (HS 5.4, HS 12)."""

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from hubspot import HubSpot as OfficialClient
from hubspot.crm.lists import MembershipChangeRequest
from hubspot.crm.lists.exceptions import ApiException
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.hubspot.lists.record import Change, ListRecord
from tests.contract.sandbox.hubspot.conftest import Shop

MINUTE = 60


async def call(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Call the blocking client."""
    return await asyncio.to_thread(function, *arguments, **named)


async def walk(raw: aiohttp.ClientSession, path: str, *, limit: int = 250, turn: str = "after") -> list[int]:
    """Return the record ids of all pages in one direction."""
    found: list[int] = []
    query = {"limit": str(limit)}
    while True:
        async with raw.get(path, params=query) as answer:
            assert answer.status == 200, await answer.text()
            page = await answer.json()
        found += [int(member["recordId"]) for member in page["results"]]
        link = page.get("paging", {}).get("next" if turn == "after" else "prev")
        if link is None:
            return found
        query[turn] = link[turn]


def members_of(record: ListRecord) -> list[int]:
    """Return a list's members."""
    return list(record.members.record_ids)


async def test_get_page_by_joining(shop: Shop, official: OfficialClient) -> None:
    """`get_page_ordered_by_added_to_list_date` walks by the time of joining, whatever the ids."""
    record = shop.make_list("VIP")
    for number in (105, 103, 104):
        shop.running.clock.advance(MINUTE)
        record.fill(Change(add=(number,)), shop.running.clock.now())
    api = official.crm.lists.memberships_api
    first = await call(api.get_page_ordered_by_added_to_list_date, str(record.list_id), limit=2)
    after = first.paging.next.after
    rest = await call(api.get_page_ordered_by_added_to_list_date, str(record.list_id), limit=2, after=after)

    assert [member.record_id for member in first.results + rest.results] == ["105", "103", "104"]
    assert rest.paging.next is None


async def test_add_remove_and_both(shop: Shop, official: OfficialClient) -> None:
    """`add`, `remove` and `add_and_remove` tell who joined, who left and who is not there."""
    record, api = shop.make_list("VIP", 2), official.crm.lists.memberships_api
    number = str(record.list_id)
    added = await call(api.add, number, ["102", "103", "999"])
    removed = await call(api.remove, number, ["101", "999"])
    change = MembershipChangeRequest(record_ids_to_add=["104"], record_ids_to_remove=["103"])
    both = await call(api.add_and_remove, number, change)

    assert (added.records_ids_added, added.record_ids_missing) == (["103"], ["999"])
    assert removed.record_ids_removed == ["101"]
    assert (both.records_ids_added, both.record_ids_removed) == (["104"], ["103"])
    assert members_of(record) == [102, 104]


async def test_add_all_from_list_and_remove_all(shop: Shop, official: OfficialClient) -> None:
    """`add_all_from_list` and `remove_all` move whole lists."""
    record, api = shop.make_list("VIP", 1), official.crm.lists.memberships_api
    await call(api.add_all_from_list, str(record.list_id), str(shop.everybody.list_id))
    full = members_of(record)
    await call(api.remove_all, str(record.list_id))

    assert full == list(range(101, 111))
    assert members_of(record) == []


@pytest.mark.parametrize(("members", "status"), [(99_999, 204), (100_000, 400)])
async def test_large_lists_are_not_moved(shop: Shop, raw: aiohttp.ClientSession, members: int, status: int) -> None:
    """Lists of 100,000 members or more are neither copied nor emptied at once."""
    source, target = shop.make_list("large", members), shop.make_list("VIP")
    async with raw.put(f"/crm/v3/lists/{target.list_id}/memberships/add-from/{source.list_id}") as copied:
        await copied.read()
    async with raw.delete(f"/crm/v3/lists/{source.list_id}/memberships") as emptied:
        await emptied.read()

    assert (copied.status, emptied.status) == (status, status)


async def test_dynamic_lists_are_not_written(shop: Shop, official: OfficialClient) -> None:
    """Members of a DYNAMIC list change by its filters only; the refusal's status is a switch."""
    with pytest.raises(ApiException) as refused:
        await call(official.crm.lists.memberships_api.add, str(shop.everybody.list_id), ["101"])

    assert refused.value.status == 400


async def test_get_lists(shop: Shop, official: OfficialClient) -> None:
    """`get_lists` tells the lists of a record, with when it joined first and last."""
    record, start = shop.make_list("VIP", 1), shop.running.clock.now()
    shop.running.clock.advance(MINUTE)
    record.fill(Change(remove=(101,)), shop.running.clock.now())
    shop.running.clock.advance(MINUTE)
    record.fill(Change(add=(101,)), shop.running.clock.now())
    found = await call(official.crm.lists.memberships_api.get_lists, "0-1", "101")
    joined = next(one for one in found.results if one.list_id == str(record.list_id))

    assert [one.list_id for one in found.results] == ["1", str(record.list_id)]
    assert (joined.first_added_timestamp, joined.last_added_timestamp) == (start, shop.running.clock.now())


async def test_lists_of_several_records(raw: aiohttp.ClientSession) -> None:
    """`records/memberships/batch/read` answers each record's lists, with a 207 for an input of no meaning."""
    inputs = [{"objectTypeId": "0-1", "recordId": "101"}, {"objectTypeId": "0-1", "recordId": "999"}]
    path = "/crm/v3/lists/records/memberships/batch/read"
    async with raw.post(path, json={"inputs": inputs}) as answer:
        whole = await answer.json()
    async with raw.post(path, json={"inputs": [*inputs, {"objectTypeId": "0-1", "recordId": "x"}]}) as partial:
        errors = (await partial.json())["errors"]

    assert [len(one["recordListMemberships"]) for one in whole["results"]] == [1, 0]
    assert (answer.status, partial.status, len(errors)) == (200, 207, 1)


@pytest.mark.parametrize("order", ["", "/join-order"])
async def test_both_ways(shop: Shop, raw: aiohttp.ClientSession, order: str) -> None:
    """`before` alone walks down from a cursor, and both orders reach everybody once."""
    path = f"/crm/v3/lists/{shop.everybody.list_id}/memberships{order}"
    up = await walk(raw, path, limit=3)
    async with raw.get(path, params={"limit": "9"}) as answer:
        after = (await answer.json())["paging"]["next"]["after"]
    async with raw.get(path, params={"limit": "3", "before": after}) as answer:
        down = [int(member["recordId"]) for member in (await answer.json())["results"]]

    assert up == list(range(101, 111))
    assert down == [108, 107, 106]


@pytest.mark.parametrize("cursor", ["x", "cjox", "", "%00", "a" * 500, "cjoxOjE6eA=="])
async def test_made_up_cursors(shop: Shop, raw: aiohttp.ClientSession, cursor: str) -> None:
    """A cursor that HubSpot did not give is a bad value; an empty one is none."""
    path = f"/crm/v3/lists/{shop.everybody.list_id}/memberships"
    async with raw.get(path, params={"after": cursor}) as answer:
        body = await answer.json()

    assert answer.status == (400 if cursor else 200)
    if cursor:
        assert body["subCategory"] == "INVALID_CURSOR"


async def test_cursors_may_expire(shop: Shop, raw: aiohttp.ClientSession) -> None:
    """How long a cursor holds is a switch; one order's cursor is not the other's."""
    async with raw.patch("/_control/hubspot/settings", json={"cursor_life_seconds": 60}) as answer:
        assert answer.status == 200
    path = f"/crm/v3/lists/{shop.everybody.list_id}/memberships"
    async with raw.get(path, params={"limit": "3"}) as answer:
        after = (await answer.json())["paging"]["next"]["after"]
    statuses = []
    for seconds, tail in ((59, ""), (0, "/join-order"), (1, "")):
        shop.running.clock.advance(seconds)
        async with raw.get(path + tail, params={"after": after}) as answer:
            statuses.append(answer.status)

    assert statuses == [200, 400, 400]


async def test_a_list_deleted_in_mid_walk(shop: Shop, raw: aiohttp.ClientSession) -> None:
    """The next page of a list that is gone is a 404, not an end."""
    path = f"/crm/v3/lists/{shop.everybody.list_id}/memberships"
    async with raw.get(path, params={"limit": "3"}) as answer:
        after = (await answer.json())["paging"]["next"]["after"]
    shop.everybody.deleted_at = shop.running.clock.now()
    async with raw.get(path, params={"after": after}) as answer:
        await answer.read()

    assert answer.status == 404


async def test_a_type_that_nobody_documents(shop: Shop, raw: aiohttp.ClientSession) -> None:
    """Members of an ADHOC list can't be read (HS 10.9)."""
    record = shop.make_list("odd", 3, processing_type="ADHOC")
    async with raw.get(f"/crm/v3/lists/{record.list_id}/memberships") as answer:
        body = await answer.json()

    assert (answer.status, body["subCategory"]) == (400, "INVALID_PROCESSING_TYPE")


@pytest.mark.timeout(120)
async def test_a_million_members(shop: Shop, raw: aiohttp.ClientSession) -> None:
    """A walk of 1,000,000 members at 250 a page meets everybody once, without gap or repeat (HS 12)."""
    record = shop.make_list("all", 1_000_000)
    found = await walk(raw, f"/crm/v3/lists/{record.list_id}/memberships")

    assert found == list(range(101, 1_000_101))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.sets(st.integers(101, 110), max_size=4)), max_size=6), st.integers(1, 5))
async def test_walks_meet_everybody_once(
    shop: Shop, raw: aiohttp.ClientSession, changes: list[tuple[bool, set[int]]], limit: int
) -> None:
    """After any changes both orders hold the same members, each once, and joining is in order of time."""
    record = shop.account.create_list(f"list {len(shop.account.lists)}", shop.running.clock.now())
    joined: dict[int, int] = {}
    for step, (adds, numbers) in enumerate(changes):
        shop.running.clock.advance(1)
        chosen = tuple(sorted(numbers))
        record.fill(Change(add=chosen) if adds else Change(remove=chosen), shop.running.clock.now())
        for number in chosen:
            if adds:
                joined.setdefault(number, step)
            else:
                joined.pop(number, None)
    path = f"/crm/v3/lists/{record.list_id}/memberships"

    assert await walk(raw, path, limit=limit) == sorted(joined)
    assert await walk(raw, path + "/join-order", limit=limit) == sorted(joined, key=lambda one: (joined[one], one))


async def test_a_token_that_expires_in_mid_walk(shop: Shop, raw: aiohttp.ClientSession) -> None:
    """The next page with an expired OAuth token is a 401; with a refreshed one the walk goes on where it was."""
    client = {"client_id": "c", "client_secret": "s"}
    redirect = "https://app.example.test/oauth"
    await raw.post("/_control/hubspot/oauth/clients", json={**client, "app_id": 1, "redirect_uri": redirect})
    body = {"client_id": "c", "hub_id": shop.account.hub_id}
    async with raw.post("/_control/hubspot/oauth/installations", json=body) as answer:
        code = (await answer.json())["code"]

    async def ask(**form: str) -> Any:
        async with raw.post("/oauth/v1/token", data={**client, **form}) as answer:
            return await answer.json()

    async def read(token: str, **query: str) -> tuple[int, Any]:
        path, headers = f"/crm/v3/lists/{shop.everybody.list_id}/memberships", {"Authorization": f"Bearer {token}"}
        async with raw.get(path, params={"limit": "6", **query}, headers=headers) as answer:
            return answer.status, await answer.json()

    tokens = await ask(grant_type="authorization_code", code=code, redirect_uri=redirect)
    _, first = await read(tokens["access_token"])
    after = first["paging"]["next"]["after"]
    shop.running.clock.advance(1_800)
    expired, _ = await read(tokens["access_token"], after=after)
    fresh = await ask(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    status, rest = await read(fresh["access_token"], after=after)

    assert (expired, status) == (401, 200)
    assert [member["recordId"] for member in rest["results"]] == ["107", "108", "109", "110"]


@pytest.mark.parametrize(("outside_beta", "status"), [(True, 200), (False, 404)])
async def test_the_walk_of_all_lists_outside_beta(
    raw: aiohttp.ClientSession, *, outside_beta: bool, status: int
) -> None:
    """Whether `/all` answers outside its beta path is a switch (HS 13)."""
    async with raw.patch("/_control/hubspot/settings", json={"all_lists_outside_beta": outside_beta}) as answer:
        assert answer.status == 200
    statuses = []
    for version in ("2026-09", "2026-09-beta"):
        async with raw.post(f"/crm/lists/{version}/all", json={}) as answer:
            statuses.append(answer.status)

    assert statuses == [status, 200]


@pytest.mark.parametrize(("inputs", "status"), [(100, 200), (101, 400)])
async def test_how_many_records_are_read_at_once(raw: aiohttp.ClientSession, inputs: int, status: int) -> None:
    """The most inputs of a batch read of memberships is a switch, 100 by default (HS 13)."""
    body = {"inputs": [{"objectTypeId": "0-1", "recordId": "101"}] * inputs}
    async with raw.post("/crm/v3/lists/records/memberships/batch/read", json=body) as answer:
        assert answer.status == status
