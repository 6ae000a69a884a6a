"""The contacts of one account: creation, archiving, merging, and where merged ids lead (HS 6, HS 10.14)."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Final

from sandbox.hubspot.contacts.changes import ContactChange, Listener
from sandbox.hubspot.contacts.contact import Contact
from sandbox.hubspot.contacts.values import Block, Source, ValueIndex

_FIRST_RECORD_ID: Final = 101


class Contacts:
    """All contacts of an account by record id, and where merged ids lead.

    Those of a `Source` take no room until they are changed, so that millions fit. Ids count up, and those that are
    gone are not used again, so that paging never shifts. `version` counts what changed.
    """

    def __init__(self) -> None:
        self._records: dict[int, Contact] = {}
        self._blocks: list[Block] = []
        self._indexes: dict[str, ValueIndex] = {}
        self._gone: set[int] = set()
        self._survivors: dict[int, int] = {}
        self._next_id = _FIRST_RECORD_ID
        self.version = 0
        self.listener: Listener | None = None

    def __len__(self) -> int:
        return len(self.record_ids) - len(self._gone)

    def __iter__(self) -> Iterator[Contact]:
        """Yield every contact, archived ones too, by record id."""
        for record_id in self.record_ids:
            contact = self.get(record_id)
            if contact is not None:
                yield contact

    @property
    def record_ids(self) -> range:
        """Every id that is or was a contact's."""
        return range(_FIRST_RECORD_ID, self._next_id)

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
        self._blocks.append(Block(added.start, count, source))
        self._next_id = added.stop
        self.version += 1
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

    def is_living(self, record_id: int) -> bool:
        """Whether one of `record_ids` is a contact's that is not archived; quicker than asking the contact."""
        found = self._records.get(record_id)
        return record_id not in self._gone if found is None else found.archived_at is None

    def find(self, name: str, value: str, *, archived: bool = False) -> Contact | None:
        """Return the first contact, living or archived, that holds a value, whatever its case."""
        wanted = value.casefold()
        for record_id in self.may_hold(name, value):
            contact = self.get(record_id)
            if (
                contact is not None
                and (contact.archived_at is not None) == archived
                and (contact.value(name) or "").casefold() == wanted
            ):
                return contact
        return None

    def may_hold(self, name: str, value: str) -> list[int]:
        """Return the ids, ascending, of who may hold a value of a writable property, and of all who do."""
        index = self._indexes.get(name)
        if index is None:
            index = self._indexes[name] = ValueIndex(name)
            for contact in self._records.values():
                index.note(contact)
        index.add_blocks(self._blocks)
        return index.record_ids(value)

    def update(self, contact: Contact, properties: dict[str, str], now: datetime) -> None:
        """Set values; an empty one clears its property."""
        changed = [(name, value) for name, value in properties.items() if contact.change(name, value, now)]
        contact.updated_at = now
        self._keep(contact)
        for name, value in changed:
            self._tell(ContactChange("propertyChange", contact.record_id, name, value))

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
        if archived:
            binned = sorted(found.record_id for found in self._records.values() if found.archived_at is not None)
            return [self._records[record_id] for record_id in binned if record_id > after][:limit]
        rest = range(max(after + 1, _FIRST_RECORD_ID), self._next_id)
        living = (self.get(record_id) for record_id in rest if self.is_living(record_id))
        return [contact for contact in islice(living, limit) if contact is not None]

    def knows(self, record_id: int) -> bool:
        """Whether an id is or was a contact's."""
        return record_id in self.record_ids

    def _add(self, properties: dict[str, str], now: datetime) -> Contact:
        values = {name: value for name, value in properties.items() if value}
        contact = Contact(self._next_id, values, created_at=now, updated_at=now)
        self._keep(contact)
        self._next_id += 1
        return contact

    def _keep(self, contact: Contact) -> None:
        """Hold a contact from now on; one of a source is about to differ from what the source makes."""
        self._records[contact.record_id] = contact
        self.version += 1
        for index in self._indexes.values():
            index.note(contact)

    def _drop(self, contact: Contact) -> None:
        self._records.pop(contact.record_id, None)
        self._gone.add(contact.record_id)
        self.version += 1

    def _tell(self, change: ContactChange) -> None:
        if self.listener is not None:
            self.listener(change)
