"""From HubSpot's JSON to the port's values: texts are cleaned, and what we can't do without raises.

Fields may be missing, of other types or unknown. An entry of an offer that can't be read is counted and left out; one
of a membership makes the whole page unreadable.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from audience.adapters.hubspot.answers import Answer, Document
from audience.adapters.hubspot.troubles import UnexpectedAnswerError
from audience.application.hubspot_port import HubSpotList, HubSpotListPage, ListSignals
from audience.domain.contact_lists import CONTACT_OBJECT_TYPE, PROCESSING_TYPES
from kit.names import VENDOR_ID
from kit.text import clean

SIZE = "hs_list_size"
ADDED = "hs_last_record_added_at"
REMOVED = "hs_last_record_removed_at"
MERGED_IDS = "hs_merged_object_ids"

LONGEST_NAME = 500
"""Names are cut to this: a page of them must fit into one answer."""


@dataclass(frozen=True, slots=True)
class ContactDocument:
    """One contact of a batch read; `merged_ids` are the ids it answers for beside its own."""

    record_id: str
    properties: Mapping[str, str | None]
    merged_ids: frozenset[str]


def read_search(answer: Answer, *, offset: int) -> HubSpotListPage:
    """Read a page of `lists/search`, leaving out lists that are not of contacts or of an unknown kind (HS 10.9)."""
    entries = answer.body.get("lists")
    if not isinstance(entries, list):
        raise _lacks("lists")
    suitable = [entry for entry in entries if not isinstance(entry, dict) or is_suitable(entry)]
    found = [read_list(entry) if isinstance(entry, dict) else None for entry in suitable]
    next_offset = _read_integer(answer.body.get("offset"))
    more = answer.body.get("hasMore") is True and next_offset is not None and next_offset > offset
    return HubSpotListPage(
        lists=tuple(known for known in found if known is not None),
        unreadable_count=found.count(None),
        next_offset=next_offset if more else None,
    )


def is_suitable(document: Document) -> bool:
    """Whether a list holds contacts and its members can be read."""
    kind = document.get("processingType")
    return document.get("objectTypeId") == CONTACT_OBJECT_TYPE and isinstance(kind, str) and kind in PROCESSING_TYPES


def read_list(document: Document) -> HubSpotList | None:
    """Read a suitable list; a search carries its signals as additional properties (HS 5.2).

    None where its id is none.
    """
    list_id = str(document.get("listId"))
    if not re.fullmatch(VENDOR_ID, list_id):
        return None
    extra = document.get("additionalProperties")
    extra = extra if isinstance(extra, dict) else {}
    size = _read_integer(document.get("size"))
    status = document.get("processingStatus")
    name = document.get("name")
    return HubSpotList(
        list_id=list_id,
        name=clean(name)[:LONGEST_NAME] if isinstance(name, str) else "",
        object_type_id=str(document["objectTypeId"]),
        processing_type=str(document["processingType"]),
        signals=ListSignals(
            member_added_time=_read_milliseconds(extra.get(ADDED)),
            member_removed_time=_read_milliseconds(extra.get(REMOVED)),
            reported_size=_read_count(extra.get(SIZE)) if size is None else size,
            settled=status == "COMPLETE" if isinstance(status, str) else None,
        ),
    )


def read_object_type(document: Document) -> str:
    """Return what a list holds, as `0-2`; empty where HubSpot says nothing that is an object type (HS 5.2)."""
    object_type = str(document.get("objectTypeId"))
    return object_type if re.fullmatch(r"[0-9]{1,9}-[0-9]{1,12}", object_type) else ""


def read_list_document(answer: Answer) -> Document:
    """Return the `list` of an answer to get-by-id."""
    document = answer.body.get("list")
    if not isinstance(document, dict) or not document.get("listId"):
        raise _lacks("list")
    return document


def read_members(answer: Answer) -> tuple[tuple[str, ...], str | None]:
    """Return the record ids of a membership page and the cursor of the next; never follow `link` (HS 1)."""
    record_ids = tuple(str(member.get("recordId", "")) for member in _documents(answer, "results"))
    # A member that can't be named is not passed over: an exclusion list must not look shorter than it is.
    if not all(re.fullmatch(r"[0-9]{1,19}", record_id) for record_id in record_ids):
        raise _lacks("recordId")
    paging = answer.body.get("paging")
    following = paging.get("next") if isinstance(paging, dict) else None
    after = following.get("after") if isinstance(following, dict) else None
    return record_ids, clean(str(after)) if after else None


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
    values = {name: None if value is None else clean(str(value)) for name, value in properties.items()}
    merged = re.findall(r"[0-9]+", values.get(MERGED_IDS) or "")
    return ContactDocument(clean(str(document.get("id", ""))), values, frozenset(merged))


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


def _read_integer(value: Any) -> int | None:
    """Read a number that travels as one; None where it is none, or none that a column of 64 bits holds."""
    return value if type(value) is int and 0 <= value < 2**63 else None


def _read_count(value: Any) -> int | None:
    """Read a number that travels as a string; as milliseconds, 14 digits end in the year 5138."""
    text = str(value)
    return int(text) if re.fullmatch(r"[0-9]{1,14}", text) else None
