"""Property definitions of the HubSpot stand-in (HS 6.2, 6.4, HS 12)."""

import asyncio
from typing import Any

import aiohttp
import pytest
from hubspot import HubSpot as OfficialClient
from hubspot.crm.properties import PropertyCreate
from hubspot.crm.properties.exceptions import NotFoundException

BODY = {"name": "member", "label": "M", "type": "string", "fieldType": "text", "groupName": "contactinformation"}


async def create(raw: aiohttp.ClientSession, **changes: Any) -> int:
    """Define a property and return the status."""
    async with raw.post("/crm/v3/properties/contacts", json={**BODY, **changes}) as answer:
        await answer.read()
        return answer.status


async def test_core_api(official: OfficialClient) -> None:
    """`core_api.create`, `get_by_name` and `get_all`."""
    api = official.crm.properties.core_api
    request = PropertyCreate(
        name="member", label="Member", type="string", field_type="text", group_name="g", has_unique_value=True
    )
    made = await asyncio.to_thread(api.create, "contacts", request)
    found = await asyncio.to_thread(api.get_by_name, "contacts", "member")
    everything = await asyncio.to_thread(api.get_all, "contacts")
    with pytest.raises(NotFoundException):
        await asyncio.to_thread(api.get_by_name, "contacts", "nothing")

    assert (made.name, made.has_unique_value, found.label) == ("member", True, "Member")
    assert {"email", "line_user_id", "member"} <= {one.name for one in everything.results}


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, 201),
        ({"name": "Member"}, 400),
        ({"name": None}, 400),
        ({"type": "uuid"}, 400),
        ({"label": ""}, 400),
        ({"options": "x"}, 400),
        ({"name": "email"}, 409),
    ],
)
async def test_definitions(raw: aiohttp.ClientSession, changes: dict[str, Any], status: int) -> None:
    """A definition has an internal name, label, type, field type and group; a name is taken once."""
    assert await create(raw, **changes) == status


async def test_at_most_ten_unique_properties(raw: aiohttp.ClientSession) -> None:
    """The eleventh property with unique values is refused (HS 6.4)."""
    statuses = [await create(raw, name=f"m{number}", hasUniqueValue=True) for number in range(11)]

    assert statuses == [201] * 10 + [400]
