"""The calls that read contact property definitions (HS 6.2)."""

from aiohttp import web

from sandbox.hubspot.errors import refuse_property
from sandbox.hubspot.state import SCHEMAS_READ
from sandbox.hubspot.wire import Call, Endpoint, paths_of, reply


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


_CONTACTS = "/{object_type:contacts|0-1}"
ENDPOINTS = (
    Endpoint("GET", paths_of("properties", _CONTACTS), get_properties, SCHEMAS_READ),
    Endpoint("GET", paths_of("properties", _CONTACTS + "/{name}"), get_property, SCHEMAS_READ),
)
