"""What a search finds by index and record id is what asking every contact finds."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sandbox.hubspot.contacts.filters import matches_any, read_groups
from sandbox.hubspot.contacts.finding import Finder, Query
from sandbox.hubspot.contacts.generated import ContactShares, GeneratedContacts
from sandbox.hubspot.contacts.records import Contacts
from sandbox.hubspot.properties.definitions import PropertyDefinition, define_standard_properties

START = datetime(2026, 11, 24, tzinfo=UTC)
DEFINITIONS = {**define_standard_properties(), "line_user_id": PropertyDefinition("line_user_id", "LINE")}
SOURCE = GeneratedContacts(7, 7, "provider-1", 40, "line_user_id", START, ContactShares(duplicate=0.2))
LINE_IDS = [SOURCE.line_id(number) or "U" for number in range(4)]
TEXTS = ["customer0000003@example.test", "CUSTOMER0000050@example.test", "蓮", "new", "", *LINE_IDS]
NUMBERS = ["0", "101", "130", "00135", "1000000000000000000000", "x", "131.5"]

by_value = st.builds(
    lambda name, operator, text: {
        "propertyName": name,
        "operator": operator,
        "value": text,
        "values": [text.lower(), "new"],
        "highValue": "z",
    },
    st.sampled_from(["email", "firstname", "line_user_id"]),
    st.sampled_from(["EQ", "NEQ", "IN", "NOT_IN", "HAS_PROPERTY", "GT"]),
    st.sampled_from(TEXTS),
)
by_id = st.builds(
    lambda operator, low, high: {
        "propertyName": "hs_object_id",
        "operator": operator,
        "value": low,
        "values": [low],
        "highValue": high,
    },
    st.sampled_from(["EQ", "NEQ", "LT", "LTE", "GT", "GTE", "BETWEEN", "IN"]),
    st.sampled_from(NUMBERS),
    st.sampled_from(NUMBERS),
)
groups = st.lists(st.lists(by_value | by_id, max_size=3).map(lambda filters: {"filters": filters}), max_size=3)


def make_contacts() -> Contacts:
    """Return two generated blocks and some contacts that were made, changed, archived, merged and purged."""
    contacts = Contacts()
    contacts.add_source(SOURCE, 40)
    contacts.create({"email": "new", "firstname": "new", "line_user_id": LINE_IDS[1].upper()}, START)
    contacts.add_source(SOURCE, 10)
    change(contacts, START)
    return contacts


def change(contacts: Contacts, now: datetime) -> None:
    """Let things happen to the first contacts that are left."""
    first = contacts.page(0, 5, archived=False)
    contacts.update(first[0], {"email": "", "firstname": "new"}, now)
    contacts.archive(first[1], now)
    contacts.purge(first[2])
    contacts.merge(first[3], first[4], now)


def ask_each(contacts: Contacts, query: Query) -> list[int]:
    """Find as a search without any index would."""
    seen = [query.see(contact) for contact in contacts if contact.archived_at is None]
    return [contact.record_id for contact in seen if contact is not None and matches_any(query.groups, contact)]


def make_query(body: Mapping[str, Any], *, as_of: datetime | None = None) -> Query:
    """Return the query of filter groups."""
    return Query(read_groups(body, DEFINITIONS), (), None, as_of)


@given(groups, st.sampled_from([None, START - timedelta(days=100), START, START + timedelta(seconds=1)]))
def test_an_index_finds_what_asking_finds(asked: list[dict[str, Any]], as_of: datetime | None) -> None:
    """Every combination of filters finds the same, before and after changes, at any delay."""
    contacts, finder = make_contacts(), Finder()
    query = make_query({"filterGroups": asked}, as_of=as_of)
    before = list(finder.find(contacts, query)), ask_each(contacts, query)
    change(contacts, START + timedelta(seconds=1))
    after = list(finder.find(contacts, query)), ask_each(contacts, query)

    assert before[0] == before[1]
    assert after[0] == after[1]


@given(st.integers(0, 10_000), st.sampled_from(["email", "firstname", "lastname", "line_user_id", "nothing"]))
def test_a_value_is_what_the_contact_holds(number: int, name: str) -> None:
    """A source answers a value without making the contact, and the number of an email."""
    held = SOURCE.make(number, 1).value(name)

    assert SOURCE.value(number, name) == held
    assert SOURCE.numbers(name, held or "") in (None, (number,))


def test_a_value_of_many() -> None:
    """All holders of a value are found, of each block and of those written since."""
    contacts = make_contacts()
    filters = [{"propertyName": "firstname", "operator": "EQ", "value": "蓮"}]
    query = make_query({"filterGroups": [{"filters": filters}]})
    found = list(Finder().find(contacts, query))

    assert found == ask_each(contacts, query)
    assert {record_id < 141 for record_id in found} == {True, False}
    assert len(found) == 5


def test_sorts() -> None:
    """One rule orders by value, by number for record ids, either way."""
    contacts = make_contacts()

    def find(name: str, *, descending: bool) -> list[int]:
        return list(Finder().find(contacts, Query((), (), (DEFINITIONS[name], descending), None)))

    emails = [
        contact.value("email") or "~" for number in find("email", descending=False) if (contact := contacts.get(number))
    ]

    assert emails == sorted(emails)
    assert find("hs_object_id", descending=True) == find("hs_object_id", descending=False)[::-1]
