"""HubSpot's documents are read as far as they can be, and refused where that would guess."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from audience.adapters.hubspot.answers import Answer
from audience.adapters.hubspot.documents import (
    LONGEST_NAME,
    read_contacts,
    read_list,
    read_members,
    read_object_type,
    read_search,
)
from audience.adapters.hubspot.troubles import UnexpectedAnswerError

LIST = {"listId": "9", "name": "購入者", "objectTypeId": "0-1", "processingType": "MANUAL"}


def test_list_from_search() -> None:
    """A search tells size and times as strings; unknown fields and states do no harm."""
    extra = {"hs_list_size": "12", "hs_last_record_added_at": "1767225600000", "hs_new": "x"}

    found = read_list(LIST | {"additionalProperties": extra, "processingStatus": "REBALANCING", "x": 1})

    assert found is not None
    assert found.signals.reported_size == 12
    assert found.signals.member_added_time == datetime(2026, 1, 1, tzinfo=UTC)
    assert found.signals.member_removed_time is None
    assert not found.signals.settled


@pytest.mark.parametrize("extra", [None, "x", {"hs_list_size": "many", "hs_last_record_added_at": "9" * 15}])
def test_list_without_signals(extra: Any) -> None:
    """Signals that can't be read are absent."""
    found = read_list(LIST | {"additionalProperties": extra, "size": True})

    assert found is not None
    signals = found.signals
    assert (signals.reported_size, signals.member_added_time, signals.settled) == (None, None, None)


@pytest.mark.parametrize("list_id", [None, "", "x", "1/../2", "0", 10**18, {}, "１"])
def test_list_without_a_usable_id(list_id: Any) -> None:
    """A list whose id is no number that names a contact list is not read; others of its page are."""
    body = {"lists": [LIST | {"listId": list_id}, "list", LIST, LIST | {"processingType": []}], "hasMore": False}

    page = read_search(Answer(200, body), offset=0)

    assert read_list(LIST | {"listId": list_id}) is None
    assert [found.list_id for found in page.lists] == ["9"]
    assert page.unreadable_count == 2


def test_text_of_lists() -> None:
    """A name that no store can hold is cleaned, and one without end is cut; what is no name is none."""
    names = [json.loads(r'"half \ud83d"'), "a" * 10_000, {"de": "x"}]
    read = [read_list(LIST | {"name": name}) for name in names]

    assert [found and found.name for found in read] == ["half \N{REPLACEMENT CHARACTER}", "a" * LONGEST_NAME, ""]


@pytest.mark.parametrize(("told", "read"), [("0-2", "0-2"), ("2-12345", "2-12345"), ("contact\0", ""), (None, "")])
def test_object_type(told: Any, read: str) -> None:
    """Only what is an object type passes on to callers."""
    assert read_object_type({"objectTypeId": told}) == read


@pytest.mark.parametrize("offset", [None, "2", 0, True, 2**63, -1])
def test_search_that_does_not_move_on(offset: Any) -> None:
    """A search that says there is more without moving on ends, instead of repeating for ever."""
    page = read_search(Answer(200, {"lists": [LIST], "hasMore": True, "offset": offset}), offset=0)

    assert page.next_offset is None


@pytest.mark.parametrize(
    "body",
    [{}, {"results": {}}, {"results": ["101"]}, {"results": [{"id": "101"}]}, {"results": [{"recordId": "1\0"}]}],
)
def test_broken_membership_page(body: dict[str, Any]) -> None:
    """A page whose members can't be read is refused: the list must not look shorter than it is."""
    with pytest.raises(UnexpectedAnswerError):
        read_members(Answer(200, body))


@pytest.mark.parametrize("paging", [None, "x", {}, {"next": None}, {"next": {"link": "https://x"}}])
def test_last_membership_page(paging: Any) -> None:
    """The end of a walk is the absence of a cursor; a link is not followed."""
    assert read_members(Answer(200, {"results": [], "paging": paging})) == ((), None)


def test_contacts_of_odd_types() -> None:
    """Values that are no texts, and texts that no store can hold, come as texts that any can."""
    half = json.loads(r'"\ud83d"')
    document = {"id": half, "properties": {"line_user_id": 7, "a": half, "b": None, "hs_merged_object_ids": ["1", 2]}}

    (contact,) = read_contacts(Answer(200, {"results": [document]}))

    assert contact.record_id == "\N{REPLACEMENT CHARACTER}"
    assert (contact.properties["line_user_id"], contact.properties["b"]) == ("7", None)
    assert contact.properties["a"] == "\N{REPLACEMENT CHARACTER}"
    assert contact.merged_ids == {"1", "2"}


@pytest.mark.parametrize("merged", ["101;102", "101, 102", "102;101;"])
def test_merged_ids(merged: str) -> None:
    """Merged ids are read however they are separated."""
    properties = {"hs_merged_object_ids": merged}

    (contact,) = read_contacts(Answer(200, {"results": [{"id": "103", "properties": properties}]}))

    assert contact.merged_ids == {"101", "102"}
