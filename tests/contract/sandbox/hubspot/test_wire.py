"""The wire rules of HS 12 and the error answers of HS 3, over raw HTTP."""

import aiohttp
import pytest

from sandbox.hubspot.wire import DATE_VERSIONS
from tests.contract.sandbox.hubspot.conftest import Shop
from tests.contract.sandbox.hubspot.serving import TOKEN

CONTACTS_BATCH = {"properties": ["line_user_id"], "propertiesWithHistory": [], "inputs": [{"id": "101"}]}


@pytest.mark.parametrize("version", DATE_VERSIONS)
async def test_date_based_paths(raw: aiohttp.ClientSession, version: str) -> None:
    """The date-based path of every resource answers what the numbered one does."""
    pairs = [
        ("GET", "/crm/v3/lists/1", f"/crm/lists/{version}/1", None),
        ("GET", "/crm/v3/lists/1/memberships", f"/crm/lists/{version}/1/memberships", None),
        ("POST", "/crm/v3/lists/search", f"/crm/lists/{version}/search", {}),
        (
            "POST",
            "/crm/v3/objects/contacts/batch/read",
            f"/crm/objects/{version}/contacts/batch/read",
            CONTACTS_BATCH,
        ),
        ("GET", "/crm/v3/objects/contacts", f"/crm/objects/{version}/0-1", None),
        ("GET", "/crm/v3/properties/contacts/email", f"/crm/properties/{version}/contacts/email", None),
    ]
    for method, numbered, dated, body in pairs:
        async with raw.request(method, numbered, json=body) as one, raw.request(method, dated, json=body) as other:
            answers = [await one.json(), await other.json()]
            for answer in answers:
                answer.pop("paging", None)

            assert (one.status, other.status) == (200, 200), dated
            assert answers[0] == answers[1]


@pytest.mark.parametrize("path", ["/crm/v3/nothing", "/crm/v3/lists/1/members", "/crm/lists/2024-03/1", "/crm"])
async def test_unknown_route(raw: aiohttp.ClientSession, path: str) -> None:
    """A route that does not exist answers an HTML page, not JSON."""
    async with raw.get(path) as answer:
        text = await answer.text()

    assert (answer.status, answer.content_type) == (404, "text/html")
    assert text.startswith("<html>")


async def test_wrong_verb(raw: aiohttp.ClientSession) -> None:
    """The wrong verb on a route answers an HTML page."""
    async with raw.patch("/crm/v3/lists/1/memberships") as answer, raw.get("/crm/v3/lists/search") as other:
        assert (answer.status, answer.content_type) == (405, "text/html")
        assert (other.status, other.content_type) == (405, "text/html")


async def test_content_type(raw: aiohttp.ClientSession) -> None:
    """Answers are JSON in UTF-8, spelt as HubSpot does."""
    async with raw.get("/crm/v3/lists/1", headers={"Content-Type": "application/json"}) as answer:
        assert answer.headers["Content-Type"] == "application/json;charset=utf-8"


@pytest.mark.parametrize("query", ["listIds=1&listIds=2", "listIds=1,2", "listIds=1%2C2&includeFilters=True"])
@pytest.mark.parametrize("path", ["/crm/v3/lists", "/crm/v3/lists/"])
async def test_list_parameters(raw: aiohttp.ClientSession, shop: Shop, path: str, query: str) -> None:
    """List parameters are repeated or joined, booleans are capitalised or not, a slash may end the path."""
    shop.make_list("購入者")

    async with raw.get(f"{path}?{query}") as answer:
        body = await answer.json()

    assert [found["listId"] for found in body["lists"]] == ["1", "2"]


async def test_plus_is_space(raw: aiohttp.ClientSession, shop: Shop) -> None:
    """A plus in a query is a space, so a property name that holds one is another name."""
    shop.account.contacts.create({"first name": "x"}, shop.running.clock.now())

    async with raw.get("/crm/v3/objects/contacts?limit=1&properties=first+name,email") as answer:
        body = await answer.json()

    assert "email" in body["results"][0]["properties"]
    assert "first+name" not in body["results"][0]["properties"]


async def test_absent_token(shop: Shop) -> None:
    """Without a token the message begins as recorded, and there are no rate headers."""
    async with aiohttp.ClientSession(shop.running.url) as nobody, nobody.get("/crm/v3/lists/1") as answer:
        body = await answer.json()

    assert answer.status == 401
    assert body["message"].startswith("Authentication credentials not found")
    assert body["correlationId"]
    assert "X-HubSpot-RateLimit-Max" not in answer.headers


async def test_revoked_token(raw: aiohttp.ClientSession, shop: Shop) -> None:
    """A token is refused from the moment it is revoked."""
    shop.running.hubspot.revoke_token(TOKEN)

    async with raw.get("/crm/v3/lists/1") as answer:
        assert answer.status == 401


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/crm/v3/objects/contacts/batch/read", {"inputs": [{"id": str(n)} for n in range(101)]}),
        ("/crm/v3/objects/contacts/batch/read", {"inputs": [101]}),
        ("/crm/v3/objects/contacts/batch/read", {"properties": []}),
        ("/crm/v3/objects/contacts/batch/read", ["101"]),
        ("/crm/v3/objects/contacts/batch/read", {"inputs": [], "idProperty": ["email"]}),
        ("/crm/v3/objects/contacts/batch/read", {"inputs": [], "properties": [{}]}),
        ("/crm/v3/lists/search", {"count": 501}),
        ("/crm/v3/lists/search", {"count": True}),
        ("/crm/v3/lists/search", {"offset": -1}),
        ("/crm/v3/lists/search", {"listIds": "1"}),
    ],
)
async def test_bad_body(raw: aiohttp.ClientSession, path: str, body: object) -> None:
    """A body of the wrong form, or above a maximum, is a VALIDATION_ERROR."""
    async with raw.post(path, json=body) as answer:
        problem = await answer.json()

    assert (answer.status, problem["status"], problem["category"]) == (400, "error", "VALIDATION_ERROR")


@pytest.mark.parametrize("record_id", ["9" * 5_000, "\ud800", "", "-1", "１０１"])
async def test_odd_ids(raw: aiohttp.ClientSession, record_id: str) -> None:
    """An id that can't be one is an unknown one."""
    body = {"inputs": [{"id": record_id}, {"id": "101"}]}
    async with raw.post("/crm/v3/objects/contacts/batch/read", json=body) as answer:
        results = (await answer.json())["results"]

    assert answer.status == 207
    assert [result["id"] for result in results] == ["101"]


@pytest.mark.parametrize("object_type_id", [["0-1"], {"id": "0-1"}, 0, "0-9"])
async def test_search_for_odd_object_type(raw: aiohttp.ClientSession, object_type_id: object) -> None:
    """An object type that no list has finds nothing."""
    async with raw.post("/crm/v3/lists/search", json={"objectTypeId": object_type_id}) as answer:
        assert (await answer.json())["lists"] == []


async def test_body_that_is_no_json(raw: aiohttp.ClientSession) -> None:
    """A body that is not JSON is a VALIDATION_ERROR."""
    for data in (b"\xff{", b"[" * 100_000, b""):
        async with raw.post("/crm/v3/lists/search", data=data) as answer:
            assert answer.status == 400


@pytest.mark.parametrize(
    "query", ["limit=251", "limit=0", "limit=x", "after=x", "after=r:5", "before=AAAA", "limit=" + "9" * 5_000]
)
async def test_bad_membership_page(raw: aiohttp.ClientSession, query: str) -> None:
    """A page above 250 and a made-up cursor are refused."""
    async with raw.get(f"/crm/v3/lists/1/memberships?{query}") as answer:
        assert answer.status == 400


async def test_membership_walk_downwards(raw: aiohttp.ClientSession) -> None:
    """`before` alone walks down from a page; with `after` beside it, `after` wins."""
    async with raw.get("/crm/v3/lists/1/memberships?limit=4") as answer:
        after = (await answer.json())["paging"]["next"]["after"]
    async with raw.get("/crm/v3/lists/1/memberships", params={"limit": 4, "after": after}) as answer:
        second = await answer.json()
    before = second["paging"]["prev"]["before"]
    async with raw.get("/crm/v3/lists/1/memberships", params={"before": before}) as answer:
        down = await answer.json()
    async with raw.get("/crm/v3/lists/1/memberships", params={"limit": 4, "before": before, "after": after}) as answer:
        both = await answer.json()

    assert [member["recordId"] for member in second["results"]] == ["105", "106", "107", "108"]
    assert [member["recordId"] for member in down["results"]] == ["104", "103", "102", "101"]
    assert both["results"] == second["results"]


async def test_empty_list(raw: aiohttp.ClientSession, shop: Shop) -> None:
    """A list without members answers an empty page that nothing follows."""
    shop.make_list("空")

    async with raw.get("/crm/v3/lists/2/memberships") as answer:
        body = await answer.json()

    assert body == {"results": [], "total": 0}


async def test_search_by_object_and_processing_type(raw: aiohttp.ClientSession, shop: Shop) -> None:
    """A search is narrowed by object type, processing type and ids."""
    shop.make_list("取引先企業", object_type_id="0-2")
    shop.make_list("購入者")

    async def ids_of(body: dict[str, object]) -> list[str]:
        async with raw.post("/crm/v3/lists/search", json=body) as answer:
            return [found["listId"] for found in (await answer.json())["lists"]]

    assert await ids_of({}) == ["1", "2", "3"]
    assert await ids_of({"objectTypeId": "0-1"}) == ["1", "3"]
    assert await ids_of({"processingTypes": ["MANUAL"], "objectTypeId": "0-1"}) == ["3"]
    assert await ids_of({"listIds": ["2", "1", "99"]}) == ["1", "2"]
