"""HubSpot's own client is the judge of the stand-in: the rows of HS 12 that are served."""

import asyncio

import pytest
from hubspot import HubSpot as OfficialClient
from hubspot.crm.contacts import BatchReadInputSimplePublicObjectId
from hubspot.crm.contacts.models import BatchResponseSimplePublicObject, BatchResponseSimplePublicObjectWithErrors
from hubspot.crm.lists import ListSearchRequest
from hubspot.crm.lists.exceptions import ForbiddenException, NotFoundException, UnauthorizedException

from sandbox.hubspot.properties.definitions import PropertyDefinition
from tests.contract.sandbox.hubspot.conftest import Shop
from tests.contract.sandbox.hubspot.serving import TOKEN


def read_input(*record_ids: str) -> BatchReadInputSimplePublicObjectId:
    """Ask for the LINE ids of contacts."""
    return BatchReadInputSimplePublicObjectId(
        properties=["line_user_id"],
        properties_with_history=[],
        inputs=[{"id": record_id} for record_id in record_ids],
    )


async def test_get_by_id(shop: Shop, official: OfficialClient) -> None:
    """A list is fetched by its id with its size and its definition."""
    answer = await asyncio.to_thread(official.crm.lists.lists_api.get_by_id, "1", include_filters=False)

    assert (answer.list.list_id, answer.list.name, answer.list.size) == ("1", "メルマガ会員", 10)
    assert (answer.list.object_type_id, answer.list.processing_type) == ("0-1", "DYNAMIC")
    assert answer.list.processing_status == "COMPLETE"
    assert answer.list.created_at == shop.running.clock.now()


async def test_get_by_id_of_unknown_list(official: OfficialClient) -> None:
    """An unknown list is NotFoundException with the id in the context."""
    with pytest.raises(NotFoundException) as refused:
        await asyncio.to_thread(official.crm.lists.lists_api.get_by_id, "99")

    assert '"listId": ["99"]' in refused.value.body
    assert "List does not exist with ID 99." in refused.value.body


async def test_get_all(shop: Shop, official: OfficialClient) -> None:
    """Several lists are fetched at once; unknown ones are left out."""
    shop.make_list("購入者")

    answer = await asyncio.to_thread(
        official.crm.lists.lists_api.get_all, list_ids=["2", "1", "77"], include_filters=True
    )

    assert [found.name for found in answer.lists] == ["購入者", "メルマガ会員"]


async def test_get_by_name(shop: Shop, official: OfficialClient) -> None:
    """A list is fetched by its name whatever the case, percent-encoded and with a slash."""
    shop.make_list("VIP/Gold会員")

    answer = await asyncio.to_thread(official.crm.lists.lists_api.get_by_name, "vip/gold会員", "0-1")

    assert answer.list.list_id == "2"


async def test_search(shop: Shop, official: OfficialClient) -> None:
    """A search pages by offset and carries the signals of members as additional properties."""
    for number in range(3):
        shop.make_list(f"メルマガ {number}", members=number)

    first = await asyncio.to_thread(
        official.crm.lists.lists_api.do_search, ListSearchRequest(query="メルマガ", count=3, offset=0)
    )
    second = await asyncio.to_thread(
        official.crm.lists.lists_api.do_search, ListSearchRequest(query="メルマガ", count=3, offset=first.offset)
    )

    assert (first.total, first.has_more, second.has_more) == (4, True, False)
    assert [found.list_id for found in (*first.lists, *second.lists)] == ["1", "2", "3", "4"]
    extra = first.lists[0].additional_properties
    assert extra["hs_list_size"] == "10"
    assert extra["hs_last_record_added_at"] == str(int(shop.running.clock.now().timestamp() * 1000))
    assert "hs_last_record_removed_at" not in extra


async def test_membership_walk(shop: Shop, official: OfficialClient) -> None:
    """All members of a list are walked without gap or repeat at 250 a page."""
    shop.make_list("購入者", members=1_001)
    memberships = official.crm.lists.memberships_api
    seen: list[str] = []
    after = None
    pages = 0
    while pages == 0 or after:
        page = await asyncio.to_thread(memberships.get_page, "2", limit=250, **({"after": after} if after else {}))
        seen += [member.record_id for member in page.results]
        after = page.paging.next.after if page.paging and page.paging.next else None
        pages += 1

    assert seen == [str(record_id) for record_id in range(101, 1_102)]
    assert pages == 5


async def test_membership_of_deleted_list(shop: Shop, official: OfficialClient) -> None:
    """The memberships of a deleted list answer like those of an unknown one."""
    shop.everybody.deleted_at = shop.running.clock.now()

    with pytest.raises(NotFoundException):
        await asyncio.to_thread(official.crm.lists.memberships_api.get_page, "1", limit=250)


async def test_batch_read(official: OfficialClient) -> None:
    """A batch read answers property values, null where there is none."""
    answer = await asyncio.to_thread(official.crm.contacts.batch_api.read, read_input("101", "110"), archived=False)

    assert isinstance(answer, BatchResponseSimplePublicObject)
    values = {result.id: result.properties["line_user_id"] for result in answer.results}
    assert values == {"101": f"U{0:032x}", "110": None}


async def test_batch_read_in_part(official: OfficialClient) -> None:
    """A batch read with an unknown id is a 207: results for the rest, and an error."""
    answer = await asyncio.to_thread(official.crm.contacts.batch_api.read, read_input("101", "999"), archived=False)

    assert isinstance(answer, BatchResponseSimplePublicObjectWithErrors)
    assert [result.id for result in answer.results] == ["101"]
    assert answer.num_errors == 1
    assert (answer.errors[0].category, answer.errors[0].context) == ("OBJECT_NOT_FOUND", {"ids": ["999"]})


async def test_batch_read_after_merge(shop: Shop, official: OfficialClient) -> None:
    """Both ids of merged contacts answer the third contact that they became."""
    contacts = shop.account.contacts
    primary, other = contacts.get(101), contacts.get(102)
    assert primary
    assert other
    shop.account.merge_contacts(primary, other, shop.running.clock.now(), shop.running.hubspot.settings)

    answer = await asyncio.to_thread(official.crm.contacts.batch_api.read, read_input("101", "102"), archived=False)

    assert [(result.id, result.properties["line_user_id"]) for result in answer.results] == [("111", f"U{0:032x}")]


async def test_get_all_contacts(shop: Shop, official: OfficialClient) -> None:
    """The client's own walk over all contacts finds each live one once."""
    for _ in range(200):
        shop.account.contacts.create({"firstname": "N"}, shop.running.clock.now())
    archived = shop.account.contacts.get(105)
    assert archived
    shop.account.archive_contact(archived, shop.running.clock.now(), shop.running.hubspot.settings)

    found = await asyncio.to_thread(official.crm.contacts.get_all, properties=["line_user_id"])

    assert [contact.id for contact in found] == [str(number) for number in range(101, 311) if number != 105]


async def test_properties(shop: Shop, official: OfficialClient) -> None:
    """Definitions are listed and fetched by name."""
    shop.account.define_property(PropertyDefinition("lineid", "LINE", has_unique_value=True))

    every = await asyncio.to_thread(official.crm.properties.core_api.get_all, "contacts")
    one = await asyncio.to_thread(official.crm.properties.core_api.get_by_name, "contacts", "lineid")

    assert {"email", "line_user_id", "lineid"} <= {found.name for found in every.results}
    assert (one.name, one.type, one.field_type, one.has_unique_value) == ("lineid", "string", "text", True)


async def test_wrong_token(shop: Shop) -> None:
    """An unknown token is UnauthorizedException."""
    stranger = OfficialClient(access_token="pat-sandbox-unknown", host=shop.running.url)

    with pytest.raises(UnauthorizedException):
        await asyncio.to_thread(stranger.crm.lists.lists_api.get_by_id, "1")


async def test_missing_scope(shop: Shop, official: OfficialClient) -> None:
    """A token without the scope is ForbiddenException naming it."""
    shop.running.hubspot.issue_token(TOKEN, shop.account, scopes=["crm.objects.contacts.read"])

    with pytest.raises(ForbiddenException) as refused:
        await asyncio.to_thread(official.crm.lists.lists_api.get_by_id, "1")

    assert '"category": "MISSING_SCOPES"' in refused.value.body
    assert '"requiredGranularScopes": ["crm.lists.read"]' in refused.value.body
