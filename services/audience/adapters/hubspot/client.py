"""`ContactSource` over HubSpot's CRM API."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Final

from audience.adapters.hubspot.documents import (
    ADDED,
    MERGED_IDS,
    REMOVED,
    SIZE,
    failed_in_part,
    is_suitable,
    read_contacts,
    read_list,
    read_list_document,
    read_members,
    read_object_type,
    read_search,
)
from audience.adapters.hubspot.pacing import PaceSettings, Throttle
from audience.adapters.hubspot.paths import NUMBERED, Paths
from audience.adapters.hubspot.reading import ReadingInProgress
from audience.adapters.hubspot.transport import HubSpotTransport, Patience, Request, open_http
from audience.adapters.hubspot.troubles import NothingThereError, PassingError, UnexpectedAnswerError
from audience.application.hubspot_port import (
    LARGEST_LIST_PAGE,
    LARGEST_READ,
    HubSpotCredentials,
    HubSpotList,
    HubSpotListPage,
    LineIdReading,
)
from audience.domain.contact_lists import CONTACT_OBJECT_TYPE, PROCESSING_TYPES
from audience.domain.errors import (
    HubSpotListNotFound,
    HubSpotListUnsuitable,
    HubSpotPropertyMissing,
    HubSpotScopeMissing,
)

_MEMBERS_PER_PAGE: Final = 250


@asynccontextmanager
async def open_hubspot(
    url: str,
    *,
    version: str = NUMBERED,
    patience: Patience | None = None,
    pace: PaceSettings | None = None,
) -> AsyncIterator["HubSpotClient"]:
    """Open a client for HubSpot at `url` and close its connections at the end.

    Args:
        url: Scheme and host, as `https://api.hubapi.com`.
        version: `v3`, or a date-based version as `2026-03` (HS 1).
        patience: Retries and timeouts.
        pace: Limits to stay below.

    """
    patience = patience or Patience()
    async with open_http(url, patience) as http:
        transport = HubSpotTransport(http, patience=patience, throttle=Throttle(pace))
        yield HubSpotClient(transport, paths=Paths(version))


class HubSpotClient:
    """Implements `ContactSource`; see there for what its methods promise."""

    def __init__(self, transport: HubSpotTransport, *, paths: Paths) -> None:
        self._transport = transport
        self._paths = paths

    async def check_access(self, credentials: HubSpotCredentials, *, line_id_property: str) -> None:
        """Try one small read under each scope and name all scopes that are missing."""
        missing: list[str] = []
        probes = {
            "crm.lists.read": self._search({"count": 1, "offset": 0}),
            # Of the one contact that this reads, nothing but its id and times is asked for.
            "crm.objects.contacts.read": Request(
                method="GET", path=self._paths.contacts(), params={"limit": 1, "properties": "hs_object_id"}
            ),
            "crm.schemas.contacts.read": Request(method="GET", path=self._paths.contact_property(line_id_property)),
        }
        property_missing = False
        for scope, probe in probes.items():
            try:
                await self._transport.call(credentials, probe)
            except HubSpotScopeMissing as refused:
                missing += refused.scopes or (scope,)
            except NothingThereError:
                property_missing = True
        if missing:
            raise HubSpotScopeMissing(missing)
        if property_missing:
            raise HubSpotPropertyMissing(line_id_property)

    async def list_lists(
        self, credentials: HubSpotCredentials, *, query: str = "", offset: int = 0, count: int = 50
    ) -> HubSpotListPage:
        """Search by the words of the name (HS 5.1)."""
        if not 1 <= count <= LARGEST_LIST_PAGE:
            raise ValueError(f"count must be 1 to {LARGEST_LIST_PAGE}")
        answer = await self._transport.call(
            credentials, self._search({"query": query, "offset": offset, "count": count})
        )
        return read_search(answer, offset=offset)

    async def get_list(self, credentials: HubSpotCredentials, list_id: str) -> HubSpotList:
        """Ask by id whether the list is there, then by search when its members moved last (HS 5.5)."""
        request = Request(method="GET", path=self._paths.lists("/" + _as_digits(list_id)))
        try:
            document = read_list_document(await self._transport.call(credentials, request))
        except NothingThereError:
            raise HubSpotListNotFound(list_id) from None
        if document.get("deletedAt"):
            raise HubSpotListNotFound(list_id)
        if not is_suitable(document):
            raise HubSpotListUnsuitable(list_id, object_type=read_object_type(document))
        known = read_list(document)
        if known is None or known.list_id != list_id:
            raise UnexpectedAnswerError("the answer is another list")
        return await self._add_signals(credentials, known)

    async def walk_members(self, credentials: HubSpotCredentials, list_id: str) -> AsyncIterator[tuple[str, ...]]:
        """Follow the cursor by record id, the order that is safer to resume than by joining time (HS 10.3)."""
        path = self._paths.lists(f"/{_as_digits(list_id)}/memberships")
        after: str | None = None
        seen: set[str] = set()
        while True:
            params = {"limit": _MEMBERS_PER_PAGE} | ({"after": after} if after else {})
            try:
                answer = await self._transport.call(credentials, Request(method="GET", path=path, params=params))
            except NothingThereError:
                raise HubSpotListNotFound(list_id) from None
            record_ids, following = read_members(answer)
            if record_ids:
                yield record_ids
            if following is None:
                return
            if following in seen:
                raise UnexpectedAnswerError("the paging cursor does not move on")
            seen.add(following)
            after = following

    async def read_line_ids(
        self, credentials: HubSpotCredentials, record_ids: Sequence[str], *, line_id_property: str
    ) -> LineIdReading:
        """Read in one batch; ask again for the rest of one that failed in part, and singly for ids it left unclear."""
        if len(record_ids) > LARGEST_READ:
            raise ValueError(f"at most {LARGEST_READ} record ids a call")
        reading = ReadingInProgress(record_ids, line_id_property=line_id_property)
        if record_ids and await self._read_batch(credentials, reading, line_id_property):
            for asked in reading.open_ids:
                alone = ReadingInProgress([asked], line_id_property=line_id_property)
                await self._read_batch(credentials, alone, line_id_property)
                reading.adopt(alone.finish())
        return reading.finish()

    async def _read_batch(
        self, credentials: HubSpotCredentials, reading: ReadingInProgress, line_id_property: str
    ) -> bool:
        """Answer open ids; tell whether contacts came that can't be matched to them."""
        strangers = False
        async for attempt in self._transport.attempts():
            with attempt:
                answer = await self._transport.send(credentials, self._batch(reading.open_ids, line_id_property))
                strangers = reading.take(read_contacts(answer)) or strangers
                if reading.open_ids and failed_in_part(answer):
                    raise PassingError
        return strangers

    async def _add_signals(self, credentials: HubSpotCredentials, known: HubSpotList) -> HubSpotList:
        request = self._search({"listIds": [known.list_id], "offset": 0, "count": 1})
        page = read_search(await self._transport.call(credentials, request), offset=0)
        found = next((found.signals for found in page.lists if found.list_id == known.list_id), None)
        if found is None:
            return known
        size = known.signals.reported_size
        signals = replace(
            known.signals,
            member_added_time=found.member_added_time,
            member_removed_time=found.member_removed_time,
            reported_size=found.reported_size if size is None else size,
        )
        return replace(known, signals=signals)

    def _search(self, body: dict[str, Any]) -> Request:
        only = {
            "objectTypeId": CONTACT_OBJECT_TYPE,
            "processingTypes": sorted(PROCESSING_TYPES),
            "additionalProperties": [SIZE, ADDED, REMOVED],
        }
        return Request(method="POST", path=self._paths.lists("/search"), json=only | body, search=True)

    def _batch(self, record_ids: Sequence[str], line_id_property: str) -> Request:
        """Both property lists are declared required (HS 6.1)."""
        body = {
            "properties": [line_id_property, MERGED_IDS],
            "propertiesWithHistory": [],
            "inputs": [{"id": record_id} for record_id in record_ids],
        }
        return Request(method="POST", path=self._paths.contacts("/batch/read"), params={"archived": "false"}, json=body)


def _as_digits(list_id: str) -> str:
    """ILS ids are digits; whatever else would reach another path of the API."""
    if not (list_id.isascii() and list_id.isdigit()):
        raise HubSpotListNotFound(list_id)
    return list_id
