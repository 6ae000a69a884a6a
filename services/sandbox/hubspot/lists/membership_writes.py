"""The calls that change memberships of MANUAL and SNAPSHOT lists (HS 5.1)."""

from aiohttp import web

from sandbox.hubspot.errors import refuse_status, refuse_value
from sandbox.hubspot.lists.record import CONTACTS, DYNAMIC, Change, ListRecord
from sandbox.hubspot.lists.requests import find_living, read_record_ids
from sandbox.hubspot.state import LISTS_WRITE
from sandbox.hubspot.wire import Call, Endpoint, paths_of, reply

# Calls that move whole lists take those with fewer members only.
FEWER_THAN = 100_000


async def add(call: Call) -> web.Response:
    """Add records."""
    return _change(call, read_record_ids(await call.json_array(), "The body"), [])


async def remove(call: Call) -> web.Response:
    """Remove records."""
    return _change(call, [], read_record_ids(await call.json_array(), "The body"))


async def add_and_remove(call: Call) -> web.Response:
    """Add some records and remove others."""
    body = await call.json_object()
    joining = read_record_ids(body.get("recordIdsToAdd"), "recordIdsToAdd")
    return _change(call, joining, read_record_ids(body.get("recordIdsToRemove"), "recordIdsToRemove"))


async def add_from(call: Call) -> web.Response:
    """Add all members of a list of the same kind of object."""
    record, source = _find_writable(call), find_living(call, call.part("source_id"))
    if source.object_type_id != record.object_type_id:
        raise refuse_value("Both lists must be of the same object type.")
    _require_small(source)
    record.change(Change(add=tuple(source.members.record_ids)), call.now, call.settings)
    return web.Response(status=204)


async def remove_all(call: Call) -> web.Response:
    """Remove every member."""
    record = _find_writable(call)
    _require_small(record)
    record.change(Change(remove=tuple(record.members.record_ids)), call.now, call.settings)
    return web.Response(status=204)


def _change(call: Call, joining: list[int], leaving: list[int]) -> web.Response:
    record = _find_writable(call)
    most = call.settings.membership_write_cap
    if most is not None and len(joining) + len(leaving) > most:
        raise refuse_value(f"At most {most} records are changed at once.")
    missing = [number for number in joining if not _exists(call, record, number)]
    added = sorted({*joining} - {*missing} - {*record.members.record_ids})
    removed = sorted(number for number in {*leaving} if number in record.members)
    record.change(Change(add=tuple(added), remove=tuple(removed)), call.now, call.settings)
    return reply(
        {
            "recordsIdsAdded": [str(number) for number in added],
            "recordIdsRemoved": [str(number) for number in removed],
            "recordIdsMissing": [str(number) for number in missing],
        }
    )


def _find_writable(call: Call) -> ListRecord:
    record = find_living(call, call.part("list_id"))
    if record.processing_type == DYNAMIC:
        message = "Members of a DYNAMIC list can't be changed."
        raise refuse_status(call.settings.dynamic_write_status, message)
    return record


def _exists(call: Call, record: ListRecord, number: int) -> bool:
    """Whether a record is there; of other objects than contacts the stand-in knows none and believes all."""
    return record.object_type_id != CONTACTS or call.account.contacts.get(number) is not None


def _require_small(record: ListRecord) -> None:
    if len(record.members) >= FEWER_THAN:
        raise refuse_value(f"The list has {FEWER_THAN} members or more.")


_MEMBERS = "/{list_id}/memberships"
ENDPOINTS = (
    Endpoint("PUT", paths_of("lists", _MEMBERS + "/add"), add, LISTS_WRITE),
    Endpoint("PUT", paths_of("lists", _MEMBERS + "/remove"), remove, LISTS_WRITE),
    Endpoint("PUT", paths_of("lists", _MEMBERS + "/add-and-remove"), add_and_remove, LISTS_WRITE),
    Endpoint("PUT", paths_of("lists", _MEMBERS + "/add-from/{source_id}"), add_from, LISTS_WRITE),
    Endpoint("DELETE", paths_of("lists", _MEMBERS), remove_all, LISTS_WRITE),
)
