"""Searching contacts of the HubSpot stand-in (HS 6.3, HS 12)."""

import asyncio
from typing import Any

import aiohttp
import pytest
from hubspot import HubSpot as OfficialClient
from hubspot.crm.contacts import PublicObjectSearchRequest

from sandbox.hubspot.settings import HubSpotSettings
from tests.contract.sandbox.hubspot.conftest import Shop
from tests.contract.sandbox.hubspot.serving import TOKEN, serve_hubspot

PATH = "/crm/v3/objects/contacts/search"
LINE_ID = f"U{3:032x}"


async def search(raw: aiohttp.ClientSession, *filters: dict[str, Any], **more: Any) -> tuple[int, Any]:
    """Search by one group of filters."""
    body = {"filterGroups": [{"filters": list(filters)}] if filters else [], "limit": 200, **more}
    async with raw.post(PATH, json=body) as answer:
        return answer.status, await answer.json()


async def find(raw: aiohttp.ClientSession, *filters: dict[str, Any], **more: Any) -> list[int]:
    """Return the record ids that a search finds."""
    status, answer = await search(raw, *filters, **more)
    assert status == 200, answer
    return [int(one["id"]) for one in answer["results"]]


def one(operator: str, value: str | None = None, *, name: str = "firstname", **more: Any) -> dict[str, Any]:
    """Return a filter."""
    return {"propertyName": name, "operator": operator, **({} if value is None else {"value": value}), **more}


async def test_do_search(official: OfficialClient) -> None:
    """`search_api.do_search` finds a contact by its LINE id, in lower case for IN (HS trap 16)."""
    filters = [{"propertyName": "line_user_id", "operator": "IN", "values": [LINE_ID.lower()]}]
    request = PublicObjectSearchRequest(
        filter_groups=[{"filters": filters}], properties=["line_user_id"], limit=10, sorts=[], after=None
    )
    found = await asyncio.to_thread(official.crm.contacts.search_api.do_search, request)

    assert (found.total, found.results[0].properties["line_user_id"]) == (1, LINE_ID)


async def test_in_needs_lower_case(raw: aiohttp.ClientSession) -> None:
    """An upper-case value finds nobody with IN, and somebody with EQ, which ignores case."""
    upper = await find(raw, one("IN", name="line_user_id", values=[LINE_ID]))
    equal = await find(raw, one("EQ", LINE_ID.upper(), name="line_user_id"))

    assert (upper, equal) == ([], [104])


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        (one("EQ", "n1"), [102]),
        (one("NEQ", "N1"), [101, *range(103, 111)]),
        (one("LT", "103", name="hs_object_id"), [101, 102]),
        (one("LTE", "103", name="hs_object_id"), [101, 102, 103]),
        (one("GT", "108", name="hs_object_id"), [109, 110]),
        (one("GTE", "108", name="hs_object_id"), [108, 109, 110]),
        (one("BETWEEN", "102", name="hs_object_id", highValue="104"), [102, 103, 104]),
        (one("IN", values=["n0", "n9"]), [101, 110]),
        (one("NOT_IN", values=["n0"]), list(range(102, 111))),
        (one("HAS_PROPERTY", name="line_user_id"), list(range(101, 110))),
        (one("NOT_HAS_PROPERTY", name="line_user_id"), [110]),
        (one("CONTAINS_TOKEN", "N*"), list(range(101, 111))),
        (one("CONTAINS_TOKEN", "x"), []),
        (one("NOT_CONTAINS_TOKEN", "n5"), [101, 102, 103, 104, 105, 107, 108, 109, 110]),
    ],
)
async def test_operators(raw: aiohttp.ClientSession, condition: dict[str, Any], found: list[int]) -> None:
    """Each operator finds whom it should."""
    assert await find(raw, condition) == found


async def test_groups_and_filters(raw: aiohttp.ClientSession) -> None:
    """All filters of a group hold together, and any group is enough."""
    groups = [
        {"filters": [one("GT", "105", name="hs_object_id"), one("LT", "108", name="hs_object_id")]},
        {"filters": [one("EQ", "N0")]},
    ]

    assert await find(raw, filterGroups=groups) == [101, 106, 107]


async def test_pages_and_order(raw: aiohttp.ClientSession) -> None:
    """Pages go by an integer offset, oldest first, or by one rule."""
    sorts = [{"propertyName": "firstname", "direction": "DESCENDING"}]
    _, first = await search(raw, limit=4)
    rest = await find(raw, limit=10, after=first["paging"]["next"]["after"])
    down = await find(raw, sorts=sorts, limit=3)

    assert ([one["id"] for one in first["results"]], first["total"]) == (["101", "102", "103", "104"], 10)
    assert (rest, down) == ([105, 106, 107, 108, 109, 110], [110, 109, 108])


async def test_query(raw: aiohttp.ClientSession) -> None:
    """A query looks for words in names and email."""
    assert await find(raw, query="n7") == [108]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"filterGroups": [{"filters": [one("EQ", "a")]}] * 5}, 200),
        ({"filterGroups": [{"filters": [one("EQ", "a")]}] * 6}, 400),
        ({"filterGroups": [{"filters": [one("EQ", "a")] * 6}]}, 200),
        ({"filterGroups": [{"filters": [one("EQ", "a")] * 7}]}, 400),
        ({"filterGroups": [{"filters": [one("EQ", "a")] * 6}] * 3}, 200),
        ({"filterGroups": [{"filters": [one("EQ", "a")] * 5}] * 4}, 400),
        ({"limit": 200}, 200),
        ({"limit": 201}, 400),
        ({"limit": 100, "after": "9900"}, 200),
        ({"limit": 101, "after": "9900"}, 400),
        ({"after": "x"}, 400),
        ({"sorts": ["firstname", "lastname"]}, 400),
        ({"query": "x" * 2_900}, 200),
        ({"query": "x" * 3_000}, 400),
        ({"filterGroups": [{"filters": [one("EQ", "a", name="nothing")]}]}, 400),
        ({"filterGroups": [{"filters": [one("LIKE", "a")]}]}, 400),
        ({"filterGroups": [{"filters": [one("IN", "a")]}]}, 400),
    ],
)
async def test_limits(raw: aiohttp.ClientSession, body: dict[str, Any], status: int) -> None:
    """5 groups, 6 filters in one and 18 in all, pages of 200, 10,000 results, one rule, 3,000 characters."""
    async with raw.post(PATH, json=body) as answer:
        await answer.read()

    assert answer.status == status


async def test_archived_and_new_contacts(shop: Shop, raw: aiohttp.ClientSession) -> None:
    """Archived contacts are never found, new ones after the delay of the switch."""
    async with raw.patch("/_control/hubspot/settings", json={"search_delay_seconds": 30}) as answer:
        assert answer.status == 200
    contact = shop.account.contacts.get(101)
    assert contact is not None
    shop.running.clock.advance(30)
    shop.account.archive_contact(contact, shop.running.clock.now(), shop.running.hubspot.settings)
    shop.account.contacts.create({"firstname": "new"}, shop.running.clock.now())
    early = await find(raw)
    shop.running.clock.advance(30)
    late = await find(raw)

    assert (early, late) == (list(range(102, 111)), list(range(102, 112)))


async def test_five_a_second() -> None:
    """The sixth search of a second is a 429 without rate headers (HS 4.1, 4.2)."""
    async with serve_hubspot(HubSpotSettings()) as running, aiohttp.ClientSession(running.url) as http:
        running.hubspot.open_account(TOKEN)
        headers = {"Authorization": f"Bearer {TOKEN}"}
        answers = []
        for _ in range(6):
            async with http.post(PATH, json={}, headers=headers) as answer:
                answers.append((answer.status, "X-HubSpot-RateLimit-Max" in answer.headers))

    assert answers == [(200, False)] * 5 + [(429, False)]


async def test_a_change_is_found_late(shop: Shop, raw: aiohttp.ClientSession) -> None:
    """Until the delay of the switch is over, a changed contact is found by its old value and shows that (HS 6.3)."""
    async with raw.patch("/_control/hubspot/settings", json={"search_delay_seconds": 30}) as answer:
        assert answer.status == 200
    shop.running.clock.advance(30)
    async with raw.patch("/crm/v3/objects/contacts/101", json={"properties": {"firstname": "Z"}}) as answer:
        assert answer.status == 200
    _, early = await search(raw, one("EQ", "N0"), properties=["firstname"])
    early_new = await find(raw, one("EQ", "Z"))
    shop.running.clock.advance(30)

    assert [found["properties"]["firstname"] for found in early["results"]] == ["N0"]
    assert early_new == []
    assert (await find(raw, one("EQ", "N0")), await find(raw, one("EQ", "Z"))) == ([], [101])


@pytest.mark.parametrize(
    ("name", "condition"),
    [
        ("[a-z]9*", {"operator": "CONTAINS_TOKEN"}),
        ("?9", {"operator": "CONTAINS_TOKEN"}),
    ],
)
async def test_only_the_asterisk_is_wild(raw: aiohttp.ClientSession, name: str, condition: dict[str, Any]) -> None:
    """Other signs of a token stand for themselves."""
    assert await find(raw, {"propertyName": "firstname", "value": name, **condition}) == []


async def test_a_time_without_a_zone_is_utc(raw: aiohttp.ClientSession) -> None:
    """A date compares the same wherever the sandbox runs; the contacts were made at 03:00 UTC."""
    assert await find(raw, one("GT", "2026-11-24T03:00:00", name="createdate")) == []
    assert len(await find(raw, one("GTE", "2026-11-24T03:00:00", name="createdate"))) == 10
