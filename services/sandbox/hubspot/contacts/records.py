"""The contacts of one account: creation, archiving, merging, and where merged ids lead (HS 6, HS 10.14)."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from sandbox.hubspot.contacts.changes import ContactChange, Listener
from sandbox.hubspot.contacts.contact import Contact

_FIRST_RECORD_ID: Final = 101


class Source(Protocol):
    """Contacts that are made when somebody asks for them; the same number always makes the same contact."""

    def make(self, number: int, record_id: int) -> Contact:
        """Return contact `number`, from 0."""
        ...


@dataclass(frozen=True, slots=True)
class _Block:
    """`count` contacts of a source with consecutive record ids."""

    first: int
    count: int
    source: Source


class Contacts:
    """All contacts of an account by record id, and where merged ids lead.

    Those of a `Source` take no room until they are changed, so that millions fit.
    """

    def __init__(self) -> None:
        self._records: dict[int, Contact] = {}
        self._blocks: list[_Block] = []
        self._ids = array("q")  # ascending; ids that are gone stay, so that paging never shifts
        self._gone: set[int] = set()
        self._survivors: dict[int, int] = {}
        self._next_id = _FIRST_RECORD_ID
        self.listener: Listener | None = None

    def __len__(self) -> int:
        return len(self._ids) - len(self._gone)

    def __iter__(self) -> Iterator[Contact]:
        """Yield every contact, archived ones too, by record id."""
        for record_id in self._ids:
            contact = self.get(record_id)
            if contact is not None:
                yield contact

    def create(self, properties: dict[str, str], now: datetime) -> Contact:
        """Make a contact with the next record id."""
        contact = self._add(properties, now)
        self._tell(ContactChange("creation", contact.record_id))
        for name, value in contact.properties.items():
            self._tell(ContactChange("propertyChange", contact.record_id, name, value))
        return contact

    def add_source(self, source: Source, count: int) -> range:
        """Add `count` contacts of a source and return their record ids; nobody is told of them."""
        added = range(self._next_id, self._next_id + count)
        self._blocks.append(_Block(added.start, count, source))
        self._ids.extend(added)
        self._next_id = added.stop
        return added

    def get(self, record_id: int) -> Contact | None:
        """Return the contact of exactly this id, archived or not; None for unknown, purged and merged-away ids."""
        found = self._records.get(record_id)
        if found is not None or record_id in self._gone:
            return found
        for block in self._blocks:
            if block.first <= record_id < block.first + block.count:
                return block.source.make(record_id - block.first, record_id)
        return None

    def survivor(self, record_id: int) -> Contact | None:
        """Return the contact that answers for an id after any number of merges."""
        while record_id in self._survivors:
            record_id = self._survivors[record_id]
        return self.get(record_id)

    def find(self, name: str, value: str) -> Contact | None:
        """Return the first living contact with a value, whatever its case."""
        wanted = value.casefold()
        for contact in self:
            if contact.archived_at is None and (contact.value(name) or "").casefold() == wanted:
                return contact
        return None

    def update(self, contact: Contact, properties: dict[str, str], now: datetime) -> None:
        """Set values; an empty one clears its property."""
        self._keep(contact)
        for name, value in properties.items():
            if contact.change(name, value, now):
                self._tell(ContactChange("propertyChange", contact.record_id, name, value))
        contact.updated_at = now

    def archive(self, contact: Contact, now: datetime) -> None:
        """Put a contact into the recycle bin."""
        self._keep(contact)
        contact.archived_at = now
        self._tell(ContactChange("deletion", contact.record_id))

    def restore(self, contact: Contact) -> None:
        """Take a contact out of the recycle bin."""
        self._keep(contact)
        contact.archived_at = None
        self._tell(ContactChange("restore", contact.record_id))

    def purge(self, contact: Contact) -> None:
        """Forget a contact for good."""
        self._drop(contact)
        self._tell(ContactChange("privacyDeletion", contact.record_id))

    def merge(self, primary: Contact, other: Contact, now: datetime) -> Contact:
        """Both contacts become a third with a new id; the primary's values win (HS 10.14)."""
        merged = self._add(other.properties | primary.properties, now)
        merged.merged_ids = (*primary.merged_ids, *other.merged_ids, primary.record_id, other.record_id)
        for old in (primary, other):
            self._drop(old)
            self._survivors[old.record_id] = merged.record_id
        moved = len(other.properties.keys() - primary.properties.keys())
        ids = (primary.record_id, other.record_id)
        self._tell(ContactChange("merge", merged.record_id, None, "", primary.record_id, ids, moved))
        return merged

    def page(self, after: int, limit: int, *, archived: bool) -> list[Contact]:
        """Return up to `limit` contacts with ids above `after`, ascending."""
        page: list[Contact] = []
        for at in range(bisect_right(self._ids, after), len(self._ids)):
            contact = self.get(self._ids[at])
            if contact is not None and (contact.archived_at is not None) == archived:
                page.append(contact)
            if len(page) == limit:
                break
        return page

    def knows(self, record_id: int) -> bool:
        """Whether an id is or was a contact's."""
        at = bisect_left(self._ids, record_id)
        return at < len(self._ids) and self._ids[at] == record_id

    def _add(self, properties: dict[str, str], now: datetime) -> Contact:
        values = {name: value for name, value in properties.items() if value}
        contact = Contact(self._next_id, values, created_at=now, updated_at=now)
        self._keep(contact)
        self._ids.append(contact.record_id)
        self._next_id += 1
        return contact

    def _keep(self, contact: Contact) -> None:
        """Hold a contact from now on; one of a source is about to differ from what the source makes."""
        self._records[contact.record_id] = contact

    def _drop(self, contact: Contact) -> None:
        self._records.pop(contact.record_id, None)
        self._gone.add(contact.record_id)

    def _tell(self, change: ContactChange) -> None:
        if self.listener is not None:
            self.listener(change)
