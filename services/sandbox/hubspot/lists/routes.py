"""The calls on lists and their memberships (HS 5)."""

from collections.abc import Iterable
from typing import Any

from aiohttp import web

from sandbox.hubspot.errors import refuse_list, refuse_value
from sandbox.hubspot.lists.cursors import open_cursor, seal_cursor
from sandbox.hubspot.lists.record import ListRecord, matches_words
from sandbox.hubspot.settings import DeletedList, OverLimit
from sandbox.hubspot.state import LISTS_READ
from sandbox.hubspot.times import from_milliseconds, to_iso, to_milliseconds
from sandbox.hubspot.wire import Call, Endpoint, parse_id, paths_of, reply

_DEFAULT_PAGE = 100
_LARGEST_PAGE = 250
_DEFAULT_COUNT = 20
_LARGEST_COUNT = 500


async def get_list(call: Call) -> web.Response:
    """Answer one list by its ILS id."""
    record = _find(call, call.part("list_id"))
    return reply({"list": _describe(call, record, filters=call.flag("includeFilters"))})


async def get_lists(call: Call) -> web.Response:
    """Answer several lists by id; those that are not there are left out (unconfirmed)."""
    filters = call.flag("includeFilters")
    found = [_seek(call, list_id) for list_id in call.values("listIds")]
    return reply({"lists": [_describe(call, record, filters=filters) for record in found if record]})


async def get_list_by_name(call: Call) -> web.Response:
    """Answer one list by its name, whatever the case."""
    name = call.part("name")
    for record in _visible(call):
        if record.object_type_id == call.part("object_type") and record.name.casefold() == name.casefold():
            return reply({"list": _describe(call, record, filters=call.flag("includeFilters"))})
    raise refuse_list(name, call.settings)


async def search_lists(call: Call) -> web.Response:
    """Find lists by words of the name, ids, types; a page is cut by offset (HS 5.1)."""
    body = await call.json_object()
    count = _whole_number(body, "count", _DEFAULT_COUNT)
    if not 1 <= count <= _LARGEST_COUNT:
        raise refuse_value(f"count must be between 1 and {_LARGEST_COUNT}.")
    offset = _whole_number(body, "offset", 0)
    matching = [record for record in _visible(call) if _matches(record, body)]
    page = matching[offset : offset + count]
    end = offset + len(page)
    lists = [_describe_found(call, record) for record in page]
    return reply({"lists": lists, "hasMore": end < len(matching), "offset": end, "total": len(matching)})


async def get_memberships(call: Call) -> web.Response:
    """Answer a page of members by record id: `after` walks up, `before` alone walks down (HS 5.4)."""
    record = _find(call, call.part("list_id"))
    limit = _page_limit(call)
    _churn(call, record)
    after, before = call.request.query.get("after"), call.request.query.get("before")
    if before and not after:
        found = record.members.page_before(open_cursor(before), limit + 1)
    else:
        found = record.members.page_after(open_cursor(after) if after else -1, limit + 1)
    page, more = found[:limit], len(found) > limit
    body: dict[str, Any] = {"results": [_describe_member(*member) for member in page], "total": len(record.members)}
    if page and more:
        turn = "prev" if before and not after else "next"
        body["paging"] = {turn: _link(call, "before" if turn == "prev" else "after", page[-1][0])}
    if page and after:
        body.setdefault("paging", {})["prev"] = _link(call, "before", page[0][0])
    return reply(body)


def _seek(call: Call, list_id: str) -> ListRecord | None:
    number = parse_id(list_id)
    record = None if number is None else call.account.lists.get(number)
    if record is None or (record.deleted_at and call.settings.deleted_list is DeletedList.NOT_FOUND):
        return None
    record.settle(call.now)
    return record


def _find(call: Call, list_id: str) -> ListRecord:
    record = _seek(call, list_id)
    if record is None:
        raise refuse_list(list_id, call.settings)
    return record


def _visible(call: Call) -> Iterable[ListRecord]:
    for record in call.account.lists.values():
        if record.deleted_at is None:
            record.settle(call.now)
            yield record


def _matches(record: ListRecord, body: dict[str, Any]) -> bool:
    list_ids = _strings(body, "listIds")
    processing_types = _strings(body, "processingTypes")
    return (
        matches_words(record.name, str(body.get("query") or ""))
        and (not list_ids or str(record.list_id) in list_ids)
        and (not processing_types or record.processing_type in processing_types)
        and body.get("objectTypeId") in (None, record.object_type_id)
    )


def _strings(body: dict[str, Any], name: str) -> list[str]:
    values = body.get(name) or []
    if not isinstance(values, list):
        raise refuse_value(f"{name} must be an array.")
    return [str(value) for value in values]


def _whole_number(body: dict[str, Any], name: str, default: int) -> int:
    value = body.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise refuse_value(f"{name} must be an integer.")
    return value


def _page_limit(call: Call) -> int:
    limit = call.integer("limit", _DEFAULT_PAGE)
    if limit > _LARGEST_PAGE and call.settings.over_limit is OverLimit.CLAMP:
        return _LARGEST_PAGE
    if not 1 <= limit <= _LARGEST_PAGE:
        raise refuse_value(f"limit must be between 1 and {_LARGEST_PAGE}.")
    return limit


def _churn(call: Call, record: ListRecord) -> None:
    record.pages_read += 1
    every = call.settings.churn_every_pages
    if every and record.pages_read % every == 0:
        call.account.churn(record, call.now, call.hubspot.random, call.settings)


def _link(call: Call, name: str, record_id: int) -> dict[str, str]:
    cursor = seal_cursor(record_id)
    return {name: cursor, "link": str(call.request.url.update_query({name: cursor}))}


def _describe_member(record_id: int, joined_ms: int) -> dict[str, str]:
    return {"recordId": str(record_id), "membershipTimestamp": to_iso(from_milliseconds(joined_ms))}


def _describe(call: Call, record: ListRecord, *, filters: bool) -> dict[str, Any]:
    """Show a list with its size, as the calls by id and name answer it (HS 5.2)."""
    shown = _describe_definition(call, record) | {"size": record.reported_size(call.now, call.settings)}
    if filters and record.filter_branch is not None:
        shown["filterBranch"] = record.filter_branch
    return shown


def _describe_found(call: Call, record: ListRecord) -> dict[str, Any]:
    """Show a list as a search does: no size, but the additional properties that have a value (HS 5.2)."""
    extra = {
        "hs_list_size": str(record.reported_size(call.now, call.settings)),
        "hs_list_reference_count": "0",
    }
    if record.last_added_at:
        extra["hs_last_record_added_at"] = str(to_milliseconds(record.last_added_at))
    if record.last_removed_at:
        extra["hs_last_record_removed_at"] = str(to_milliseconds(record.last_removed_at))
    return _describe_definition(call, record) | {"additionalProperties": extra}


def _describe_definition(call: Call, record: ListRecord) -> dict[str, Any]:
    times = {
        "createdAt": record.created_at,
        "updatedAt": record.updated_at,
        "filtersUpdatedAt": record.filters_updated_at,
        "deletedAt": record.deleted_at,
    }
    return {
        "listId": str(record.list_id),
        "listVersion": record.version,
        "name": record.name,
        "objectTypeId": record.object_type_id,
        "processingType": record.processing_type,
        "processingStatus": record.processing_status(call.settings),
        **{name: to_iso(time) for name, time in times.items() if time},
    }


_ONE = "/{list_id}"
# Fixed paths come before those that a list id could match.
ENDPOINTS = (
    Endpoint("GET", paths_of("lists"), get_lists, LISTS_READ),
    Endpoint("POST", paths_of("lists", "/search"), search_lists, LISTS_READ, search=True),
    Endpoint("GET", paths_of("lists", "/object-type-id/{object_type}/name/{name}"), get_list_by_name, LISTS_READ),
    Endpoint("GET", paths_of("lists", _ONE), get_list, LISTS_READ),
    Endpoint("GET", paths_of("lists", _ONE + "/memberships"), get_memberships, LISTS_READ),
)
