"""The calls that read contacts (HS 6)."""

from collections.abc import Iterable, Sequence
from typing import Any

from aiohttp import web

from sandbox.hubspot.contacts.records import Contact
from sandbox.hubspot.errors import refuse_value
from sandbox.hubspot.properties.definitions import ALWAYS_SHOWN, SHOWN_BY_DEFAULT
from sandbox.hubspot.settings import EmptyProperty, MissingIds
from sandbox.hubspot.state import CONTACTS_READ
from sandbox.hubspot.times import to_iso
from sandbox.hubspot.wire import Call, Endpoint, parse_id, paths_of_contacts, reply

_LARGEST_BATCH = 100
_DEFAULT_PAGE = 10
_LARGEST_PAGE = 100


async def get_contacts(call: Call) -> web.Response:
    """Answer a page of contacts by record id; `after` is the id of the last contact seen (HS 6.2)."""
    limit = call.integer("limit", _DEFAULT_PAGE)
    if not 1 <= limit <= _LARGEST_PAGE:
        raise refuse_value(f"limit must be between 1 and {_LARGEST_PAGE}.")
    found = call.account.contacts.page(call.integer("after", 0), limit + 1, archived=call.flag("archived"))
    names = call.values("properties")
    body: dict[str, Any] = {"results": [_describe(call, contact, names) for contact in found[:limit]]}
    if len(found) > limit:
        after = str(found[limit - 1].record_id)
        body["paging"] = {"next": {"after": after, "link": str(call.request.url.update_query(after=after))}}
    return reply(body)


async def read_contacts(call: Call) -> web.Response:
    """Answer up to 100 contacts by record id, in no promised order; 207 when some are missing (HS 6.1)."""
    body = await call.json_object()
    names = _strings(body, "properties")
    record_ids = _input_ids(body)
    archived = call.flag("archived")
    found: dict[int, Contact] = {}
    missing: list[str] = []
    for record_id in dict.fromkeys(record_ids):
        contact = _seek(call, record_id)
        if contact is None or (contact.archived_at is not None) != archived:
            missing.append(record_id)
        else:
            found[contact.record_id] = contact
    return _reply_batch(call, [_describe(call, contact, names) for contact in found.values()], missing)


def _reply_batch(call: Call, results: Sequence[dict[str, Any]], missing: list[str]) -> web.Response:
    now = to_iso(call.now)
    answer: dict[str, Any] = {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}
    if not missing or call.settings.missing_ids is MissingIds.SILENT:
        return reply(answer)
    error = {
        "status": "error",
        "category": call.settings.not_found_category,
        "message": "Could not get some CONTACT objects, they may be deleted or not exist. Check that ids are valid.",
        "context": {"ids": missing},
    }
    return reply(answer | {"numErrors": 1, "errors": [error]}, status=207)


def _seek(call: Call, record_id: str) -> Contact | None:
    number, contacts = parse_id(record_id), call.account.contacts
    if number is None:
        return None
    return contacts.survivor(number) if call.settings.merged_ids_readable else contacts.get(number)


def _input_ids(body: dict[str, Any]) -> list[str]:
    inputs = body.get("inputs")
    if not isinstance(inputs, list) or not all(isinstance(i, dict) and isinstance(i.get("id"), str) for i in inputs):
        raise refuse_value("inputs must be an array of objects with an id.")
    if len(inputs) > _LARGEST_BATCH:
        raise refuse_value(f"The maximum number of inputs is {_LARGEST_BATCH}.")
    if body.get("idProperty") not in (None, "hs_object_id"):
        raise refuse_value("The sandbox reads contacts by record id only.")
    return [entry["id"] for entry in inputs]


def _strings(body: dict[str, Any], name: str) -> list[str]:
    values = body.get(name) or []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise refuse_value(f"{name} must be an array of strings.")
    return values


def _describe(call: Call, contact: Contact, names: Iterable[str]) -> dict[str, Any]:
    """Show a contact as in HS 6.1; undefined property names are ignored."""
    asked = (*names, *ALWAYS_SHOWN) if names else SHOWN_BY_DEFAULT
    values = {name: contact.value(name) for name in asked if name in call.account.properties}
    if call.settings.empty_property is EmptyProperty.ABSENT:
        values = {name: value for name, value in values.items() if value is not None}
    shown: dict[str, Any] = {
        "id": str(contact.record_id),
        "properties": values,
        "createdAt": to_iso(contact.created_at),
        "updatedAt": to_iso(contact.updated_at),
        "archived": contact.archived_at is not None,
    }
    if contact.archived_at:
        shown["archivedAt"] = to_iso(contact.archived_at)
    return shown


ENDPOINTS = (
    Endpoint("GET", paths_of_contacts(), get_contacts, CONTACTS_READ),
    Endpoint("POST", paths_of_contacts("/batch/read"), read_contacts, CONTACTS_READ),
)
