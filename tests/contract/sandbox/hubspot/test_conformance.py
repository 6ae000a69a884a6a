"""Every answer of the HubSpot stand-in has the shape that the official client's models declare (HS 12)."""

from types import ModuleType
from typing import Any

import aiohttp
import pytest
from hubspot.crm.contacts import models as contacts
from hubspot.crm.lists import models as lists
from hubspot.crm.properties import models as properties

from tests.contract.sandbox.hubspot.conftest import Shop
from tests.contract.sandbox.hubspot.schemas import find_faults

LISTS, CONTACTS = "/crm/v3/lists", "/crm/v3/objects/contacts"
READ = {"properties": ["firstname"], "propertiesWithHistory": ["firstname"]}
LIST = {"name": "VIP", "objectTypeId": "0-1", "processingType": "MANUAL"}
PROPERTY = {"name": "p", "label": "P", "type": "string", "fieldType": "text", "groupName": "g"}
EMAIL = {"properties": {"email": "a@b.c"}}

Row = tuple[str, str, Any, int, ModuleType, str]
ROWS: list[Row] = [
    ("GET", f"{LISTS}/1", None, 200, lists, "ListFetchResponse"),
    ("GET", f"{LISTS}/?listIds=1", None, 200, lists, "ListsByIdResponse"),
    ("POST", f"{LISTS}/search", {}, 200, lists, "ListSearchResponse"),
    ("POST", f"{LISTS}/", LIST, 200, lists, "ListCreateResponse"),
    ("PUT", f"{LISTS}/1/update-list-name?listName=x", None, 200, lists, "ListUpdateResponse"),
    ("GET", f"{LISTS}/1/memberships?limit=3", None, 200, lists, "ApiCollectionResponseJoinTimeAndRecordId"),
    ("GET", f"{LISTS}/1/memberships/join-order", None, 200, lists, "ApiCollectionResponseJoinTimeAndRecordId"),
    ("PUT", f"{LISTS}/2/memberships/add", ["101"], 200, lists, "MembershipsUpdateResponse"),
    ("GET", f"{LISTS}/idmapping?legacyListId=4", None, 200, lists, "PublicMigrationMapping"),
    ("POST", f"{LISTS}/idmapping", ["4", "9"], 200, lists, "PublicBatchMigrationMapping"),
    ("GET", f"{LISTS}/99", None, 404, lists, "Error"),
    ("GET", f"{CONTACTS}/101", None, 200, contacts, "SimplePublicObjectWithAssociations"),
    (
        "GET",
        f"{CONTACTS}?limit=3",
        None,
        200,
        contacts,
        "CollectionResponseSimplePublicObjectWithAssociationsForwardPaging",
    ),
    ("POST", CONTACTS, EMAIL, 201, contacts, "SimplePublicObject"),
    ("PATCH", f"{CONTACTS}/101", EMAIL, 200, contacts, "SimplePublicObject"),
    (
        "POST",
        f"{CONTACTS}/merge",
        {"primaryObjectId": "101", "objectIdToMerge": "102"},
        200,
        contacts,
        "SimplePublicObject",
    ),
    (
        "POST",
        f"{CONTACTS}/search",
        {"limit": 3},
        200,
        contacts,
        "CollectionResponseWithTotalSimplePublicObjectForwardPaging",
    ),
    (
        "POST",
        f"{CONTACTS}/batch/read",
        {**READ, "inputs": [{"id": "101"}]},
        200,
        contacts,
        "BatchResponseSimplePublicObject",
    ),
    (
        "POST",
        f"{CONTACTS}/batch/read",
        {**READ, "inputs": [{"id": "101"}, {"id": "999"}]},
        207,
        contacts,
        "BatchResponseSimplePublicObjectWithErrors",
    ),
    ("POST", f"{CONTACTS}/batch/create", {"inputs": [EMAIL]}, 201, contacts, "BatchResponseSimplePublicObject"),
    (
        "POST",
        f"{CONTACTS}/batch/upsert",
        {"inputs": [{"id": "a@b.c", "idProperty": "email", "properties": {}}]},
        200,
        contacts,
        "BatchResponseSimplePublicUpsertObject",
    ),
    ("POST", CONTACTS, {"properties": {"nothing": "x"}}, 400, contacts, "Error"),
    ("GET", "/crm/v3/properties/contacts", None, 200, properties, "CollectionResponsePropertyNoPaging"),
    ("GET", "/crm/v3/properties/contacts/email", None, 200, properties, "ModelProperty"),
    ("POST", "/crm/v3/properties/contacts", PROPERTY, 201, properties, "ModelProperty"),
]
# What the documents have and the client's models lack: harmless extra fields (HS 3, 4.3, 5.1).
EXTRA = {"isPublicList", "status", "total", "requestedAt"}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "models", "model"), ROWS, ids=[f"{row[0]} {row[1]} {row[3]}" for row in ROWS]
)
async def test_shapes(
    shop: Shop,
    raw: aiohttp.ClientSession,
    method: str,
    path: str,
    body: Any,
    status: int,
    models: ModuleType,
    model: str,
) -> None:
    """An answer has every required property, none that is unknown, and each of its type."""
    shop.make_list("購入者", 2)
    async with raw.request(method, path, json=body) as answer:
        shown = await answer.json()
    faults = [fault for fault in find_faults(getattr(models, model), shown, models) if _name(fault) not in EXTRA]

    assert answer.status == status, shown
    assert faults == []


def _name(fault: str) -> str:
    """Return the last property that a fault names, when it is an unknown one."""
    path, _, what = fault.partition(": ")
    return path.rsplit(".", 1)[-1] if what == "unknown" else ""
