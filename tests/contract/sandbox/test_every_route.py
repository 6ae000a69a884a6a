"""Random requests, valid and not, on every route of the sandbox: never a 500, always a request id."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.app import RunningSandbox, create_app, create_state, start
from sandbox.clock import Clock
from sandbox.hubspot.world import DEMO_TOKEN
from sandbox.identities import make_user_id
from sandbox.line.settings import LineSettings
from sandbox.recorder import LINE_HEADER, LINE_PATHS, OTHER_HEADER
from sandbox.settings import Settings
from sandbox.world import CHANNEL_ID, CHANNEL_SECRET
from tests.contract.sandbox.line.driver import START

CONTROL = "/_control"
# A planned fault is a failure that was asked for.
ASKS_FOR_FAILURE = ("POST", "/_control/faults")
USER = "U" + "0" * 31 + "1"
FRIEND = make_user_id(Settings().seed, "provider-1", 0)
UUID = "123e4567-e89b-12d3-a456-426614174000"

# Bodies that are fine for routes whose path has the word; one of their parts may be replaced at random.
TEXT = {"type": "text", "text": "https://shop.example/a"}
FLEX = {"type": "flex", "altText": "a", "contents": {"type": "bubble", "body": {"type": "box", "contents": []}}}
AUDIENCE = {"type": "audience", "audienceGroupId": 5_000_000_000_001}
GENDER = {"type": "gender", "oneOf": ["male"]}
CONTACT = {"properties": {"email": "a@example.test", "firstname": "a"}}
SEARCH = {"propertyName": "email", "operator": "IN", "values": ["a"], "value": "a"}
PERSON = {"user_id": USER, "gender": "male", "age": 30}
SOUND: list[tuple[str, dict[str, Any]]] = [
    ("narrowcast", {"messages": [TEXT], "recipient": {"type": "operator", "and": [AUDIENCE]}}),
    ("narrowcast", {"messages": [TEXT], "filter": {"demographic": GENDER}, "limit": {"max": 5}}),
    ("message", {"messages": [TEXT, FLEX], "to": FRIEND, "customAggregationUnits": ["a"], "replyToken": "a"}),
    ("multicast", {"messages": [FLEX], "to": [FRIEND], "notificationDisabled": True}),
    (
        "audienceGroup",
        {"description": "a", "audiences": [{"id": USER}], "uploadDescription": "a", "isIfaAudience": False},
    ),
    ("audienceGroup", {"audienceGroupId": 5_000_000_000_001, "audiences": [{"id": USER}]}),
    ("audienceGroup", {"description": "a", "requestId": UUID, "clickUrl": "https://shop.example/a"}),
    ("webhook", {"endpoint": "http://127.0.0.1:9/hook"}),
    ("batch", {"inputs": [{"id": "101", **CONTACT}], "properties": ["email"], "propertiesWithHistory": []}),
    ("batch", {"inputs": [{"objectTypeId": "0-1", "recordId": "101"}]}),
    (
        "search",
        {"filterGroups": [{"filters": [SEARCH]}], "sorts": [], "limit": 5, "after": "0", "properties": ["email"]},
    ),
    ("lists", {"name": "a", "objectTypeId": "0-1", "processingType": "MANUAL"}),
    (
        "lists",
        {"query": "a", "listIds": ["1"], "count": 5, "offset": 0, "recordIdsToAdd": ["101"], "recordIdsToRemove": []},
    ),
    ("contacts", CONTACT),
    ("object", {"primaryObjectId": "101", "objectIdToMerge": "102", "objectId": "101", **CONTACT}),
    (
        "properties",
        {"name": "p", "label": "P", "type": "string", "fieldType": "text", "groupName": "contactinformation"},
    ),
    (
        "webhooks",
        {"eventType": "contact.creation", "active": True, "targetUrl": "https://example.test", "throttling": {}},
    ),
    (
        "_control",
        {"kind": "IMP", "name": "a", "count": 1, "user_ids": [FRIEND], "request_id": UUID, "url": "https://a"},
    ),
    ("_control", {"people": [PERSON], "limit": 5, "used": 1, "status": "READY", "add": [101], "remove": []}),
    ("_control", {"token": "t", "contacts": [{"email": "a"}], "properties": {"email": "b"}, "email": "a", "id": "1"}),
    ("clock", {"speed": 1, "advance_seconds": 5}),
]

NAMES = sorted({name for _, body in SOUND for name in body})
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from([USER, UUID, "101", "0-1", "20260615", "READY", "2026-06-15T00:00:00Z", 10**30, -1, 1e300])
)
VALUES = st.recursive(
    SCALARS,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.sampled_from(NAMES), children, max_size=4),
    max_leaves=12,
)
TEXTS = st.text(max_size=10) | st.sampled_from(["1", "101", USER, UUID, "a@example.test", "9" * 40])
# What a parameter or a part of a path of this name may well be; others are drawn as well.
LIKELY = {
    "date": ["20260610"],
    "from": ["20260601"],
    "to": ["20260610"],
    "page": ["1"],
    "limit": ["10"],
    "requestId": [UUID],
    "customAggregationUnit": ["a"],
    "listIds": ["1"],
    "archived": ["false"],
    "slash": ["", "/"],
    "version": ["2026-03", "2026-09"],
    "object_type": ["contacts", "0-1"],
    "list_id": ["1"],
    "record_id": ["101"],
    "other_id": ["102"],
    "hub_id": ["20000001"],
    "channel": [CHANNEL_ID],
    "number": ["5000000000001", "5000000000002"],
    "userId": [FRIEND],
    "user_id": [FRIEND],
}
QUERY_NAMES = [
    "date",
    "from",
    "to",
    "page",
    "limit",
    "requestId",
    "customAggregationUnit",
    "listIds",
    "archived",
    "after",
]
FORM_NAMES = ["grant_type", "client_id", "client_secret", "access_token", "refresh_token", "code", "token", "scope"]
FORM_VALUES = ["client_credentials", "refresh_token", CHANNEL_ID, CHANNEL_SECRET]
ODD_PARTS = ["1", "x", "%00", "%F0", "é", "0-1", USER, "9" * 30]


@dataclass(frozen=True, slots=True)
class Route:
    """One route of the application; `pattern` has its variable parts in braces."""

    method: str
    pattern: str

    @property
    def parts(self) -> list[str]:
        """The names of its variable parts."""
        return re.findall(r"\{([^{}]+)\}", self.pattern)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """The sound bodies that may suit it."""
        return [body for word, body in SOUND if word in self.pattern] or [body for _, body in SOUND]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One random request to a route."""

    path: str
    query: dict[str, str]
    content: bytes


@st.composite
def attempts_at(draw: st.DrawFn, route: Route) -> Attempt:
    """Draw a request: mostly likely values in path and query, a body that is sound, nearly so, or anything."""
    path = route.pattern
    for name in route.parts:
        likely = LIKELY.get(name, ["1", "email"])
        part = draw(st.sampled_from([*likely * 4, *ODD_PARTS] if name != "slash" else likely))
        path = path.replace(f"{{{name}}}", part, 1)
    names = draw(st.lists(st.sampled_from(QUERY_NAMES), max_size=6, unique=True))
    query = {name: draw(st.sampled_from(LIKELY.get(name, ["0"])) | TEXTS) for name in names}
    return Attempt(path, query, draw(contents_for(route)))


def contents_for(route: Route) -> st.SearchStrategy[bytes]:
    """Return bodies for a route."""
    sound = st.sampled_from(route.bodies)
    documents = sound | mutated(route) | mutated(route) | VALUES
    if "oauth" in route.pattern and not route.pattern.startswith(CONTROL):
        return st.dictionaries(st.sampled_from(FORM_NAMES), st.sampled_from(FORM_VALUES) | TEXTS).map(_encode_form)
    return documents.map(lambda body: json.dumps(body).encode()) | st.binary(max_size=40)


def _encode_form(form: dict[str, str]) -> bytes:
    return urlencode(form).encode()


@st.composite
def mutated(draw: st.DrawFn, route: Route) -> Any:
    """Draw a sound body with one part replaced."""
    body = json.loads(json.dumps(draw(st.sampled_from(route.bodies))))
    place, keys = body, sorted(body)
    for _ in range(draw(st.integers(0, 4))):
        inner = place[draw(st.sampled_from(keys))]
        if not inner or not isinstance(inner, dict | list):
            break
        place, keys = inner, sorted(inner) if isinstance(inner, dict) else list(range(len(inner)))
    place[draw(st.sampled_from(keys))] = draw(VALUES)
    return body


def list_routes() -> list[Route]:
    """Return every route of the sandbox, sorted; those for any method are called with POST."""
    app = create_app(create_state(Settings(world="empty")))
    found = {
        Route("POST" if route.method == "*" else route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    return sorted(found, key=lambda route: (route.pattern, route.method))


@pytest.fixture
async def sandbox() -> AsyncIterator[RunningSandbox]:
    """Run the demo world, small, without rate limits, on a clock that stands still."""
    clock = Clock(machine=lambda: START)
    running = await start(Settings(friends=60, line=LineSettings(limits_on=False)), clock=clock)
    yield running
    await running.aclose()


def draw_attempts(route: Route) -> list[Attempt]:
    """Return random requests to a route."""
    attempts: list[Attempt] = []

    @settings(max_examples=25, suppress_health_check=list(HealthCheck), deadline=None)
    @given(attempts_at(route))
    def collect(attempt: Attempt) -> None:
        attempts.append(attempt)

    collect()
    return attempts


async def find_headers(sandbox: RunningSandbox, http: aiohttp.ClientSession, route: Route) -> dict[str, str]:
    """Return headers that open the route's vendor."""
    if route.pattern.startswith(LINE_PATHS):
        form = {"grant_type": "client_credentials", "client_id": CHANNEL_ID, "client_secret": CHANNEL_SECRET}
        async with http.post(sandbox.url + "/oauth2/v3/token", data=form) as response:
            token = (await response.json())["access_token"]
    else:
        token = DEMO_TOKEN
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


@pytest.mark.parametrize("route", list_routes(), ids=lambda route: f"{route.method} {route.pattern}")
async def test_any_request_is_answered(sandbox: RunningSandbox, route: Route) -> None:
    """No request makes a route fail by itself, and a vendor's answer has a request id."""
    failed: list[Attempt] = []
    async with aiohttp.ClientSession() as http:
        headers = await find_headers(sandbox, http, route)
        for attempt in draw_attempts(route):
            url = sandbox.url + attempt.path
            call = http.request(
                route.method, url, params=attempt.query, data=attempt.content, headers=headers, allow_redirects=False
            )
            async with call as response:
                await response.read()
            if response.status >= 500:
                failed.append(attempt)
            if not attempt.path.startswith(CONTROL):
                name = LINE_HEADER if attempt.path.startswith(LINE_PATHS) else OTHER_HEADER

                assert response.headers[name]
            if (route.method, route.pattern) == ASKS_FOR_FAILURE:
                sandbox.state.faults.clear()

    assert failed == []
