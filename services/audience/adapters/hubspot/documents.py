"""From HubSpot's JSON to the port's values. Fields may be missing or unknown; what we can't do without raises."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from audience.adapters.hubspot.answers import Answer, Document
from audience.adapters.hubspot.troubles import UnexpectedAnswerError
from audience.application.hubspot_port import HubSpotList, HubSpotListPage, ListSignals
from audience.domain.contact_lists import CONTACT_OBJECT_TYPE, PROCESSING_TYPES

SIZE = "hs_list_size"
ADDED = "hs_last_record_added_at"
REMOVED = "hs_last_record_removed_at"
MERGED_IDS = "hs_merged_object_ids"


@dataclass(frozen=True, slots=True)
class ContactDocument:
    """One contact of a batch read; `merged_ids` are the ids it answers for beside its own."""

    record_id: str
    properties: Mapping[str, str | None]
    merged_ids: frozenset[str]


def read_search(answer: Answer, *, offset: int) -> HubSpotListPage:
    """Read a page of `lists/search`, leaving out lists that are not of contacts or of an unknown kind (HS 10.9)."""
    found = [read_list(document) for document in _documents(answer, "lists") if is_suitable(document)]
    next_offset = answer.body.get("offset")
    more = answer.body.get("hasMore") is True and isinstance(next_offset, int) and next_offset > offset
    return HubSpotListPage(tuple(found), next_offset if more else None)


def is_suitable(document: Document) -> bool:
    """Whether a list holds contacts and its members can be read."""
    return document.get("objectTypeId") == CONTACT_OBJECT_TYPE and document.get("processingType") in PROCESSING_TYPES


def read_list(document: Document) -> HubSpotList:
    """Read a suitable list; a search carries its signals as additional properties (HS 5.2)."""
    extra = document.get("additionalProperties")
    extra = extra if isinstance(extra, dict) else {}
    size = document.get("size")
    return HubSpotList(
        list_id=str(document["listId"]),
        name=str(document.get("name", "")),
        object_type_id=str(document["objectTypeId"]),
        processing_type=str(document["processingType"]),
        signals=ListSignals(
            member_added_time=_read_milliseconds(extra.get(ADDED)),
            member_removed_time=_read_milliseconds(extra.get(REMOVED)),
            reported_size=size if isinstance(size, int) else _read_count(extra.get(SIZE)),
            settled=document.get("processingStatus", "COMPLETE") == "COMPLETE",
        ),
    )


def read_list_document(answer: Answer) -> Document:
    """Return the `list` of an answer to get-by-id."""
    document = answer.body.get("list")
    if not isinstance(document, dict) or not document.get("listId"):
        raise _lacks("list")
    return document


def read_members(answer: Answer) -> tuple[tuple[str, ...], str | None]:
    """Return the record ids of a membership page and the cursor of the next; never follow `link` (HS 1)."""
    record_ids = tuple(str(member.get("recordId", "")) for member in _documents(answer, "results"))
    if not all(record_ids):
        raise _lacks("recordId")
    paging = answer.body.get("paging")
    following = paging.get("next") if isinstance(paging, dict) else None
    after = following.get("after") if isinstance(following, dict) else None
    return record_ids, str(after) if after else None


def read_contacts(answer: Answer) -> list[ContactDocument]:
    """Return the live contacts of a batch read, in any order."""
    return [_read_contact(document) for document in _documents(answer, "results") if not document.get("archived")]


def failed_in_part(answer: Answer) -> bool:
    """Whether a batch read lacks contacts for another reason than that they are not there (HS 3, 207)."""
    errors = answer.body.get("errors")
    entries = errors if isinstance(errors, list) else []
    return any("NOT_FOUND" not in str(entry.get("category", "")) for entry in entries if isinstance(entry, dict))


def _read_contact(document: Document) -> ContactDocument:
    properties = document.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    merged = re.findall(r"\d+", str(properties.get(MERGED_IDS) or ""))
    return ContactDocument(str(document.get("id", "")), properties, frozenset(merged))


def _documents(answer: Answer, name: str) -> Sequence[dict[str, Any]]:
    entries = answer.body.get(name)
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise _lacks(name)
    return entries


def _lacks(name: str) -> UnexpectedAnswerError:
    return UnexpectedAnswerError(f"the answer lacks {name}")


def _read_milliseconds(value: Any) -> datetime | None:
    count = _read_count(value)
    return None if count is None else datetime.fromtimestamp(count / 1000, tz=UTC)


def _read_count(value: Any) -> int | None:
    """Read a number that travels as a string; as milliseconds, 14 digits end in the year 5138."""
    text = str(value)
    return int(text) if re.fullmatch(r"[0-9]{1,14}", text) else None
