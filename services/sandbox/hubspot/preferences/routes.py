"""The calls that read email subscriptions (HS 7, HS 12). The v4 calls are left out: their bodies are not known."""

from typing import Any

from aiohttp import web

from sandbox.control import ControlError, Document, MissingError, serve
from sandbox.hubspot.preferences.preferences import STATUSES
from sandbox.hubspot.state import PREFERENCES_READ, HubSpot
from sandbox.hubspot.times import to_iso
from sandbox.hubspot.wire import Call, Endpoint, reply

_PATH = "/communication-preferences/v3"


async def get_definitions(call: Call) -> web.Response:
    """Answer the kinds of email that the account sends."""
    opened = to_iso(call.account.opened_at)
    shown = [
        {
            "id": definition.definition_id,
            "name": definition.name,
            "description": definition.description,
            "isActive": True,
            "isDefault": True,
            "isInternal": False,
            "createdAt": opened,
            "updatedAt": opened,
        }
        for definition in call.account.preferences.definitions
    ]
    return reply({"subscriptionDefinitions": shown})


async def get_status(call: Call) -> web.Response:
    """Answer what an address is subscribed to; an unknown address is subscribed to nothing."""
    email, preferences = call.part("email"), call.account.preferences
    statuses = [
        {
            "id": definition.definition_id,
            "name": definition.name,
            "description": definition.description,
            "status": preferences.status_of(email, definition),
            "sourceOfStatus": "SUBSCRIPTION_STATUS",
        }
        for definition in preferences.definitions
    ]
    return reply({"recipient": email, "subscriptionStatuses": statuses})


ENDPOINTS = (
    Endpoint("GET", (_PATH + "/definitions",), get_definitions, PREFERENCES_READ),
    Endpoint("GET", (_PATH + "/status/email/{email}",), get_status, PREFERENCES_READ),
)


def control_routes(hubspot: HubSpot) -> list[web.RouteDef]:
    """Return the control route that lets an address choose: `email`, `id`, `status`."""

    def choose(document: Document) -> Any:
        account = hubspot.accounts.get(int(document.parts["hub_id"]))
        if account is None:
            raise MissingError("no such account")
        status = document.require("status", str)
        if status not in STATUSES:
            raise ControlError(f"status: one of {STATUSES}")
        account.preferences.choose(document.require("email", str), document.require("id", str), status)
        return {}

    return [web.post(r"/_control/hubspot/accounts/{hub_id:\d+}/subscriptions", serve(choose))]
