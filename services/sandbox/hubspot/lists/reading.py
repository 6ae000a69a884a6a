"""The calls that find lists (HS 5.1)."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from sandbox.hubspot.cursors import open_cursor, seal_cursor
from sandbox.hubspot.errors import refuse_list, refuse_value
from sandbox.hubspot.lists.record import PROCESSING_TYPES, ListRecord, matches_words
from sandbox.hubspot.lists.requests import find, read_strings, read_whole_number, seek, visible
from sandbox.hubspot.lists.view import describe, describe_found
from sandbox.hubspot.settings import MissingIds
from sandbox.hubspot.state import LISTS_READ
from sandbox.hubspot.wire import Call, Endpoint, paths_of, reply, reply_page

DEFAULT_COUNT, LARGEST_COUNT = 20, 500
_BETA = "/crm/lists/2026-09-beta"


async def get_list(call: Call) -> web.Response:
    """Answer one list by its ILS id."""
    record = find(call, call.part("list_id"))
    return reply({"list": describe(call, record, filters=call.flag("includeFilters"))})


async def get_lists(call: Call) -> web.Response:
    """Answer several lists by id; a switch says whether those that are not there are left out or refused."""
    filters = call.flag("includeFilters")
    found = []
    for list_id in call.values("listIds"):
        record = seek(call, list_id)
        if record is None and call.settings.missing_lists is MissingIds.PARTIAL:
            raise refuse_list(list_id, call.settings)
        if record is not None:
            found.append(describe(call, record, filters=filters))
    return reply({"lists": found})


async def get_list_by_name(call: Call) -> web.Response:
    """Answer one list by its name, whatever the case."""
    name = call.part("name")
    for record in visible(call):
        if record.object_type_id == call.part("object_type") and record.name.casefold() == name.casefold():
            return reply({"list": describe(call, record, filters=call.flag("includeFilters"))})
    raise refuse_list(name, call.settings)


async def search_lists(call: Call) -> web.Response:
    """Find lists by words of the name, ids, types; a page is cut by offset."""
    body = await call.json_object()
    count, offset = _read_count(body), read_whole_number(body, "offset", 0)
    matching = [record for record in visible(call) if _matches(record, body)]
    page = matching[offset : offset + count]
    end, asked = offset + len(page), read_strings(body, "additionalProperties")
    lists = [describe_found(call, record, asked) for record in page]
    return reply({"lists": lists, "hasMore": end < len(matching), "offset": end, "total": len(matching)})


async def walk_lists(call: Call) -> web.Response:
    """Answer a page of all lists by id; the filters may not change between pages (SEG)."""
    if not call.settings.all_lists_outside_beta and not call.request.path.startswith(_BETA):
        return reply_page(404)
    body = await call.json_object()
    count, after = _read_count(body), body.get("after")
    for name in read_strings(body, "processingTypes"):
        if name not in PROCESSING_TYPES:
            raise refuse_value(f"{name} is no processing type.", subCategory="INVALID_PROCESSING_TYPE")
    filters = f"{body.get('objectTypeId')}:{sorted(read_strings(body, 'processingTypes'))}"
    last = -1 if after is None else open_cursor(str(after), "a", call, filters)[0]
    found = [record for record in visible(call) if record.list_id > last and _has_type(record, body)]
    page = found[:count]
    asked = read_strings(body, "additionalProperties")
    shown: dict[str, Any] = {"results": [describe_found(call, record, asked) for record in page]}
    if len(found) > count:
        cursor = seal_cursor("a", call, (page[-1].list_id,), filters)
        shown["paging"] = {"next": {"after": cursor, "link": str(call.request.url)}}
    return reply(shown)


def _read_count(body: Mapping[str, Any]) -> int:
    count = read_whole_number(body, "count", DEFAULT_COUNT)
    if not 1 <= count <= LARGEST_COUNT:
        raise refuse_value(f"count must be between 1 and {LARGEST_COUNT}.")
    return count


def _matches(record: ListRecord, body: Mapping[str, Any]) -> bool:
    list_ids = read_strings(body, "listIds")
    return (
        matches_words(record.name, str(body.get("query") or ""))
        and (not list_ids or str(record.list_id) in list_ids)
        and _has_type(record, body)
    )


def _has_type(record: ListRecord, body: Mapping[str, Any]) -> bool:
    processing_types = read_strings(body, "processingTypes")
    return (not processing_types or record.processing_type in processing_types) and (
        body.get("objectTypeId") in (None, record.object_type_id)
    )


_ALL_PATHS = ("/crm/lists/2026-09/all", f"{_BETA}/all")

ENDPOINTS = (
    Endpoint("GET", paths_of("lists"), get_lists, LISTS_READ),
    Endpoint("POST", paths_of("lists", "/search"), search_lists, LISTS_READ, search=True),
    Endpoint("POST", _ALL_PATHS, walk_lists, LISTS_READ),
    Endpoint("GET", paths_of("lists", "/object-type-id/{object_type}/name/{name}"), get_list_by_name, LISTS_READ),
    Endpoint("GET", paths_of("lists", "/{list_id}"), get_list, LISTS_READ),
)
