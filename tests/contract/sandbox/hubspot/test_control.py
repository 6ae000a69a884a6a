"""The control face builds and changes an account without touching HubSpot's own paths."""

from typing import Any

import aiohttp
import pytest

from tests.contract.sandbox.hubspot.conftest import Shop

ROOT = "/_control/hubspot"


async def send(raw: aiohttp.ClientSession, method: str, path: str, body: Any = None) -> Any:
    """Call the control face and insist on success."""
    async with raw.request(method, ROOT + path, json={} if body is None else body) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def test_an_account_from_nothing(raw: aiohttp.ClientSession, shop: Shop) -> None:
    """An account, a property, contacts, a list and its members are made and read back."""
    hub_id = (await send(raw, "POST", "/accounts", {"token": "pat-sandbox-other"}))["hubId"]
    account = f"/accounts/{hub_id}"
    await send(raw, "PUT", f"{account}/properties/lineid", {"label": "LINE", "has_unique_value": True})
    contacts = {"contacts": [{"email": "a@example.test", "lineid": "x"}, {"email": "b@example.test"}]}
    record_ids = (await send(raw, "POST", f"{account}/contacts", contacts))["recordIds"]
    body = {"name": "購入者", "processing_type": "SNAPSHOT", "members": record_ids}
    list_id = (await send(raw, "POST", f"{account}/lists", body))["listId"]
    await send(raw, "POST", f"{account}/lists/{list_id}/members", {"remove": record_ids[:1], "add": [900]})
    await send(raw, "PATCH", f"{account}/contacts/{record_ids[1]}", {"properties": {"lineid": "y", "email": ""}})

    members = await send(raw, "GET", f"{account}/lists/{list_id}/members")
    contact = await send(raw, "GET", f"{account}/contacts/{record_ids[1]}")
    accounts = (await send(raw, "GET", "/accounts"))["accounts"]

    assert shop.account.hub_id != hub_id
    assert members == {"recordIds": [record_ids[1], 900]}
    assert contact["properties"] == {"lineid": "y"}
    assert accounts[1]["lists"][0] | {"pagesRead": 0} == {
        "listId": list_id,
        "name": "購入者",
        "objectTypeId": "0-1",
        "processingType": "SNAPSHOT",
        "memberCount": 2,
        "pagesRead": 0,
        "deletedAt": None,
    }


async def test_tokens(raw: aiohttp.ClientSession, shop: Shop) -> None:
    """Tokens are issued with scopes and revoked."""
    path = f"/accounts/{shop.account.hub_id}/tokens/pat-sandbox-narrow"
    await send(raw, "PUT", path, {"scopes": ["crm.objects.contacts.read"]})
    headers = {"Authorization": "Bearer pat-sandbox-narrow"}
    async with raw.get("/crm/v3/lists/1", headers=headers) as narrow:
        assert narrow.status == 403
    await send(raw, "DELETE", path)

    async with raw.get("/crm/v3/lists/1", headers=headers) as revoked:
        assert revoked.status == 401


async def test_deleting_and_restoring_a_list(raw: aiohttp.ClientSession, shop: Shop) -> None:
    """A deleted list is gone from HubSpot's paths and comes back under its id."""
    path = f"/accounts/{shop.account.hub_id}/lists/1"
    await send(raw, "DELETE", path)
    async with raw.get("/crm/v3/lists/1") as gone:
        assert gone.status == 404
    await send(raw, "POST", path + "/restore")

    async with raw.get("/crm/v3/lists/1") as back:
        assert back.status == 200


async def test_settings(raw: aiohttp.ClientSession, shop: Shop) -> None:
    """Switches are read and changed by name and value."""
    changed = await send(raw, "PATCH", "/settings", {"deleted_list": "with_deleted_at", "burst_limit": 7})

    assert changed == await send(raw, "GET", "/settings")
    assert (changed["deleted_list"], changed["burst_limit"]) == ("with_deleted_at", 7)
    assert shop.running.hubspot.settings.burst_limit == 7


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PATCH", "/settings", {"no_such_switch": 1}, 400),
        ("PATCH", "/settings", {"deleted_list": "perhaps"}, 400),
        ("PATCH", "/settings", [], 400),
        ("POST", "/accounts/1/contacts", {"contacts": []}, 404),
        ("POST", "/accounts/20000001/lists", {"name": "メルマガ会員"}, 400),
        ("POST", "/accounts/20000001/contacts/101/merge/101", {}, 400),
        ("GET", "/accounts/20000001/contacts/999", {}, 404),
        ("DELETE", "/accounts/20000001/lists/99", {}, 404),
    ],
)
async def test_nonsense(raw: aiohttp.ClientSession, method: str, path: str, body: Any, status: int) -> None:
    """What makes no sense is refused with a message."""
    async with raw.request(method, ROOT + path, json=body) as answer:
        problem = await answer.json()

    assert answer.status == status
    assert problem["message"]
