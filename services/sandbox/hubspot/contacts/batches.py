"""The calls that change up to 100 contacts (HS 6.2): 207 where some inputs fail and the others can go on."""

from collections.abc import Callable, Sequence
from typing import Any

from aiohttp import web

from sandbox.hubspot.contacts.contact import Contact
from sandbox.hubspot.contacts.requests import (
    EMAIL,
    RECORD_ID,
    check_id_property,
    read_inputs,
    read_properties,
    refuse_taken,
    seek,
    unique_values,
)
from sandbox.hubspot.contacts.view import Asked, describe, describe_missing, reply_batch
from sandbox.hubspot.contacts.writing import change, create, read_new
from sandbox.hubspot.errors import RequestRefusedError, refuse_contact, refuse_value
from sandbox.hubspot.state import CONTACTS_WRITE
from sandbox.hubspot.wire import Call, Endpoint, paths_of_contacts

_TRACE = "objectWriteTraceId"


async def create_contacts(call: Call) -> web.Response:
    """Create; a bad input fails all, unless every input has an `objectWriteTraceId`."""
    inputs = read_inputs(await call.json_object(), with_ids=False)
    partial = all(isinstance(entry.get(_TRACE), str) for entry in inputs)
    if not partial:
        _refuse_shared(call, [(number, read_new(call, entry)) for number, entry in enumerate(inputs)])
    return _run(call, inputs, partial=partial, act=lambda entry: _show(call, create(call, entry), entry), status=201)


async def update_contacts(call: Call) -> web.Response:
    """Change; old ids of merged contacts do not work here (HS 10.14)."""
    inputs = read_inputs(await call.json_object())

    def update(entry: dict[str, Any]) -> dict[str, Any]:
        contact = _find(call, entry)
        if contact is None:
            raise refuse_contact(entry["id"], call.settings)
        change(call, contact, entry)
        return _show(call, contact, entry)

    return _run(call, inputs, partial=True, act=update)


async def upsert_contacts(call: Call) -> web.Response:
    """Change or create by a unique value; by `email` a bad input fails all."""
    inputs = read_inputs(await call.json_object())
    names = {check_id_property(call, entry.get("idProperty")) for entry in inputs}
    if len(names) > 1 or RECORD_ID in names:
        raise refuse_value("idProperty must be the same unique property for all inputs.")
    partial = EMAIL not in names
    if not partial:
        _refuse_shared(call, [(entry["id"].casefold(), _read_upsert(call, entry)) for entry in inputs])

    def upsert(entry: dict[str, Any]) -> dict[str, Any]:
        contact = _find(call, entry)
        if contact is None:
            values = _read_upsert(call, entry)
            made = call.account.contacts.create(values, call.now)
            return describe(call, made, Asked(tuple(values))) | {"new": True}
        change(call, contact, entry)
        return _show(call, contact, entry) | {"new": False}

    return _run(call, inputs, partial=partial, act=upsert)


async def archive_contacts(call: Call) -> web.Response:
    """Put contacts into the recycle bin; unknown ids are passed over."""
    for entry in read_inputs(await call.json_object()):
        contact = _find(call, entry)
        if contact is not None:
            call.account.archive_contact(contact, call.now, call.settings)
    return web.Response(status=204)


def _run(
    call: Call,
    inputs: Sequence[dict[str, Any]],
    *,
    partial: bool,
    act: Callable[[dict[str, Any]], dict[str, Any]],
    status: int = 200,
) -> web.Response:
    """Act on each input; what is refused is an error of the 207, or of the whole when it can't be partial."""
    results: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for entry in inputs:
        try:
            results.append(act(entry) | ({_TRACE: entry[_TRACE]} if isinstance(entry.get(_TRACE), str) else {}))
        except RequestRefusedError as refused:
            if not partial:
                raise
            errors.append(_describe_error(call, entry, refused))
    return reply_batch(call, results, errors, status=status)


def _refuse_shared(call: Call, inputs: Sequence[tuple[int | str, dict[str, str]]]) -> None:
    """Refuse a batch in which two contacts, each named by what stands before its values, would share a unique one."""
    owners: dict[tuple[str, str], int | str] = {}
    for owner, values in inputs:
        for name, value in unique_values(call, values):
            if owners.setdefault((name, value.casefold()), owner) != owner:
                raise refuse_value(f"{name}: two inputs have the same value.")


def _read_upsert(call: Call, entry: dict[str, Any]) -> dict[str, str]:
    """Return the values of an input, the unique one that names it among them, if they can be written."""
    values = read_properties(call, {"properties": _name(entry)})
    refuse_taken(call, values, besides=_find(call, entry))
    return values


def _find(call: Call, entry: dict[str, Any]) -> Contact | None:
    name = check_id_property(call, entry.get("idProperty"))
    contact = seek(call, entry["id"], name, merged_ids=False)
    return contact if contact is not None and contact.archived_at is None else None


def _name(entry: dict[str, Any]) -> Any:
    """Return the properties of an input with the unique value that names it."""
    given = entry.get("properties")
    return {entry["idProperty"]: entry["id"], **given} if isinstance(given, dict) else given


def _describe_error(call: Call, entry: dict[str, Any], refused: RequestRefusedError) -> dict[str, Any]:
    if refused.failure.status == 404:  # noqa: PLR2004 - not found
        return describe_missing(call, [str(entry.get("id"))])
    context = {"ids": [entry["id"]]} if isinstance(entry.get("id"), str) else {}
    if isinstance(entry.get(_TRACE), str):
        context[_TRACE] = [entry[_TRACE]]
    return {"links": {}, "errors": [], **refused.failure.body, "context": context}


def _show(call: Call, contact: Contact, entry: dict[str, Any]) -> dict[str, Any]:
    return describe(call, contact, Asked(tuple(entry["properties"])))


ENDPOINTS = (
    Endpoint("POST", paths_of_contacts("/batch/create"), create_contacts, CONTACTS_WRITE),
    Endpoint("POST", paths_of_contacts("/batch/update"), update_contacts, CONTACTS_WRITE),
    Endpoint("POST", paths_of_contacts("/batch/upsert"), upsert_contacts, CONTACTS_WRITE),
    Endpoint("POST", paths_of_contacts("/batch/archive"), archive_contacts, CONTACTS_WRITE),
)
