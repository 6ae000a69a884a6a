"""The calls that make and change lists' definitions, and tell of their past (HS 5.1, 5.3)."""

from datetime import datetime
from typing import Any

from aiohttp import web

from sandbox.hubspot.errors import refuse_list, refuse_status, refuse_value
from sandbox.hubspot.lists.record import DYNAMIC, PROCESSING_TYPES
from sandbox.hubspot.lists.requests import find_living, seek_even_deleted
from sandbox.hubspot.lists.view import describe
from sandbox.hubspot.state import LISTS_READ, LISTS_WRITE
from sandbox.hubspot.times import to_iso
from sandbox.hubspot.wire import Call, Endpoint, parse_id, paths_of, reply

MOST_MAPPED = 10_000


async def create_list(call: Call) -> web.Response:
    """Make a list; its name must be free (the refusal's status is a switch)."""
    body = await call.json_object()
    texts = {name: body.get(name) for name in ("name", "objectTypeId", "processingType")}
    if not all(isinstance(text, str) and text for text in texts.values()):
        raise refuse_value("name, objectTypeId and processingType are required.")
    if texts["processingType"] not in PROCESSING_TYPES:
        raise refuse_value(f"processingType must be one of {', '.join(PROCESSING_TYPES)}.")
    try:
        record = call.account.create_list(
            str(texts["name"]),
            call.now,
            object_type_id=str(texts["objectTypeId"]),
            processing_type=str(texts["processingType"]),
            filter_branch=_read_branch(body, required=False),
        )
    except ValueError as taken:
        raise refuse_status(call.settings.duplicate_list_status, str(taken)) from taken
    return reply({"list": describe(call, record, filters=True)})


async def delete_list(call: Call) -> web.Response:
    """Put a list into its bin of 90 days."""
    find_living(call, call.part("list_id")).deleted_at = call.now
    return web.Response(status=204)


async def restore_list(call: Call) -> web.Response:
    """Take a list out of its bin: it has the same id again."""
    record = seek_even_deleted(call, call.part("list_id"))
    if record is None:
        raise refuse_list(call.part("list_id"), call.settings)
    record.deleted_at = None
    return web.Response(status=204)


async def rename_list(call: Call) -> web.Response:
    """Give a list another name, which must be free."""
    record = find_living(call, call.part("list_id"))
    name = call.request.query.get("listName", "")
    if not name:
        raise refuse_value("listName is required.")
    if call.account.has_list_named(name, besides=record):
        raise refuse_status(call.settings.duplicate_list_status, f"a list of the name {name!r} exists already")
    record.name = name
    record.edit(call.now)
    return reply({"updatedList": describe(call, record, filters=call.flag("includeFilters"))})


async def change_filters(call: Call) -> web.Response:
    """Replace the whole filter branch of a DYNAMIC list."""
    record = find_living(call, call.part("list_id"))
    body = await call.json_object()
    if record.processing_type != DYNAMIC:
        raise refuse_value("Only the filters of a DYNAMIC list can be changed.")
    record.filter_branch = _read_branch(body, required=True)
    record.filters_updated_at = call.now
    record.edit(call.now)
    return reply({"updatedList": describe(call, record, filters=True)})


async def get_history(call: Call) -> web.Response:
    """Answer a list's sizes and edits between two times."""
    record = find_living(call, call.part("list_id"))
    start, end = _read_time(call, "startDate"), _read_time(call, "endDate")
    sizes = [{"size": size, "timestamp": to_iso(at)} for at, size in record.past_sizes() if start <= at <= end]
    return reply({"sizeHistory": sizes, "editHistory": [to_iso(at) for at in record.edits if start <= at <= end]})


async def get_conversion(call: Call) -> web.Response:
    """Answer when an active list is to become static; 404 without a schedule."""
    record = find_living(call, call.part("list_id"))
    if record.conversion is None:
        raise refuse_list(call.part("list_id"), call.settings)
    return reply({"listId": str(record.list_id), "requestedConversionTime": record.conversion})


async def schedule_conversion(call: Call) -> web.Response:
    """Note a schedule as it is given; its form is not known, so the list is not converted."""
    record = find_living(call, call.part("list_id"))
    body = await call.json_object()
    if record.processing_type != DYNAMIC:
        raise refuse_value("Only a DYNAMIC list can be converted.")
    record.conversion = body
    return reply({"listId": str(record.list_id), "requestedConversionTime": body})


async def cancel_conversion(call: Call) -> web.Response:
    """Forget a schedule; 404 without one (SEG)."""
    record = find_living(call, call.part("list_id"))
    if record.conversion is None:
        raise refuse_list(call.part("list_id"), call.settings)
    record.conversion = None
    return web.Response(status=204)


async def map_legacy_id(call: Call) -> web.Response:
    """Translate one legacy id."""
    text = call.request.query.get("legacyListId", "")
    number = parse_id(text)
    if number is None:
        raise refuse_value("legacyListId must be an integer.")
    list_id = call.account.list_of_legacy_id(number)
    if list_id is None:
        raise refuse_list(text, call.settings)
    return reply({"legacyListId": text, "listId": str(list_id)})


async def map_legacy_ids(call: Call) -> web.Response:
    """Translate up to 10,000 legacy ids."""
    given = await call.json_array()
    if len(given) > MOST_MAPPED:
        raise refuse_value(f"At most {MOST_MAPPED} ids are translated at once.")
    mapped: list[dict[str, str]] = []
    missing: list[str] = []
    for text in map(str, given):
        number = parse_id(text)
        list_id = None if number is None else call.account.list_of_legacy_id(number)
        if list_id is None:
            missing.append(text)
        else:
            mapped.append({"legacyListId": text, "listId": str(list_id)})
    return reply({"legacyListIdsToIdsMapping": mapped, "missingLegacyListIds": missing})


def _read_branch(body: dict[str, Any], *, required: bool) -> dict[str, Any] | None:
    branch = body.get("filterBranch")
    if branch is None and not required:
        return None
    if not isinstance(branch, dict):
        raise refuse_value("filterBranch must be an object.")
    return branch


def _read_time(call: Call, name: str) -> datetime:
    try:
        time = datetime.fromisoformat(call.request.query.get(name, ""))
    except ValueError:
        raise refuse_value(f"{name} must be a time in ISO 8601.") from None
    return time if time.tzinfo is not None else time.replace(tzinfo=call.now.tzinfo)


_ONE = "/{list_id}"
ENDPOINTS = (
    Endpoint("GET", paths_of("lists", "/idmapping"), map_legacy_id, LISTS_READ),
    Endpoint("POST", paths_of("lists", "/idmapping"), map_legacy_ids, LISTS_READ),
    Endpoint("POST", paths_of("lists"), create_list, LISTS_WRITE),
    Endpoint("DELETE", paths_of("lists", _ONE), delete_list, LISTS_WRITE),
    Endpoint("PUT", paths_of("lists", _ONE + "/restore"), restore_list, LISTS_WRITE),
    Endpoint("PUT", paths_of("lists", _ONE + "/update-list-name"), rename_list, LISTS_WRITE),
    Endpoint("PUT", paths_of("lists", _ONE + "/update-list-filters"), change_filters, LISTS_WRITE),
    Endpoint("GET", paths_of("lists", _ONE + "/size-and-edits-history/between"), get_history, LISTS_READ),
    Endpoint("GET", paths_of("lists", _ONE + "/schedule-conversion"), get_conversion, LISTS_READ),
    Endpoint("PUT", paths_of("lists", _ONE + "/schedule-conversion"), schedule_conversion, LISTS_WRITE),
    Endpoint("DELETE", paths_of("lists", _ONE + "/schedule-conversion"), cancel_conversion, LISTS_WRITE),
)
