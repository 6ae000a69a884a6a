"""A contact as HubSpot shows it, alone and in batches (HS 6.1)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sandbox.hubspot.contacts.contact import Contact
from sandbox.hubspot.properties.definitions import ALWAYS_SHOWN, SHOWN_BY_DEFAULT
from sandbox.hubspot.settings import EmptyProperty
from sandbox.hubspot.times import to_iso
from sandbox.hubspot.wire import Call, reply


@dataclass(frozen=True, slots=True)
class Asked:
    """Which properties a call wants to see, and of which their past values too."""

    names: Sequence[str] = ()
    histories: Sequence[str] = ()


def describe(call: Call, contact: Contact, asked: Asked) -> dict[str, Any]:
    """Show a contact; undefined property names are ignored."""
    names = (*asked.names, *ALWAYS_SHOWN) if asked.names else SHOWN_BY_DEFAULT
    values = {name: contact.value(name) for name in names if name in call.account.properties}
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
    if asked.histories:
        shown["propertiesWithHistory"] = _describe_histories(call, contact, asked.histories)
    return shown


def reply_batch(
    call: Call, results: Iterable[dict[str, Any]], errors: Sequence[dict[str, Any]] = (), *, status: int = 200
) -> web.Response:
    """Answer a batch: `status` when all went well, 207 with the errors when some did not (HS 3)."""
    now = to_iso(call.now)
    body: dict[str, Any] = {"status": "COMPLETE", "results": list(results), "startedAt": now, "completedAt": now}
    if not errors:
        return reply(body, status=status)
    return reply(body | {"numErrors": len(errors), "errors": list(errors)}, status=207)


def describe_missing(call: Call, ids: Sequence[str]) -> dict[str, Any]:
    """Return the error entry of a batch for ids that are not there (its form is unconfirmed)."""
    return {
        "status": "error",
        "category": call.settings.not_found_category,
        "message": "Could not get some CONTACT objects, they may be deleted or not exist. Check that ids are valid.",
        "context": {"ids": list(ids)},
        "links": {},
        "errors": [],
    }


def _describe_histories(call: Call, contact: Contact, names: Sequence[str]) -> dict[str, Any]:
    return {
        name: [
            {"value": past.value, "timestamp": to_iso(past.since), "sourceType": "INTEGRATION"}
            for past in contact.history(name)
        ]
        for name in names
        if name in call.account.properties
    }
