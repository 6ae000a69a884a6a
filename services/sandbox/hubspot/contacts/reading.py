"""The calls that read contacts (HS 6.1, 6.2)."""

from typing import Any

from aiohttp import web

from sandbox.hubspot.contacts.contact import Contact
from sandbox.hubspot.contacts.requests import check_id_property, read_asked, read_inputs, seek
from sandbox.hubspot.contacts.view import Asked, describe, describe_missing, reply_batch
from sandbox.hubspot.errors import refuse_contact, refuse_value
from sandbox.hubspot.settings import MissingIds
from sandbox.hubspot.state import CONTACTS_READ
from sandbox.hubspot.wire import Call, Endpoint, paths_of_contacts, reply

_DEFAULT_PAGE = 10
_LARGEST_PAGE = 100


async def get_contact(call: Call) -> web.Response:
    """Answer one contact by record id, email or a unique value; an old id answers for the merged contact."""
    name = check_id_property(call, call.request.query.get("idProperty"))
    contact = seek(call, call.part("contact_id"), name, merged_ids=True)
    if contact is None or (contact.archived_at is not None) != call.flag("archived"):
        raise refuse_contact(call.part("contact_id"), call.settings)
    return reply(describe(call, contact, _read_asked(call)))


async def get_contacts(call: Call) -> web.Response:
    """Answer a page of contacts by record id; `after` is the id of the last contact seen (HS 6.2)."""
    limit = call.integer("limit", _DEFAULT_PAGE)
    asked = _read_asked(call)
    most = call.settings.history_page_limit if asked.histories else _LARGEST_PAGE
    if not 1 <= limit <= most:
        raise refuse_value(f"limit must be between 1 and {most}.")
    found = call.account.contacts.page(call.integer("after", 0), limit + 1, archived=call.flag("archived"))
    body: dict[str, Any] = {"results": [describe(call, contact, asked) for contact in found[:limit]]}
    if len(found) > limit:
        after = str(found[limit - 1].record_id)
        body["paging"] = {"next": {"after": after, "link": str(call.request.url.update_query(after=after))}}
    return reply(body)


async def read_contacts(call: Call) -> web.Response:
    """Answer up to 100 contacts, in no promised order; 207 when some are missing (HS 6.1)."""
    body = await call.json_object()
    asked, name = read_asked(body), check_id_property(call, body.get("idProperty"))
    archived = call.flag("archived")
    found: dict[int, Contact] = {}
    missing: list[str] = []
    for text in dict.fromkeys(entry["id"] for entry in read_inputs(body)):
        contact = seek(call, text, name, merged_ids=call.settings.merged_ids_readable)
        if contact is None or (contact.archived_at is not None) != archived:
            missing.append(text)
        else:
            found[contact.record_id] = contact
    results = [describe(call, contact, asked) for contact in found.values()]
    is_partial = missing and call.settings.missing_ids is MissingIds.PARTIAL
    return reply_batch(call, results, [describe_missing(call, missing)] if is_partial else ())


def _read_asked(call: Call) -> Asked:
    return Asked(call.values("properties"), call.values("propertiesWithHistory"))


ENDPOINTS = (
    Endpoint("POST", paths_of_contacts("/batch/read"), read_contacts, CONTACTS_READ),
    Endpoint("GET", paths_of_contacts(), get_contacts, CONTACTS_READ),
    Endpoint("GET", paths_of_contacts("/{contact_id}"), get_contact, CONTACTS_READ),
)
