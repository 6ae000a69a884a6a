"""Binding HubSpot lists and having them read in the background."""

from typing import Any
from uuid import uuid4

import grpc
import pytest

from outreach.audience.v1.contact_list_pb2 import (
    ContactList,
    CreateContactListRequest,
    GetContactListRequest,
    ListContactListsRequest,
    ListHubSpotListsRequest,
    SyncContactListRequest,
)
from outreach_client.errors import RemoteError
from sandbox.app import RunningSandbox
from sandbox.hubspot.world import BUYERS, DO_NOT_SEND, NEWSLETTER
from tests.infrastructure.eventually import eventually
from tests.integration.audience.serving import Api


async def bind(api: Api, channel: str, list_id: str, *, request_id: str | None = None) -> Any:
    """Bind a HubSpot list."""
    request = CreateContactListRequest(
        parent=channel,
        contact_list=ContactList(hubspot_list_id=list_id),
        request_id=request_id or str(uuid4()),
    )
    return await api.contact_lists.CreateContactList(request)


async def find(api: Api, channel: str, name: str) -> str:
    """Return the id of the HubSpot list of a name."""
    offered = await api.contact_lists.ListHubSpotLists(ListHubSpotListsRequest(parent=channel, query=name))
    return str(offered.hubspot_lists[0].list_id)


async def await_end_of_sync(api: Api, name: str) -> Any:
    """Return the list once it is no longer SYNCING."""

    async def ended() -> Any:
        contact_list = await api.contact_lists.GetContactList(GetContactListRequest(name=name))
        return contact_list if contact_list.state != ContactList.SYNCING else None

    return await eventually(ended, deadline=20)


async def test_offered_lists(api: Api, channel: str) -> None:
    """HubSpot's lists of contacts are offered, and those that are bound say so; lists of companies are left out."""
    bound = await bind(api, channel, await find(api, channel, NEWSLETTER))
    offered = await api.contact_lists.ListHubSpotLists(ListHubSpotListsRequest(parent=channel))

    names = {entry.display_name: entry.contact_list for entry in offered.hubspot_lists}
    assert names == {NEWSLETTER: bound.name, BUYERS: "", DO_NOT_SEND: ""}


async def test_offer_in_pages(api: Api, channel: str) -> None:
    """Pages of one list each show every list once."""
    request = ListHubSpotListsRequest(parent=channel, page_size=1)
    names = []
    while True:
        page = await api.contact_lists.ListHubSpotLists(request)
        names += [entry.display_name for entry in page.hubspot_lists]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token

    assert sorted(names) == sorted([NEWSLETTER, BUYERS, DO_NOT_SEND])


async def test_bound_list_is_read(api: Api, channel: str) -> None:
    """A bound list is SYNCING at first and READY after the background has read it; its counts add up (R12)."""
    bound = await bind(api, channel, await find(api, channel, NEWSLETTER))
    read = await await_end_of_sync(api, bound.name)
    listed = await api.contact_lists.ListContactLists(ListContactListsRequest(parent=channel))

    parts = (read.recipient_count, read.missing_count, read.malformed_count, read.duplicate_count)
    assert (bound.state, bound.contact_count) == (ContactList.SYNCING, 0)
    assert (read.state, read.failure) == (ContactList.READY, ContactList.FAILURE_UNSPECIFIED)
    assert read.contact_count == sum(parts) > read.recipient_count > 0
    assert list(listed.contact_lists) == [read]


async def test_repeated_binding(api: Api, channel: str) -> None:
    """A repetition gets the list as it is now; another request for the same list is refused."""
    list_id, request_id = await find(api, channel, BUYERS), str(uuid4())
    first = await bind(api, channel, list_id, request_id=request_id)
    read = await await_end_of_sync(api, first.name)
    second = await bind(api, channel, list_id, request_id=request_id)
    with pytest.raises(RemoteError) as exists:
        await bind(api, channel, list_id)

    assert (first.state, second.state) == (ContactList.SYNCING, ContactList.READY)
    assert second == read
    assert (exists.value.code, exists.value.reason) == (grpc.StatusCode.ALREADY_EXISTS, "ALREADY_EXISTS")


async def test_lists_that_cannot_be_bound(api: Api, channel: str, sandbox: RunningSandbox) -> None:
    """A list that HubSpot does not have, and one of companies, are each refused with their reason."""
    contact_lists = {entry.list_id for entry in await _offered(api, channel)}
    account = next(iter(sandbox.state.hubspot.accounts.values()))
    companies = next(str(list_id) for list_id in account.lists if str(list_id) not in contact_lists)
    reasons = []
    for list_id in ("999999", companies):
        with pytest.raises(RemoteError) as refused:
            await bind(api, channel, list_id)
        reasons.append((refused.value.code, refused.value.reason))

    failed = grpc.StatusCode.FAILED_PRECONDITION
    assert reasons == [(failed, "HUBSPOT_LIST_NOT_FOUND"), (failed, "HUBSPOT_LIST_UNSUITABLE")]


async def test_list_is_read_again(api: Api, channel: str) -> None:
    """A sync that is asked for keeps the counts of the last reading until the new one is complete."""
    bound = await bind(api, channel, await find(api, channel, DO_NOT_SEND))
    first = await await_end_of_sync(api, bound.name)
    requested = await api.contact_lists.SyncContactList(SyncContactListRequest(name=bound.name))
    second = await await_end_of_sync(api, bound.name)

    assert (requested.state, requested.contact_count) == (ContactList.SYNCING, first.contact_count)
    assert second.sync_time.ToDatetime() > first.sync_time.ToDatetime()
    assert second.contact_count == first.contact_count


async def test_list_that_turns_unsuitable(api: Api, channel: str, sandbox: RunningSandbox) -> None:
    """A bound list that becomes one of a kind that nobody knows says so, keeps its contacts, and is tried later."""
    list_id = await find(api, channel, BUYERS)
    bound = await bind(api, channel, list_id)
    read = await await_end_of_sync(api, bound.name)
    account = next(iter(sandbox.state.hubspot.accounts.values()))
    account.lists[int(list_id)].processing_type = "ADHOC"
    await api.contact_lists.SyncContactList(SyncContactListRequest(name=bound.name))
    failed = await await_end_of_sync(api, bound.name)

    assert (failed.state, failed.failure) == (ContactList.FAILED, ContactList.HUBSPOT_LIST_UNSUITABLE)
    assert failed.next_sync_time.ToDatetime() > failed.update_time.ToDatetime()
    assert (failed.contact_count, failed.sync_time) == (read.contact_count, read.sync_time)


async def _offered(api: Api, channel: str) -> Any:
    answer = await api.contact_lists.ListHubSpotLists(ListHubSpotListsRequest(parent=channel))
    return answer.hubspot_lists
