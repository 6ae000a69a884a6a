"""No request, however odd, makes the LINE stand-in fail by itself; every answer has a request id."""

import io
import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.line.app import ENDPOINTS
from sandbox.line.endpoint import Endpoint
from tests.contract.sandbox.line.driver import TEXT, OfficialAccount, one_audience

KEYS = st.sampled_from(
    [
        "messages",
        "recipient",
        "filter",
        "demographic",
        "limit",
        "max",
        "type",
        "and",
        "or",
        "not",
        "audienceGroupId",
        "requestId",
        "oneOf",
        "gte",
        "lt",
        "to",
        "audiences",
        "id",
        "description",
        "text",
        "contents",
        "template",
        "columns",
        "actions",
        "action",
        "uri",
        "quickReply",
        "items",
        "emojis",
        "altText",
    ]
)
WORDS = st.sampled_from(["operator", "audience", "redelivery", "gender", "age", "text", "flex", "bubble", "template"])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | WORDS
VALUES = st.recursive(
    SCALARS,
    lambda children: st.lists(children, max_size=4) | st.dictionaries(KEYS | st.text(max_size=5), children, max_size=5),
    max_leaves=25,
)
MESSAGE_TYPES = ["text", "textV2", "sticker", "image", "video", "audio", "location", "coupon", "imagemap", "template"]
MESSAGES = st.lists(
    st.dictionaries(KEYS, VALUES, max_size=6).flatmap(
        lambda body: st.sampled_from([*MESSAGE_TYPES, "flex"]).map(lambda kind: {**body, "type": kind})
    ),
    max_size=6,
)
RELAXED = settings(
    max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)


async def call_raw(
    oa: OfficialAccount, endpoint: Endpoint, token: str, *, query: dict[str, str], content: bytes
) -> int:
    """Call an endpoint with any body and return the status; the request id must be there."""
    url = oa.sandbox.url + re.sub(r"\{number[^/]*", lambda _: query.get("number", "1"), endpoint.path)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    async with oa.http.request(endpoint.method, url, params=query, data=content, headers=headers) as response:
        assert response.headers["X-Line-Request-Id"]
        return response.status


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: f"{endpoint.method} {endpoint.path}")
async def test_any_request_gets_an_answer(oa: OfficialAccount, endpoint: Endpoint) -> None:
    """Random queries and bodies, well-formed or not, are answered without a 500."""
    await oa.change_settings(limits_on=False)
    token = await oa.issue_token()
    texts = st.text(max_size=10) | st.integers().map(str) | st.sampled_from(["20260615", "1", "READY"])
    queries = st.dictionaries(st.sampled_from(["page", "size", "date", "requestId", "status", "number"]), texts)
    bodies = VALUES.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=50)
    full = st.fixed_dictionaries({"messages": MESSAGES}, optional={"recipient": VALUES, "filter": VALUES, "to": VALUES})
    requests: list[tuple[dict[str, str], bytes]] = []

    @RELAXED
    @given(queries, bodies | full.map(lambda value: json.dumps(value).encode()))
    def collect(query: dict[str, str], content: bytes) -> None:
        requests.append((query, content))

    collect()
    statuses = [await call_raw(oa, endpoint, token, query=query, content=content) for query, content in requests]

    assert max(statuses) < 500


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"a":' * 5_000, b"1" * 6_000])
async def test_bodies_that_are_no_object(oa: OfficialAccount, content: bytes) -> None:
    """A body that is no JSON object is a 400 in LINE's shape."""
    headers = {"Authorization": f"Bearer {await oa.issue_token()}", "Content-Type": "application/json"}
    url = oa.sandbox.url + "/v2/bot/message/narrowcast"
    async with oa.http.post(url, data=content, headers=headers) as response:
        body = await response.json()

    assert response.status == 400
    assert body["message"].startswith("The request body could not be parsed as JSON (line: ")


async def test_body_over_two_megabytes(oa: OfficialAccount) -> None:
    """A body over 2 MB is a 413 (LP 1.1)."""
    headers = {"Authorization": f"Bearer {await oa.issue_token()}", "Content-Type": "application/json"}
    url = oa.sandbox.url + "/v2/bot/message/narrowcast"
    async with oa.http.post(url, data=io.BytesIO(b" " * (2 * 1024 * 1024 + 1)), headers=headers) as response:
        status = response.status

    assert status == 413


async def test_deeply_nested_trees(oa: OfficialAccount) -> None:
    """A tree of depth 100 is evaluated, one of depth 500 is a 400."""
    tree: dict[str, Any] = one_audience(await oa.make_audience("UPLOAD", await oa.befriend(5)))
    for _ in range(100):
        tree = {"type": "operator", "not": tree}
    fine = await oa.narrowcast(recipient=tree)
    for _ in range(400):
        tree = {"type": "operator", "not": tree}
    deep = await oa.narrowcast(recipient=tree)

    assert (await oa.finish(fine.request_id))["targetCount"] == 5
    assert deep.status == 400


async def test_other_content_type(oa: OfficialAccount) -> None:
    """A body of another media type is refused by name."""
    headers = {"Authorization": f"Bearer {await oa.issue_token()}"}
    url = oa.sandbox.url + "/v2/bot/message/narrowcast"
    async with oa.http.post(url, data={"messages": TEXT["text"]}, headers=headers) as response:
        body = await response.json()

    assert response.status == 400
    assert body == {"message": "The content type, application/x-www-form-urlencoded, is not supported"}


@pytest.mark.parametrize(
    "path", ["/v2/bot/audienceGroup/authorityLevel", "/v2/bot/audienceGroup/1/activate", "/v2/nothing"]
)
async def test_paths_outside_the_contract(oa: OfficialAccount, path: str) -> None:
    """Paths that LINE removed or never had are not served, and still carry a request id (LP 11.2)."""
    answer = await oa.call("PUT", path)

    assert answer.status in (404, 405)
    assert answer.request_id


async def test_wrong_credentials(oa: OfficialAccount) -> None:
    """Wrong secrets and unknown channels get the OAuth error of LP 2.4."""
    url = oa.sandbox.url + "/oauth2/v3/token"
    for credentials in ({"client_id": oa.channel_id, "client_secret": "no"}, {"client_id": "1", "client_secret": "no"}):
        async with oa.http.post(url, data={"grant_type": "client_credentials", **credentials}) as response:
            body = await response.json()

        assert response.status == 400
        assert body == {"error": "invalid_request", "error_description": "Invalid 'client_credentials'."}
