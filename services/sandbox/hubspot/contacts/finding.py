"""Which contacts a search finds (HS 6.3): by index or record id where its filters allow, else by asking each."""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sandbox.hubspot.contacts.contact import Contact
from sandbox.hubspot.contacts.filters import Filter, matches_any, to_sortable
from sandbox.hubspot.contacts.records import Contacts
from sandbox.hubspot.properties.definitions import READ_ONLY, PropertyDefinition

_SEARCHED_BY_QUERY = ("firstname", "lastname", "email")
_RECORD_ID = "hs_object_id"
_INDEXED_TYPES = ("string", "phone_number", "enumeration")
_BEYOND = 10**18  # record ids are 64-bit numbers (HS 1)


@dataclass(frozen=True, slots=True)
class Query:
    """What a search asks for; with `as_of` it sees contacts as they were then."""

    groups: Sequence[Sequence[Filter]]
    words: Sequence[str]
    sort: tuple[PropertyDefinition, bool] | None
    as_of: datetime | None

    def see(self, contact: Contact) -> Contact | None:
        """Return a contact as the search sees it; None when it did not yet exist."""
        if self.as_of is None:
            return contact
        return contact.as_of(self.as_of) if contact.created_at <= self.as_of else None


class Finder:
    """Finds contacts of one account. The last answer is kept, as ids, for the pages that follow the first."""

    def __init__(self) -> None:
        self._last: tuple[int, Query, Sequence[int]] | None = None

    def find(self, contacts: Contacts, query: Query) -> Sequence[int]:
        """Return the record ids of living contacts that match, oldest first unless sorted."""
        if self._last is None or self._last[:2] != (contacts.version, query):
            self._last = contacts.version, query, _sort(contacts, query, _find(contacts, query))
        return self._last[2]


def _find(contacts: Contacts, query: Query) -> "array[int]":
    record_ids, groups = _narrow(contacts, query.groups)
    if not groups and not query.words and query.as_of is None:
        return array("q", filter(contacts.is_living, record_ids))
    found = array("q")
    for record_id in record_ids:
        contact = contacts.get(record_id)
        if contact is None or contact.archived_at is not None:
            continue
        seen = query.see(contact)
        if seen is not None and matches_any(groups, seen) and _holds_words(seen, query.words):
            found.append(record_id)
    return found


def _narrow(contacts: Contacts, groups: Sequence[Sequence[Filter]]) -> tuple[Iterable[int], Sequence[Sequence[Filter]]]:
    """Return who may be found, ascending, and the filters that are still to be asked."""
    if len(groups) == 1:
        record_ids, left = _narrow_group(contacts, groups[0])
        return record_ids, [left] if left else []
    if not groups or not all(groups):
        return contacts.record_ids, []
    narrowed = [_narrow_group(contacts, group)[0] for group in groups]
    if contacts.record_ids in narrowed:
        return contacts.record_ids, groups
    return sorted(set().union(*narrowed)), groups


def _narrow_group(contacts: Contacts, group: Sequence[Filter]) -> tuple[Sequence[int], Sequence[Filter]]:
    record_ids = contacts.record_ids
    left: list[Filter] = []
    for one in group:
        span = _read_span(one)
        if span is None:
            left.append(one)
        else:
            record_ids = range(max(record_ids.start, span.start), min(record_ids.stop, span.stop))
    for one in left:
        if one.definition.type in _INDEXED_TYPES and one.definition.name not in READ_ONLY and one.wanted is not None:
            held = {record_id for value in one.wanted for record_id in contacts.may_hold(one.definition.name, value)}
            return sorted(record_id for record_id in held if record_id in record_ids), left
    return record_ids, left


def _read_span(one: Filter) -> range | None:
    """Return the record ids that a filter on them finds, when it is one with whole numbers."""
    texts = (one.value, one.high_value or "0")
    if one.definition.name != _RECORD_ID or not all(text.isascii() and text.isdigit() for text in texts):
        return None
    low, high = (int(text) for text in texts)
    spans = {
        "EQ": range(low, low + 1),
        "GT": range(low + 1, _BEYOND),
        "GTE": range(low, _BEYOND),
        "LT": range(low),
        "LTE": range(low + 1),
        "BETWEEN": range(low, high + 1),
    }
    return spans.get(one.operator)


def _sort(contacts: Contacts, query: Query, found: "array[int]") -> Sequence[int]:
    if query.sort is None:
        return found
    definition, descending = query.sort
    if definition.name == _RECORD_ID:
        return found[::-1] if descending else found

    def key(record_id: int) -> tuple[int, float, str]:
        contact = contacts.get(record_id)
        return _sort_key(definition, contact and query.see(contact))

    return array("q", sorted(found, key=key, reverse=descending))


def _holds_words(contact: Contact, words: Sequence[str]) -> bool:
    if not words:
        return True
    text = " ".join(contact.value(name) or "" for name in _SEARCHED_BY_QUERY).casefold()
    return all(word in text for word in words)


def _sort_key(definition: PropertyDefinition, contact: Contact | None) -> tuple[int, float, str]:
    """Order numbers before texts, and contacts without a value last."""
    held = None if contact is None else contact.value(definition.name)
    if held is None:
        return 2, 0.0, ""
    key = to_sortable(definition, held)
    return (0, key, "") if isinstance(key, float) else (1, 0.0, key)
