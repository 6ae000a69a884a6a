"""An in-memory HubSpot account behind the port `ContactSource`."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from audience.application.hubspot_port import (
    LARGEST_LIST_PAGE,
    LARGEST_READ,
    HubSpotCredentials,
    HubSpotList,
    HubSpotListPage,
    LineIdReading,
    ListSignals,
)
from audience.domain.contact_lists import CONTACT_OBJECT_TYPE, PROCESSING_TYPES
from audience.domain.errors import (
    HubSpotListNotFound,
    HubSpotListUnsuitable,
    HubSpotPropertyMissing,
    HubSpotScopeMissing,
    HubSpotTokenRefused,
)
from kit.errors import ServiceError

TOKEN = "pat-fake-0001"
LISTS_READ = "crm.lists.read"
CONTACTS_READ = "crm.objects.contacts.read"
SCHEMAS_READ = "crm.schemas.contacts.read"
ALL_SCOPES = frozenset({LISTS_READ, CONTACTS_READ, SCHEMAS_READ})

_PAGE = 250


@dataclass(slots=True)
class _List:
    list_id: str
    name: str
    object_type_id: str
    processing_type: str
    members: set[str] = field(default_factory=set)
    added_time: datetime | None = None
    removed_time: datetime | None = None
    deleted: bool = False


class FakeContactSource:
    """One account with the property `line_user_id`, open to `TOKEN`; its public methods arrange it.

    `fail_next` makes the next call raise; `meanwhile` happens once, while contacts are read. Time moves by a second
    with every change.
    """

    def __init__(self) -> None:
        self.credentials = HubSpotCredentials(TOKEN)
        self._scopes: dict[str, frozenset[str]] = {TOKEN: ALL_SCOPES}
        self._properties = {"line_user_id"}
        self._line_ids: dict[str, str | None] = {}
        self._survivors: dict[str, str] = {}
        self._archived: set[str] = set()
        self._lists: dict[str, _List] = {}
        self._failures: list[ServiceError] = []
        self.call_count = 0
        self.meanwhile: Callable[[], Awaitable[None]] | None = None
        self._now = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
        self._next_record = 101

    def grant(self, token: str, scopes: Iterable[str] = ALL_SCOPES) -> HubSpotCredentials:
        """Let a token call with these scopes."""
        self._scopes[token] = frozenset(scopes)
        return HubSpotCredentials(token)

    def revoke(self, token: str) -> None:
        """Refuse a token from now on."""
        self._scopes.pop(token, None)

    def fail_next(self, *errors: ServiceError) -> None:
        """Let the next calls, and the next pages of walks, raise these errors, one each."""
        self._failures += errors

    def add_contact(self, line_id: str | None = None) -> str:
        """Make a contact; return its record id."""
        record_id = str(self._next_record)
        self._next_record += 1
        self._line_ids[record_id] = line_id
        return record_id

    def archive_contact(self, record_id: str) -> None:
        """Archive a contact; lists keep it."""
        self._archived.add(record_id)

    def merge_contacts(self, primary: str, other: str) -> str:
        """Merge two contacts into a third, which joins their lists; return its record id."""
        merged = self.add_contact(self._line_ids.pop(primary) or self._line_ids[other])
        del self._line_ids[other]
        self._survivors |= {primary: merged, other: merged}
        for found in self._lists.values():
            if found.members & {primary, other}:
                self.change_members(found.list_id, add=[merged])
        return merged

    def add_list(
        self,
        name: str,
        record_ids: Iterable[str] = (),
        *,
        object_type_id: str = CONTACT_OBJECT_TYPE,
        processing_type: str = "MANUAL",
    ) -> str:
        """Make a list with members; return its id."""
        list_id = str(len(self._lists) + 1)
        self._lists[list_id] = _List(list_id, name, object_type_id, processing_type)
        self.change_members(list_id, add=record_ids)
        return list_id

    def change_members(self, list_id: str, *, add: Iterable[str] = (), remove: Iterable[str] = ()) -> None:
        """Let records join and leave a list."""
        self._now += timedelta(seconds=1)
        found, joining, leaving = self._lists[list_id], set(add), set(remove)
        if found.members & leaving:
            found.removed_time = self._now
        found.members -= leaving
        if joining - found.members:
            found.added_time = self._now
        found.members |= joining

    def delete_list(self, list_id: str) -> None:
        """Move a list to the recycle bin."""
        self._lists[list_id].deleted = True

    def restore_list(self, list_id: str) -> None:
        """Take a list out of the recycle bin."""
        self._lists[list_id].deleted = False

    def change_kind(self, list_id: str, processing_type: str) -> None:
        """Turn a list into one of another kind."""
        self._lists[list_id].processing_type = processing_type

    async def check_access(self, credentials: HubSpotCredentials, *, line_id_property: str) -> None:
        """See the port."""
        missing = ALL_SCOPES - self._authenticate(credentials)
        if missing:
            raise HubSpotScopeMissing(sorted(missing))
        if line_id_property not in self._properties:
            raise HubSpotPropertyMissing(line_id_property)

    async def list_lists(
        self, credentials: HubSpotCredentials, *, query: str = "", offset: int = 0, count: int = 50
    ) -> HubSpotListPage:
        """See the port."""
        if not 1 <= count <= LARGEST_LIST_PAGE:
            raise ValueError(count)
        self._authorise(credentials, LISTS_READ)
        words = query.casefold().split()
        matching = [
            _describe(found)
            for found in self._lists.values()
            if not found.deleted and _is_suitable(found) and all(word in found.name.casefold() for word in words)
        ]
        end = offset + count
        return HubSpotListPage(tuple(matching[offset:end]), end if end < len(matching) else None)

    async def get_list(self, credentials: HubSpotCredentials, list_id: str) -> HubSpotList:
        """See the port."""
        self._authorise(credentials, LISTS_READ)
        found = self._find(list_id)
        if not _is_suitable(found):
            raise HubSpotListUnsuitable(list_id, object_type=found.object_type_id)
        return _describe(found)

    async def walk_members(self, credentials: HubSpotCredentials, list_id: str) -> AsyncIterator[tuple[str, ...]]:
        """See the port; members that join behind the page just read are not met, as with HubSpot."""
        last = -1
        while True:
            self._authorise(credentials, LISTS_READ)
            page = sorted(int(member) for member in self._find(list_id).members if int(member) > last)[:_PAGE]
            if not page:
                return
            yield tuple(map(str, page))
            last = page[-1]

    async def read_line_ids(
        self, credentials: HubSpotCredentials, record_ids: Sequence[str], *, line_id_property: str
    ) -> LineIdReading:
        """See the port."""
        if self.meanwhile is not None:
            happen, self.meanwhile = self.meanwhile, None
            await happen()
        if len(record_ids) > LARGEST_READ:
            raise ValueError(len(record_ids))
        self._authorise(credentials, CONTACTS_READ)
        line_ids: dict[str, str | None] = {}
        merged_into: dict[str, str] = {}
        for record_id in record_ids:
            current = self._survivor(record_id)
            if current in self._line_ids and current not in self._archived:
                line_ids[record_id] = self._line_ids[current] if line_id_property in self._properties else None
                if current != record_id:
                    merged_into[record_id] = current
        return LineIdReading(
            line_ids=line_ids, merged_into=merged_into, missing=frozenset(record_ids) - line_ids.keys()
        )

    def _authenticate(self, credentials: HubSpotCredentials) -> frozenset[str]:
        self.call_count += 1
        if self._failures:
            raise self._failures.pop(0)
        scopes = self._scopes.get(credentials.access_token)
        if scopes is None:
            raise HubSpotTokenRefused
        return scopes

    def _authorise(self, credentials: HubSpotCredentials, scope: str) -> None:
        if scope not in self._authenticate(credentials):
            raise HubSpotScopeMissing([scope])

    def _find(self, list_id: str) -> _List:
        found = self._lists.get(list_id)
        if found is None or found.deleted:
            raise HubSpotListNotFound(list_id)
        return found

    def _survivor(self, record_id: str) -> str:
        while record_id in self._survivors:
            record_id = self._survivors[record_id]
        return record_id


def _is_suitable(found: _List) -> bool:
    return found.object_type_id == CONTACT_OBJECT_TYPE and found.processing_type in PROCESSING_TYPES


def _describe(found: _List) -> HubSpotList:
    return HubSpotList(
        list_id=found.list_id,
        name=found.name,
        object_type_id=found.object_type_id,
        processing_type=found.processing_type,
        signals=ListSignals(
            member_added_time=found.added_time,
            member_removed_time=found.removed_time,
            reported_size=len(found.members),
            settled=True,
        ),
    )
