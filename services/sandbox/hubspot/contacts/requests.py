"""What calls on contacts bring: ids, properties and their rules (HS 6.1, 6.2)."""

from collections.abc import Mapping
from typing import Any

from sandbox.hubspot.contacts.contact import Contact
from sandbox.hubspot.contacts.view import Asked
from sandbox.hubspot.errors import refuse_conflict, refuse_contact, refuse_properties, refuse_value
from sandbox.hubspot.properties.definitions import READ_ONLY
from sandbox.hubspot.wire import Call, parse_id

LARGEST_BATCH = 100
LONGEST_VALUE = 65_536
RECORD_ID = "hs_object_id"
EMAIL = "email"


def read_strings(body: Mapping[str, Any], name: str) -> list[str]:
    """Return an array of strings of the body; absent is empty."""
    values = body.get(name) or []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise refuse_value(f"{name} must be an array of strings.")
    return values


def read_asked(body: Mapping[str, Any]) -> Asked:
    """Return which properties a body asks for."""
    return Asked(read_strings(body, "properties"), read_strings(body, "propertiesWithHistory"))


def read_inputs(body: Mapping[str, Any], *, with_ids: bool = True, most: int = LARGEST_BATCH) -> list[dict[str, Any]]:
    """Return the up to `most` inputs of a batch, each with a string `id` unless they are to be created."""
    inputs = body.get("inputs")
    if not isinstance(inputs, list) or not all(isinstance(entry, dict) for entry in inputs):
        raise refuse_value("inputs must be an array of objects.")
    if with_ids and not all(isinstance(entry.get("id"), str) for entry in inputs):
        raise refuse_value("inputs must be an array of objects with an id.")
    if len(inputs) > most:
        raise refuse_value(f"The maximum number of inputs is {most}.")
    return inputs


def check_id_property(call: Call, name: Any) -> str:
    """Return the property that ids are values of: the record id, the email or one with unique values (HS 6.1)."""
    if name in (None, "", RECORD_ID):
        return RECORD_ID
    definition = call.account.properties.get(name) if isinstance(name, str) else None
    if definition is None or not (definition.name == EMAIL or definition.has_unique_value):
        raise refuse_value("idProperty must be email or a property with unique values.")
    return definition.name


def seek(call: Call, text: str, id_property: str, *, merged_ids: bool) -> Contact | None:
    """Return the contact of an id, archived or not; with `merged_ids` an old id answers for the new one."""
    contacts = call.account.contacts
    if id_property != RECORD_ID:
        return contacts.find(id_property, text) or contacts.find(id_property, text, archived=True)
    number = parse_id(text)
    if number is None:
        return None
    return contacts.survivor(number) if merged_ids else contacts.get(number)


def find(call: Call, text: str, id_property: str = RECORD_ID) -> Contact:
    """Return a living contact.

    Raises:
        RequestRefusedError: 404.

    """
    found = seek(call, text, id_property, merged_ids=True)
    if found is None or found.archived_at is not None:
        raise refuse_contact(text, call.settings)
    return found


def read_properties(call: Call, body: Mapping[str, Any]) -> dict[str, str]:
    """Return the values of `properties` as strings.

    Raises:
        RequestRefusedError: 400 naming each property that is unknown or read-only (HS 6.2), or a value too long.

    """
    given = body.get("properties")
    if not isinstance(given, dict):
        raise refuse_value("properties must be an object.")
    unknown = [name for name in given if name not in call.account.properties]
    if unknown:
        raise refuse_properties(unknown, "PROPERTY_DOESNT_EXIST")
    fixed = [name for name in given if name in READ_ONLY]
    if fixed:
        raise refuse_properties(fixed, "READ_ONLY_VALUE")
    return {name: _read_value(name, value) for name, value in given.items()}


def unique_values(call: Call, values: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return name and value of what no two contacts share: the email, and properties with unique values."""
    return [
        (name, value)
        for name, value in values.items()
        if value and (name == EMAIL or call.account.properties[name].has_unique_value)
    ]


def refuse_taken(call: Call, values: Mapping[str, str], *, besides: Contact | None = None) -> None:
    """Refuse an email, or another unique value, that a contact has already (HS 3)."""
    for name, value in unique_values(call, values):
        other = call.account.contacts.find(name, value)
        if other is not None and (besides is None or other.record_id != besides.record_id):
            raise refuse_conflict(other.record_id, call.settings)


def _read_value(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float):
        raise refuse_value(f"{name} must be a string.")
    text = str(value)
    if len(text) > LONGEST_VALUE:
        raise refuse_value(f"{name} holds up to {LONGEST_VALUE} characters.")
    return text
