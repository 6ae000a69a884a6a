"""The calls on contact property definitions (HS 6.2, 6.4)."""

from aiohttp import web

from sandbox.hubspot.errors import refuse_duplicate_property, refuse_property, refuse_value
from sandbox.hubspot.properties.definitions import MOST_UNIQUE, PropertyDefinition, is_property_name
from sandbox.hubspot.state import SCHEMAS_READ, SCHEMAS_WRITE
from sandbox.hubspot.wire import Call, Endpoint, paths_of, reply

TYPES = ("string", "number", "date", "datetime", "enumeration", "bool", "phone_number")


async def get_properties(call: Call) -> web.Response:
    """Answer all definitions, archived ones on request only."""
    archived = call.flag("archived")
    shown = [definition for definition in call.account.properties.values() if definition.archived == archived]
    return reply({"results": [definition.to_json() for definition in shown]})


async def get_property(call: Call) -> web.Response:
    """Answer one definition by its internal name."""
    definition = call.account.properties.get(call.part("name"))
    if definition is None or definition.archived != call.flag("archived"):
        raise refuse_property(call.part("name"), call.settings)
    return reply(definition.to_json())


async def create_property(call: Call) -> web.Response:
    """Define a property; at most 10 of an object have unique values (HS 6.4)."""
    body = await call.json_object()
    if not is_property_name(body.get("name")):
        raise refuse_value("name must be lower-case letters, digits and underscores.")
    texts = {name: body.get(name) for name in ("label", "type", "fieldType", "groupName")}
    if not all(isinstance(text, str) and text for text in texts.values()):
        raise refuse_value("label, type, fieldType and groupName are required.")
    if texts["type"] not in TYPES:
        raise refuse_value(f"type must be one of {', '.join(TYPES)}.")
    options = body.get("options") or []
    if not isinstance(options, list) or not all(isinstance(option, dict) for option in options):
        raise refuse_value("options must be an array of objects.")
    unique = body.get("hasUniqueValue") is True
    defined = call.account.properties
    if unique and sum(other.has_unique_value for other in defined.values()) >= MOST_UNIQUE:
        raise refuse_value(f"At most {MOST_UNIQUE} properties have unique values.")
    if body["name"] in defined:
        raise refuse_duplicate_property(body["name"], call.settings)
    definition = PropertyDefinition(
        body["name"],
        label=str(texts["label"]),
        type=str(texts["type"]),
        field_type=str(texts["fieldType"]),
        group_name=str(texts["groupName"]),
        has_unique_value=unique,
        description=str(body.get("description") or ""),
        options=tuple(options),
    )
    call.account.define_property(definition)
    return reply(definition.to_json(), status=201)


_CONTACTS = "/{object_type:contacts|0-1}"
ENDPOINTS = (
    Endpoint("GET", paths_of("properties", _CONTACTS), get_properties, SCHEMAS_READ),
    Endpoint("POST", paths_of("properties", _CONTACTS), create_property, SCHEMAS_WRITE),
    Endpoint("GET", paths_of("properties", _CONTACTS + "/{name}"), get_property, SCHEMAS_READ),
)
