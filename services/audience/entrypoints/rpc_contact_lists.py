"""`ContactListService` over the use cases of contact lists."""

from audience.application.contact_lists import ContactLists
from audience.domain.contact_lists import ContactList
from audience.entrypoints.names import CHANNEL, CONTACT_LIST
from audience.entrypoints.translate import read_hubspot_list_id, write_contact_list, write_offered_list
from kit.errors import Violations
from kit.paging import write_page_token
from kit.rpc.requests import check_request_id, gathering, make_once, read_number_page
from outreach.audience.v1 import contact_list_pb2 as pb
from outreach.audience.v1.contact_list_pb2_grpc import ContactListServiceServicer

LARGEST_OFFER = 500
"""Most HubSpot lists in a page (HS 5.1)."""

LONGEST_QUERY = 200


class ContactListServicer(ContactListServiceServicer):
    """Binds HubSpot lists to a channel and tells how they are."""

    def __init__(self, contact_lists: ContactLists) -> None:
        self._contact_lists = contact_lists

    async def ListHubSpotLists(
        self, request: pb.ListHubSpotListsRequest, _context: object
    ) -> pb.ListHubSpotListsResponse:
        """Return a page of the channel's HubSpot lists, by HubSpot's order."""
        bad = Violations()
        with gathering(bad):
            CHANNEL.parse(request.parent, field="parent")
        if len(request.query) > LONGEST_QUERY:
            bad.add("query", f"must have at most {LONGEST_QUERY} characters", "TOO_LONG")
        arguments = {"parent": request.parent, "query": request.query}
        page = read_number_page(bad, request, arguments, maximum=LARGEST_OFFER)
        bad.raise_if_any()
        offer = await self._contact_lists.offer(
            request.parent, query=request.query, offset=page.after or 0, size=page.size
        )
        return pb.ListHubSpotListsResponse(
            hubspot_lists=[write_offered_list(entry) for entry in offer.lists],
            next_page_token=write_page_token(offer.next_offset, arguments),
            unreadable_count=offer.unreadable_count,
        )

    async def CreateContactList(self, request: pb.CreateContactListRequest, _context: object) -> pb.ContactList:
        """Bind a HubSpot list."""
        bad = Violations()
        with gathering(bad):
            CHANNEL.parse(request.parent, field="parent")
        check_request_id(bad, request)
        with gathering(bad):
            hubspot_list_id = read_hubspot_list_id(request)
        bad.raise_if_any()
        once = make_once("CreateContactList", request, request.request_id)
        return write_contact_list(await self._contact_lists.bind(request.parent, hubspot_list_id, once))

    async def GetContactList(self, request: pb.GetContactListRequest, _context: object) -> pb.ContactList:
        """Return one contact list."""
        CONTACT_LIST.parse(request.name)
        return write_contact_list(await self._contact_lists.get(request.name))

    async def ListContactLists(
        self, request: pb.ListContactListsRequest, _context: object
    ) -> pb.ListContactListsResponse:
        """Return a page of a channel's contact lists, by id."""
        bad = Violations()
        with gathering(bad):
            CHANNEL.parse(request.parent, field="parent")
        page = read_number_page(bad, request, {"list": "contactLists", "parent": request.parent})
        bad.raise_if_any()
        found = await self._contact_lists.page(request.parent, after=page.after, size=page.size + 1)
        shown, token = page.cut(found, _number)
        return pb.ListContactListsResponse(
            contact_lists=[write_contact_list(entry) for entry in shown], next_page_token=token
        )

    async def SyncContactList(self, request: pb.SyncContactListRequest, _context: object) -> pb.ContactList:
        """Have a list read from HubSpot."""
        CONTACT_LIST.parse(request.name)
        return write_contact_list(await self._contact_lists.request_sync(request.name))


def _number(contact_list: ContactList) -> int:
    return int(contact_list.hubspot_list_id)
