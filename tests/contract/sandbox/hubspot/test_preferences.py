"""Email subscriptions of the HubSpot stand-in (HS 7, HS 12)."""

import asyncio

import aiohttp
from hubspot import HubSpot as OfficialClient

from tests.contract.sandbox.hubspot.conftest import Shop


async def test_get_email_status(shop: Shop, official: OfficialClient, raw: aiohttp.ClientSession) -> None:
    """`status_api.get_email_status` answers what an address chose, whatever its case, and nothing for others."""
    choice = {"email": "A@example.test", "id": "1", "status": "SUBSCRIBED"}
    path = f"/_control/hubspot/accounts/{shop.account.hub_id}/subscriptions"
    async with raw.post(path, json=choice) as answer:
        assert answer.status == 200
    api = official.communication_preferences.status_api
    known = await asyncio.to_thread(api.get_email_status, "a@example.test")
    unknown = await asyncio.to_thread(api.get_email_status, "b@example.test")

    assert (known.recipient, known.subscription_statuses[0].status) == ("a@example.test", "SUBSCRIBED")
    assert [one.status for one in unknown.subscription_statuses] == ["NOT_SUBSCRIBED"]


async def test_definitions(shop: Shop, official: OfficialClient) -> None:
    """`definition_api.get_page` lists the kinds of email."""
    answer = await asyncio.to_thread(official.communication_preferences.definition_api.get_page)

    assert [one.id for one in answer.subscription_definitions] == ["1"]
    assert answer.subscription_definitions[0].created_at == shop.account.opened_at
