"""The calls that change one contact (HS 6.2)."""

from typing import Any

from aiohttp import web

from sandbox.hubspot.contacts.contact import Contact
from sandbox.hubspot.contacts.requests import (
    RECORD_ID,
    check_id_property,
    find,
    read_properties,
    refuse_taken,
    seek,
)
from sandbox.hubspot.contacts.view import Asked, describe
from sandbox.hubspot.errors import refuse_contact, refuse_value
from sandbox.hubspot.state import CONTACTS_WRITE
from sandbox.hubspot.wire import Call, Endpoint, paths_of_contacts, reply

NEEDED = ("email", "firstname", "lastname")


def read_new(call: Call, body: dict[str, Any]) -> dict[str, str]:
    """Return the values of a contact that can be made; it needs an email or a name.

    Raises:
        RequestRefusedError: 400 for bad properties, 409 for a taken email.

    """
    values = read_properties(call, body)
    if not any(values.get(name) for name in NEEDED):
        raise refuse_value(f"One of {', '.join(NEEDED)} is required.")
    refuse_taken(call, values)
    return values


def create(call: Call, body: dict[str, Any]) -> Contact:
    """Make a contact; raises as `read_new` does."""
    return call.account.contacts.create(read_new(call, body), call.now)


def change(call: Call, contact: Contact, body: dict[str, Any]) -> None:
    """Set values of a contact; an empty one clears.

    Raises:
        RequestRefusedError: 400 for bad properties, 409 for a taken email.

    """
    values = read_properties(call, body)
    refuse_taken(call, values, besides=contact)
    call.account.contacts.update(contact, values, call.now)


async def create_contact(call: Call) -> web.Response:
    """Create; 201."""
    body = await call.json_object()
    return reply(_show(call, create(call, body), body), status=201)


async def update_contact(call: Call) -> web.Response:
    """Change; an old id of a merged contact works (HS 10.14)."""
    body = await call.json_object()
    contact = find(call, call.part("contact_id"), check_id_property(call, call.request.query.get("idProperty")))
    change(call, contact, body)
    return reply(_show(call, contact, body))


async def archive_contact(call: Call) -> web.Response:
    """Put a contact into the recycle bin."""
    call.account.archive_contact(find(call, call.part("contact_id")), call.now, call.settings)
    return web.Response(status=204)


async def purge_contact(call: Call) -> web.Response:
    """Delete a contact for good, archived or not."""
    body = await call.json_object()
    text = body.get("objectId")
    if not isinstance(text, str):
        raise refuse_value("objectId must be a string.")
    contact = seek(call, text, check_id_property(call, body.get("idProperty")), merged_ids=True)
    if contact is None:
        raise refuse_contact(text, call.settings)
    call.account.purge_contact(contact, call.now, call.settings)
    return web.Response(status=204)


async def merge_contacts(call: Call) -> web.Response:
    """Merge two contacts into a third and answer that."""
    body = await call.json_object()
    primary, other = (_find_merged(call, body, name) for name in ("primaryObjectId", "objectIdToMerge"))
    if primary.record_id == other.record_id:
        raise refuse_value("A contact can't be merged with itself.")
    merged = call.account.merge_contacts(primary, other, call.now, call.settings)
    return reply(describe(call, merged, Asked()))


def _find_merged(call: Call, body: dict[str, Any], name: str) -> Contact:
    text = body.get(name)
    if not isinstance(text, str):
        raise refuse_value(f"{name} must be a string.")
    return find(call, text, RECORD_ID)


def _show(call: Call, contact: Contact, body: dict[str, Any]) -> dict[str, Any]:
    """Show a contact with the properties that the call set."""
    return describe(call, contact, Asked(tuple(body["properties"])))


ENDPOINTS = (
    Endpoint("POST", paths_of_contacts("/gdpr-delete"), purge_contact, CONTACTS_WRITE),
    Endpoint("POST", paths_of_contacts("/merge"), merge_contacts, CONTACTS_WRITE),
    Endpoint("POST", paths_of_contacts(), create_contact, CONTACTS_WRITE),
    Endpoint("PATCH", paths_of_contacts("/{contact_id}"), update_contact, CONTACTS_WRITE),
    Endpoint("DELETE", paths_of_contacts("/{contact_id}"), archive_contact, CONTACTS_WRITE),
)
