"""HubSpot's documents are read as far as they can be, and refused where that would guess."""

from datetime import UTC, datetime
from typing import Any

import pytest

from audience.adapters.hubspot.answers import Answer
from audience.adapters.hubspot.documents import read_contacts, read_list, read_members, read_search
from audience.adapters.hubspot.troubles import UnexpectedAnswerError

LIST = {"listId": "9", "name": "購入者", "objectTypeId": "0-1", "processingType": "MANUAL"}


def test_list_from_search() -> None:
    """A search tells size and times as strings; unknown fields and states do no harm."""
    extra = {"hs_list_size": "12", "hs_last_record_added_at": "1767225600000", "hs_new": "x"}

    found = read_list(LIST | {"additionalProperties": extra, "processingStatus": "REBALANCING", "x": 1})

    assert found.signals.reported_size == 12
    assert found.signals.member_added_time == datetime(2026, 1, 1, tzinfo=UTC)
    assert found.signals.member_removed_time is None
    assert not found.signals.settled


@pytest.mark.parametrize("extra", [None, "x", {"hs_list_size": "many", "hs_last_record_added_at": "9" * 15}])
def test_list_without_signals(extra: Any) -> None:
    """Signals that can't be read are absent."""
    signals = read_list(LIST | {"additionalProperties": extra}).signals

    assert (signals.reported_size, signals.member_added_time, signals.settled) == (None, None, True)


@pytest.mark.parametrize("offset", [None, "2", 0])
def test_search_that_does_not_move_on(offset: Any) -> None:
    """A search that says there is more without moving on ends, instead of repeating for ever."""
    page = read_search(Answer(200, {"lists": [LIST], "hasMore": True, "offset": offset}), offset=0)

    assert page.next_offset is None


@pytest.mark.parametrize("body", [{}, {"results": {}}, {"results": ["101"]}, {"results": [{"id": "101"}]}])
def test_broken_membership_page(body: dict[str, Any]) -> None:
    """A page whose members can't be read is refused: the list must not look shorter than it is."""
    with pytest.raises(UnexpectedAnswerError):
        read_members(Answer(200, body))


@pytest.mark.parametrize("paging", [None, "x", {}, {"next": None}, {"next": {"link": "https://x"}}])
def test_last_membership_page(paging: Any) -> None:
    """The end of a walk is the absence of a cursor; a link is not followed."""
    assert read_members(Answer(200, {"results": [], "paging": paging})) == ((), None)


@pytest.mark.parametrize("merged", ["101;102", "101, 102", "102;101;"])
def test_merged_ids(merged: str) -> None:
    """Merged ids are read however they are separated."""
    properties = {"hs_merged_object_ids": merged}

    (contact,) = read_contacts(Answer(200, {"results": [{"id": "103", "properties": properties}]}))

    assert contact.merged_ids == {"101", "102"}
