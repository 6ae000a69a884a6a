"""A stand-in with one small account, called by HubSpot's own client and by raw HTTP."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from hubspot import HubSpot as OfficialClient

from sandbox.hubspot.account import Account
from sandbox.hubspot.lists.record import Change, ListRecord
from sandbox.hubspot.properties.definitions import PropertyDefinition
from tests.contract.sandbox.hubspot.serving import TOKEN, RunningHubSpot, serve_hubspot


@dataclass(slots=True)
class Shop:
    """An account with contacts 101, 102, … and a list that holds all of them."""

    running: RunningHubSpot
    account: Account
    everybody: ListRecord

    def make_list(self, name: str, members: int = 0, **definition: Any) -> ListRecord:
        """Make a list of the contacts 101, 102, …, which may or may not exist."""
        record = self.account.create_list(name, self.running.clock.now(), **definition)
        record.fill(Change(add=tuple(range(101, 101 + members))), self.running.clock.now())
        return record


@pytest.fixture
async def running() -> AsyncIterator[RunningHubSpot]:
    """Serve a stand-in without limits."""
    async with serve_hubspot() as served:
        yield served


@pytest.fixture
def shop(running: RunningHubSpot) -> Shop:
    """Make an account of ten contacts; the last has no LINE id."""
    account = running.hubspot.open_account(TOKEN)
    account.define_property(PropertyDefinition("line_user_id", "LINE User ID _ 1"))
    for number in range(10):
        line_id = f"U{number:032x}" if number < 9 else ""
        account.contacts.create({"firstname": f"N{number}", "line_user_id": line_id}, running.clock.now())
    shop = Shop(running, account, account.create_list("メルマガ会員", running.clock.now(), processing_type="DYNAMIC"))
    shop.everybody.fill(Change(add=tuple(range(101, 111))), running.clock.now())
    return shop


@pytest.fixture
def official(shop: Shop) -> OfficialClient:
    """Return HubSpot's own client, unmodified (HS 12)."""
    return OfficialClient(access_token=TOKEN, host=shop.running.url)


@pytest.fixture
async def raw(shop: Shop) -> AsyncIterator[aiohttp.ClientSession]:
    """Offer plain HTTP with the account's token."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with aiohttp.ClientSession(shop.running.url, headers=headers) as session:
        yield session
