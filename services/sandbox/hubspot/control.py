"""The control face of the HubSpot stand-in: changes and reads its state on paths that HubSpot does not have."""

import dataclasses
import enum
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, get_type_hints

from aiohttp import web

from sandbox.hubspot.account import Account
from sandbox.hubspot.contacts.contact import Contact
from sandbox.hubspot.lists.record import Change, ListRecord
from sandbox.hubspot.properties.definitions import PropertyDefinition
from sandbox.hubspot.settings import HubSpotSettings
from sandbox.hubspot.state import ALL_SCOPES, HubSpot
from sandbox.hubspot.times import to_iso
from sandbox.hubspot.wire import reply
from sandbox.switches import fits

_ROOT = "/_control/hubspot"
_ACCOUNT = _ROOT + r"/accounts/{hub_id:\d+}"
_CONTACT = _ACCOUNT + r"/contacts/{record_id:\d+}"
_LIST = _ACCOUNT + r"/lists/{list_id:\d+}"
_BIN_LIFE = timedelta(days=90)
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def routes(hubspot: HubSpot) -> list[web.RouteDef]:
    """Return every control route; a request that makes no sense is 400 or 404 with a `message`."""
    control = _Control(hubspot)
    return [
        web.get(_ROOT + "/settings", _guard(control.get_settings)),
        web.patch(_ROOT + "/settings", _guard(control.change_settings)),
        web.get(_ROOT + "/accounts", _guard(control.get_accounts)),
        web.post(_ROOT + "/accounts", _guard(control.open_account)),
        web.put(_ACCOUNT + "/tokens/{token}", _guard(control.issue_token)),
        web.delete(_ACCOUNT + "/tokens/{token}", _guard(control.revoke_token)),
        web.put(_ACCOUNT + "/properties/{name}", _guard(control.define_property)),
        web.post(_ACCOUNT + "/contacts", _guard(control.create_contacts)),
        web.get(_CONTACT, _guard(control.get_contact)),
        web.patch(_CONTACT, _guard(control.update_contact)),
        web.post(_CONTACT + "/archive", _guard(control.archive_contact)),
        web.post(_CONTACT + "/restore", _guard(control.restore_contact)),
        web.post(_CONTACT + r"/merge/{other_id:\d+}", _guard(control.merge_contacts)),
        web.post(_ACCOUNT + "/lists", _guard(control.create_list)),
        web.delete(_LIST, _guard(control.delete_list)),
        web.post(_LIST + "/restore", _guard(control.restore_list)),
        web.post(_LIST + "/pause", _guard(control.pause_list)),
        web.get(_LIST + "/members", _guard(control.get_members)),
        web.post(_LIST + "/members", _guard(control.change_members)),
    ]


class _Control:
    """The handlers; bodies are JSON objects, record ids in them are integers."""

    def __init__(self, hubspot: HubSpot) -> None:
        self._hubspot = hubspot

    async def get_settings(self, _: web.Request) -> web.Response:
        return reply(_settings_to_json(self._hubspot.settings))

    async def change_settings(self, request: web.Request) -> web.Response:
        """Replace the named switches; the others stay."""
        self._hubspot.settings = _settings_from_json(self._hubspot.settings, await request.json())
        return reply(_settings_to_json(self._hubspot.settings))

    async def get_accounts(self, _: web.Request) -> web.Response:
        return reply({"accounts": [_describe_account(account) for account in self._hubspot.accounts.values()]})

    async def open_account(self, request: web.Request) -> web.Response:
        body = await request.json()
        account = self._hubspot.open_account(body["token"], scopes=body.get("scopes", ALL_SCOPES))
        return reply(_describe_account(account))

    async def issue_token(self, request: web.Request) -> web.Response:
        scopes = (await request.json()).get("scopes", ALL_SCOPES)
        self._hubspot.issue_token(request.match_info["token"], self._account(request), scopes=scopes)
        return reply({})

    async def revoke_token(self, request: web.Request) -> web.Response:
        self._hubspot.revoke_token(request.match_info["token"])
        return reply({})

    async def define_property(self, request: web.Request) -> web.Response:
        body = {"label": request.match_info["name"], **await request.json()}
        self._account(request).define_property(PropertyDefinition(request.match_info["name"], **body))
        return reply({})

    async def create_contacts(self, request: web.Request) -> web.Response:
        """`contacts` holds property maps; the answer has their record ids in the same order."""
        account, now = self._account(request), self._hubspot.now()
        given = (await request.json())["contacts"]
        if not all(map(_are_values, given)):
            raise ValueError("contacts: maps of property names to strings are expected")
        created = [account.contacts.create(properties, now) for properties in given]
        return reply({"recordIds": [contact.record_id for contact in created]})

    async def get_contact(self, request: web.Request) -> web.Response:
        return reply(_describe_contact(self._contact(request, "record_id")))

    async def update_contact(self, request: web.Request) -> web.Response:
        contact = self._contact(request, "record_id")
        properties = (await request.json())["properties"]
        if not _are_values(properties):
            raise ValueError("properties: a map of property names to strings is expected")
        self._account(request).contacts.update(contact, properties, self._hubspot.now())
        return reply(_describe_contact(contact))

    async def archive_contact(self, request: web.Request) -> web.Response:
        contact = self._contact(request, "record_id")
        self._account(request).archive_contact(contact, self._hubspot.now(), self._hubspot.settings)
        return reply(_describe_contact(contact))

    async def restore_contact(self, request: web.Request) -> web.Response:
        """Take a contact out of the recycle bin, which keeps it for 90 days (HS 6.2)."""
        contact, now = self._contact(request, "record_id"), self._hubspot.now()
        if contact.archived_at is None or now - contact.archived_at > _BIN_LIFE:
            raise ValueError("the contact was not archived within the last 90 days")
        self._account(request).contacts.restore(contact)
        return reply(_describe_contact(contact))

    async def merge_contacts(self, request: web.Request) -> web.Response:
        primary, other = self._contact(request, "record_id"), self._contact(request, "other_id")
        if primary is other:
            raise ValueError("a contact can't be merged with itself")
        account = self._account(request)
        merged = account.merge_contacts(primary, other, self._hubspot.now(), self._hubspot.settings)
        return reply(_describe_contact(merged))

    async def create_list(self, request: web.Request) -> web.Response:
        body = await request.json()
        members = tuple(body.pop("members", ()))
        now = self._hubspot.now()
        record = self._account(request).create_list(body.pop("name"), now, **body)
        record.fill(Change(add=members), now)
        return reply({"listId": record.list_id})

    async def delete_list(self, request: web.Request) -> web.Response:
        self._list(request).deleted_at = self._hubspot.now()
        return reply({})

    async def restore_list(self, request: web.Request) -> web.Response:
        self._list(request).deleted_at = None
        return reply({})

    async def pause_list(self, request: web.Request) -> web.Response:
        """Show a list as PAUSED, or no longer with `{"paused": false}`."""
        self._list(request).is_paused = (await request.json()).get("paused", True) is True
        return reply({})

    async def get_members(self, request: web.Request) -> web.Response:
        record = self._list(request)
        record.settle(self._hubspot.now())
        return reply({"recordIds": list(record.members.record_ids)})

    async def change_members(self, request: web.Request) -> web.Response:
        body = await request.json()
        change = Change(add=tuple(body.get("add", ())), remove=tuple(body.get("remove", ())))
        self._list(request).change(change, self._hubspot.now(), self._hubspot.settings)
        return reply({})

    def _account(self, request: web.Request) -> Account:
        return self._hubspot.accounts[int(request.match_info["hub_id"])]

    def _contact(self, request: web.Request, part: str) -> Contact:
        contact = self._account(request).contacts.get(int(request.match_info[part]))
        if contact is None:
            raise LookupError
        return contact

    def _list(self, request: web.Request) -> ListRecord:
        return self._account(request).lists[int(request.match_info["list_id"])]


def _guard(handle: Callable[[web.Request], Awaitable[web.Response]]) -> _Handler:
    """Answer 404 for what is not there and 400 for a body that makes no sense."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        try:
            body = await request.json() if request.can_read_body else {}
            if not isinstance(body, dict):
                return reply({"message": "the body must be a JSON object"}, status=400)
            return await handle(request)
        except json.JSONDecodeError:
            return reply({"message": "the body is not JSON"}, status=400)
        except LookupError as unknown:
            return reply({"message": f"not there: {unknown}"}, status=404)
        except (TypeError, ValueError) as refused:
            return reply({"message": str(refused)}, status=400)

    return guarded


def _are_values(properties: Any) -> bool:
    return isinstance(properties, dict) and all(isinstance(value, str) for value in properties.values())


def _settings_to_json(settings: HubSpotSettings) -> dict[str, Any]:
    values = dataclasses.asdict(settings)
    return {name: value.value if isinstance(value, enum.Enum) else value for name, value in values.items()}


def _settings_from_json(settings: HubSpotSettings, changes: dict[str, Any]) -> HubSpotSettings:
    """Return settings with some switches set; an unknown one, or a value of another type, is refused by name."""
    types = get_type_hints(HubSpotSettings)
    read: dict[str, Any] = {}
    for name, value in changes.items():
        if name not in types:
            raise ValueError(f"unknown switch: {name}")
        if not fits(types[name], value):
            raise ValueError(f"{name}: this value has no meaning")
        read[name] = types[name](value) if isinstance(types[name], enum.EnumType) else value
    return dataclasses.replace(settings, **read)


def _describe_account(account: Account) -> dict[str, Any]:
    return {
        "hubId": account.hub_id,
        "contactCount": len(account.contacts),
        "properties": sorted(account.properties),
        "lists": [_describe_list(record) for record in account.lists.values()],
    }


def _describe_list(record: ListRecord) -> dict[str, Any]:
    return {
        "listId": record.list_id,
        "name": record.name,
        "objectTypeId": record.object_type_id,
        "processingType": record.processing_type,
        "memberCount": len(record.members),
        "pagesRead": record.pages_read,
        "deletedAt": to_iso(record.deleted_at) if record.deleted_at else None,
    }


def _describe_contact(contact: Contact) -> dict[str, Any]:
    return {
        "recordId": contact.record_id,
        "properties": contact.properties,
        "archived": contact.archived_at is not None,
        "mergedIds": list(contact.merged_ids),
    }
