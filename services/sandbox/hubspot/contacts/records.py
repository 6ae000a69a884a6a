"""The contacts of one account: creation, archiving, merging (HS 6, HS 10.14)."""

from array import array
from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sandbox.hubspot.contacts.changes import ContactChange, Listener
from sandbox.hubspot.times import to_iso

_FIRST_RECORD_ID: Final = 101


@dataclass(slots=True)
class Contact:
    """One contact record. `properties` holds set values only: an empty string clears (HS 6.2)."""

    record_id: int
    properties: dict[str, str]
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None = None
    merged_ids: tuple[int, ...] = ()

    def value(self, name: str) -> str | None:
        """Return a property's value, computed ones included; None when it has none."""
        match name:
            case "hs_object_id":
                return str(self.record_id)
            case "createdate":
                return to_iso(self.created_at)
            case "lastmodifieddate":
                return to_iso(self.updated_at)
            case "hs_merged_object_ids":
                return ";".join(map(str, self.merged_ids)) or None
            case _:
                return self.properties.get(name)


class Contacts:
    """All contacts of an account by record id, and where merged ids lead."""

    def __init__(self) -> None:
        self._records: dict[int, Contact] = {}
        self._ids = array("q")  # ascending; ids that were merged away stay, so that paging never shifts
        self._survivors: dict[int, int] = {}
        self._next_id = _FIRST_RECORD_ID
        self.listener: Listener | None = None

    def __len__(self) -> int:
        return len(self._records)

    def create(self, properties: dict[str, str], now: datetime) -> Contact:
        """Make a contact with the next record id."""
        contact = self._add(properties, now)
        self._tell(ContactChange("creation", contact.record_id))
        for name, value in contact.properties.items():
            self._tell(ContactChange("propertyChange", contact.record_id, name, value))
        return contact

    def _add(self, properties: dict[str, str], now: datetime) -> Contact:
        values = {name: value for name, value in properties.items() if value}
        contact = Contact(self._next_id, values, created_at=now, updated_at=now)
        self._records[contact.record_id] = contact
        self._ids.append(contact.record_id)
        self._next_id += 1
        return contact

    def get(self, record_id: int) -> Contact | None:
        """Return the contact of exactly this id, archived or not; None for unknown and merged-away ids."""
        return self._records.get(record_id)

    def survivor(self, record_id: int) -> Contact | None:
        """Return the contact that answers for an id after any number of merges."""
        while record_id in self._survivors:
            record_id = self._survivors[record_id]
        return self._records.get(record_id)

    def update(self, contact: Contact, properties: dict[str, str], now: datetime) -> None:
        """Set values; an empty one clears its property."""
        for name, value in properties.items():
            before = contact.properties.get(name, "")
            if value:
                contact.properties[name] = value
            else:
                contact.properties.pop(name, None)
            if value != before:
                self._tell(ContactChange("propertyChange", contact.record_id, name, value))
        contact.updated_at = now

    def archive(self, contact: Contact, now: datetime) -> None:
        """Put a contact into the recycle bin."""
        contact.archived_at = now
        self._tell(ContactChange("deletion", contact.record_id))

    def restore(self, contact: Contact) -> None:
        """Take a contact out of the recycle bin."""
        contact.archived_at = None
        self._tell(ContactChange("restore", contact.record_id))

    def merge(self, primary: Contact, other: Contact, now: datetime) -> Contact:
        """Both contacts become a third with a new id; the primary's values win (HS 10.14)."""
        merged = self._add(other.properties | primary.properties, now)
        merged.merged_ids = (*primary.merged_ids, *other.merged_ids, primary.record_id, other.record_id)
        for old in (primary, other):
            del self._records[old.record_id]
            self._survivors[old.record_id] = merged.record_id
        moved = len(other.properties.keys() - primary.properties.keys())
        ids = (primary.record_id, other.record_id)
        self._tell(ContactChange("merge", merged.record_id, None, "", primary.record_id, ids, moved))
        return merged

    def _tell(self, change: ContactChange) -> None:
        if self.listener is not None:
            self.listener(change)

    def page(self, after: int, limit: int, *, archived: bool) -> list[Contact]:
        """Return up to `limit` contacts with ids above `after`, ascending."""
        page: list[Contact] = []
        for at in range(bisect_right(self._ids, after), len(self._ids)):
            contact = self._records.get(self._ids[at])
            if contact is not None and (contact.archived_at is not None) == archived:
                page.append(contact)
            if len(page) == limit:
                break
        return page
