"""Searching contacts (HS 6.3)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from aiohttp import web

from sandbox.hubspot.contacts.filters import read_groups
from sandbox.hubspot.contacts.finding import Query
from sandbox.hubspot.contacts.requests import read_asked
from sandbox.hubspot.contacts.view import describe
from sandbox.hubspot.errors import refuse_value
from sandbox.hubspot.properties.definitions import PropertyDefinition
from sandbox.hubspot.state import CONTACTS_READ
from sandbox.hubspot.wire import Call, Endpoint, parse_id, paths_of_contacts, reply

DEFAULT_PAGE, LARGEST_PAGE = 10, 200
REACH = 10_000
LONGEST_BODY = 3_000


async def search_contacts(call: Call) -> web.Response:
    """Answer a page of living contacts that match, oldest first unless sorted; at most 10,000 can be reached."""
    body = await call.json_object()
    if len((await call.request.read()).decode("utf-8", "replace")) > LONGEST_BODY:
        raise refuse_value(f"The body has up to {LONGEST_BODY} characters.")
    limit, offset = _read_limit(body), _read_offset(body)
    if offset + limit > REACH:
        raise refuse_value(f"A query reaches {REACH} results.")
    asked, query = read_asked(body), _read_query(call, body)
    found = call.account.finder.find(call.account.contacts, query)
    page = (call.account.contacts.get(record_id) for record_id in found[offset : offset + limit])
    seen = (None if contact is None else query.see(contact) for contact in page)
    shown: dict[str, Any] = {
        "total": len(found),
        "results": [describe(call, contact, asked) for contact in seen if contact is not None],
    }
    if offset + limit < len(found):
        after = str(offset + limit)
        shown["paging"] = {"next": {"after": after, "link": str(call.request.url.update_query(after=after))}}
    return reply(shown)


def _read_query(call: Call, body: Mapping[str, Any]) -> Query:
    delay = timedelta(seconds=call.settings.search_delay_seconds)
    return Query(
        groups=read_groups(body, call.account.properties),
        words=_read_words(body),
        sort=_read_sort(call, body),
        as_of=call.now - delay if delay else None,
    )


def _read_limit(body: Mapping[str, Any]) -> int:
    limit = body.get("limit", DEFAULT_PAGE)
    if type(limit) is not int or not 0 <= limit <= LARGEST_PAGE:
        raise refuse_value(f"limit must be between 0 and {LARGEST_PAGE}.")
    # The official client sends 0 where nothing was asked for.
    return limit or DEFAULT_PAGE


def _read_offset(body: Mapping[str, Any]) -> int:
    after = body.get("after") or "0"
    number = parse_id(str(after)) if isinstance(after, str | int) else None
    if number is None:
        raise refuse_value("after must be an integer as a string.")
    return number


def _read_words(body: Mapping[str, Any]) -> list[str]:
    query = body.get("query") or ""
    if not isinstance(query, str):
        raise refuse_value("query must be a string.")
    return query.casefold().split()


def _read_sort(call: Call, body: Mapping[str, Any]) -> tuple[PropertyDefinition, bool] | None:
    sorts = body.get("sorts") or []
    if not isinstance(sorts, list) or len(sorts) > 1:
        raise refuse_value("sorts holds up to one rule.")
    if not sorts:
        return None
    rule = {"propertyName": sorts[0]} if isinstance(sorts[0], str) else sorts[0]
    name = rule.get("propertyName") if isinstance(rule, dict) else None
    definition = call.account.properties.get(name) if isinstance(name, str) else None
    if definition is None or rule.get("direction", "ASCENDING") not in ("ASCENDING", "DESCENDING"):
        raise refuse_value("sorts: a defined propertyName and a direction are expected.")
    return definition, rule.get("direction") == "DESCENDING"


ENDPOINTS = (Endpoint("POST", paths_of_contacts("/search"), search_contacts, CONTACTS_READ, search=True),)
