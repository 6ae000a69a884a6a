"""One HubSpot account: its contacts, lists and properties, and the rules that tie them together."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from random import Random
from typing import Any

from sandbox.hubspot.contacts.contact import Contact
from sandbox.hubspot.contacts.finding import Finder
from sandbox.hubspot.contacts.records import Contacts
from sandbox.hubspot.limits import DayCount, RollingWindow
from sandbox.hubspot.lists.record import CONTACTS, DYNAMIC, Change, ListRecord
from sandbox.hubspot.preferences.preferences import Preferences
from sandbox.hubspot.properties.definitions import PropertyDefinition, define_standard_properties
from sandbox.hubspot.settings import HubSpotSettings

_LEGACY_OFFSET = 3


class Account:
    """Everything one customer of HubSpot owns, and the two limits that all its apps share (HS 4.1)."""

    def __init__(self, hub_id: int, *, opened_at: datetime) -> None:
        self.hub_id = hub_id
        self.opened_at = opened_at
        self.preferences = Preferences()
        self.contacts = Contacts()
        self.finder = Finder()
        self.properties = define_standard_properties()
        self.lists: dict[int, ListRecord] = {}
        self.day = DayCount()
        self.searches = RollingWindow()
        self._next_list_id = 1
        self._strays: dict[int, int] = {}

    def define_property(self, definition: PropertyDefinition) -> None:
        """Define a contact property, or define it anew."""
        self.properties[definition.name] = definition

    def create_list(
        self,
        name: str,
        now: datetime,
        *,
        object_type_id: str = CONTACTS,
        processing_type: str = "MANUAL",
        filter_branch: dict[str, Any] | None = None,
    ) -> ListRecord:
        """Make a list without members. Names are unique in the account, whatever the case (HS 5.1).

        Raises:
            ValueError: the name is taken.

        """
        if self.has_list_named(name):
            raise ValueError(f"a list of the name {name!r} exists already")
        record = ListRecord(
            self._next_list_id,
            name,
            object_type_id,
            processing_type,
            created_at=now,
            updated_at=now,
            filter_branch=filter_branch,
            filters_updated_at=now if processing_type == DYNAMIC else None,
        )
        self.lists[record.list_id] = record
        self._next_list_id += 1
        return record

    def has_list_named(self, name: str, *, besides: ListRecord | None = None) -> bool:
        """Whether a living list has a name, whatever the case."""
        return any(record is not besides and record.name.casefold() == name.casefold() for record in self._live_lists())

    def list_of_legacy_id(self, legacy_id: int) -> int | None:
        """Return the ILS id of a legacy id: an unrelated number that may be another list's (HS 5.3)."""
        list_id = legacy_id - _LEGACY_OFFSET
        return list_id if list_id in self.lists else None

    def archive_contact(self, contact: Contact, now: datetime, settings: HubSpotSettings) -> None:
        """Put a contact into the recycle bin; a switch says whether lists keep it."""
        self.contacts.archive(contact, now)
        if not settings.archived_stay_members:
            self._replace_everywhere((contact.record_id,), None, now, settings)

    def purge_contact(self, contact: Contact, now: datetime, settings: HubSpotSettings) -> None:
        """Delete a contact for good; no list keeps it."""
        self.contacts.purge(contact)
        self._replace_everywhere((contact.record_id,), None, now, settings)

    def merge_contacts(self, primary: Contact, other: Contact, now: datetime, settings: HubSpotSettings) -> Contact:
        """Merge two contacts into a third, which joins every list that holds one of them (HS 10.14)."""
        merged = self.contacts.merge(primary, other, now)
        self._replace_everywhere((primary.record_id, other.record_id), merged.record_id, now, settings)
        return merged

    def churn(self, record: ListRecord, now: datetime, random: Random, settings: HubSpotSettings) -> None:
        """Let one member leave, or the one that left before come back (HS 10.3)."""
        stray = self._strays.pop(record.list_id, None)
        if stray is not None:
            record.change(Change(add=(stray,)), now, settings)
        elif len(record.members):
            stray = random.choice(record.members.record_ids)
            self._strays[record.list_id] = stray
            record.change(Change(remove=(stray,)), now, settings)

    def _replace_everywhere(
        self, old: tuple[int, ...], new: int | None, now: datetime, settings: HubSpotSettings
    ) -> None:
        leaves = old if new is None or not settings.merged_stay_members else ()
        joins = () if new is None else (new,)
        for record in self._contact_lists():
            if any(record_id in record.members for record_id in old):
                record.change(Change(add=joins, remove=leaves), now, settings)

    def _contact_lists(self) -> Iterator[ListRecord]:
        return (record for record in self.lists.values() if record.object_type_id == CONTACTS)

    def _live_lists(self) -> Iterable[ListRecord]:
        return (record for record in self.lists.values() if record.deleted_at is None)
