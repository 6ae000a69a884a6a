"""The calls that read memberships: of a list, by record id or by time of joining, and of a record (HS 5.4)."""

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from sandbox.hubspot.contacts.requests import read_inputs
from sandbox.hubspot.cursors import open_cursor, seal_cursor
from sandbox.hubspot.errors import refuse_value
from sandbox.hubspot.lists.record import PROCESSING_TYPES, ListRecord
from sandbox.hubspot.lists.requests import find, visible
from sandbox.hubspot.settings import OverLimit
from sandbox.hubspot.state import LISTS_READ
from sandbox.hubspot.times import from_milliseconds, to_iso
from sandbox.hubspot.wire import Call, Endpoint, parse_id, paths_of, reply

DEFAULT_PAGE, LARGEST_PAGE = 100, 250
_BY_RECORD, _BY_JOINING = "r", "j"

Member = tuple[int, int]
"""Record id, and the time of joining in epoch milliseconds."""


async def get_memberships(call: Call) -> web.Response:
    """Answer a page of members by record id: `after` walks up, `before` alone walks down (HS 5.4)."""
    record = _open(call)
    limit, members = _page_limit(call), record.members
    after, before = _read_cursors(call, _BY_RECORD)
    if before is not None and after is None:
        found = members.page_before(before[0], limit + 1)
    else:
        found = members.page_after(-1 if after is None else after[0], limit + 1)
    return _reply_page(call, record, found, limit, _BY_RECORD)


async def get_memberships_by_joining(call: Call) -> web.Response:
    """Answer a page of members by the time they were added."""
    record = _open(call)
    limit, members = _page_limit(call), record.members
    after, before = _read_cursors(call, _BY_JOINING)
    if before is not None and after is None:
        found = members.joined_before(before[1], before[0], limit + 1)
    else:
        joined, record_id = (-1, -1) if after is None else (after[1], after[0])
        found = members.joined_after(joined, record_id, limit + 1)
    return _reply_page(call, record, found, limit, _BY_JOINING)


async def get_lists_of_record(call: Call) -> web.Response:
    """Answer the lists that hold one record."""
    results = _describe_lists(call, call.part("object_type"), call.part("record_id"))
    return reply({"results": results, "total": len(results)})


async def read_lists_of_records(call: Call) -> web.Response:
    """Answer the lists of several records; 207 when an input makes no sense."""
    inputs = read_inputs(await call.json_object(), with_ids=False, most=call.settings.record_memberships_cap)
    now = to_iso(call.now)
    results: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for entry in inputs:
        object_type, record_id = entry.get("objectTypeId"), entry.get("recordId")
        if not isinstance(object_type, str) or not isinstance(record_id, str) or parse_id(record_id) is None:
            errors.append(dict(_BAD_RECORD))
            continue
        lists = _describe_lists(call, object_type, record_id)
        results.append({"objectTypeId": object_type, "recordId": record_id, "recordListMemberships": lists})
    body: dict[str, Any] = {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}
    if errors:
        return reply(body | {"numErrors": len(errors), "errors": errors}, status=207)
    return reply(body)


def _open(call: Call) -> ListRecord:
    """Return the list that is walked; a type that the field has met and HubSpot refuses is refused (HS 10.9)."""
    record = find(call, call.part("list_id"))
    if record.processing_type not in PROCESSING_TYPES:
        raise refuse_value("The list's members can't be read.", subCategory="INVALID_PROCESSING_TYPE")
    record.pages_read += 1
    every = call.settings.churn_every_pages
    if every and record.pages_read % every == 0:
        call.account.churn(record, call.now, call.hubspot.random, call.settings)
    return record


def _page_limit(call: Call) -> int:
    limit = call.integer("limit", DEFAULT_PAGE)
    if limit > LARGEST_PAGE and call.settings.over_limit is OverLimit.CLAMP:
        return LARGEST_PAGE
    if not 1 <= limit <= LARGEST_PAGE:
        raise refuse_value(f"limit must be between 1 and {LARGEST_PAGE}.")
    return limit


def _read_cursors(call: Call, order: str) -> tuple[Sequence[int] | None, Sequence[int] | None]:
    """Return record id and time of joining behind `after` and behind `before`."""
    texts = call.request.query.get("after"), call.request.query.get("before")
    after, before = (open_cursor(text, order, call) if text else None for text in texts)
    return after, before


def _reply_page(call: Call, record: ListRecord, found: list[Member], limit: int, order: str) -> web.Response:
    page, more = found[:limit], len(found) > limit
    after, before = call.request.query.get("after"), call.request.query.get("before")
    body: dict[str, Any] = {"results": _describe_members(page), "total": len(record.members)}
    if page and more:
        turn = "prev" if before and not after else "next"
        body["paging"] = {turn: _link(call, "before" if turn == "prev" else "after", page[-1], order)}
    if page and after:
        body.setdefault("paging", {})["prev"] = _link(call, "before", page[0], order)
    return reply(body)


def _link(call: Call, name: str, member: Member, order: str) -> dict[str, str]:
    cursor = seal_cursor(order, call, member)
    return {name: cursor, "link": str(call.request.url.update_query({name: cursor}))}


def _describe_members(page: Sequence[Member]) -> list[dict[str, str]]:
    """Show members; those who joined together share the text of their time."""
    times = {joined: to_iso(from_milliseconds(joined)) for joined in {joined for _, joined in page}}
    return [{"recordId": str(record_id), "membershipTimestamp": times[joined]} for record_id, joined in page]


def _describe_lists(call: Call, object_type: str, record_id: str) -> list[dict[str, Any]]:
    number = parse_id(record_id)
    shown = []
    for record in visible(call):
        span = None if number is None else record.members.span_of(number)
        if span is None or record.object_type_id != object_type:
            continue
        shown.append(
            {
                "listId": str(record.list_id),
                "listVersion": record.version,
                "isPublicList": False,
                "firstAddedTimestamp": to_iso(from_milliseconds(span[0])),
                "lastAddedTimestamp": to_iso(from_milliseconds(span[1])),
            }
        )
    return shown


_RECORDS = "/records"
_BAD_RECORD = {
    "status": "error",
    "category": "VALIDATION_ERROR",
    "message": "recordId is not valid.",
    "context": {},
    "links": {},
    "errors": [],
}
ENDPOINTS = (
    Endpoint("POST", paths_of("lists", _RECORDS + "/memberships/batch/read"), read_lists_of_records, LISTS_READ),
    Endpoint(
        "GET", paths_of("lists", _RECORDS + "/{object_type}/{record_id}/memberships"), get_lists_of_record, LISTS_READ
    ),
    Endpoint("GET", paths_of("lists", "/{list_id}/memberships/join-order"), get_memberships_by_joining, LISTS_READ),
    Endpoint("GET", paths_of("lists", "/{list_id}/memberships"), get_memberships, LISTS_READ),
)
