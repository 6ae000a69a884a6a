"""Every answer is what the official SDK's models say, and has a request id (LP 11.2)."""

import io
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from linebot.v3 import audience, insight, messaging
from pydantic.v1 import BaseModel

from tests.contract.sandbox.line.conformance.schemas import find_faults
from tests.contract.sandbox.line.driver import TEXT, Answer, OfficialAccount, one_audience

URL = "https://shop.example/spring"
DAY = 86_400
YESTERDAY = "20260615"
# What LINE's reference has and its OpenAPI lacks; the deviations that LP 11.2 accepts.
AUDIENCE_DEVIATIONS = frozenset({"jobs.status"}) | frozenset(
    f"{place}{name}"
    for place in ("audienceGroup.", "audienceGroups.")
    for name in ("expireTimestamp", "activated", "inactivatedTimestamp", "webtraffic")
)
DAILY_DEVIATIONS = frozenset(
    ("stepMessage", "ccAutoReply", "ccManualReply", "pnpNoticeMessage", "pnpCallToLine", "thirdPartyChatTool")
)


@dataclass(slots=True)
class Scene:
    """An OA in which something of everything has happened."""

    oa: OfficialAccount
    token: str
    friend: str
    upload: int
    impression: int
    shared: int
    request_id: str

    async def call(self, method: str, path: str, body: Any = None) -> Answer:
        """Call the API; `{name}` in a path stands for a field of the scene."""
        fields = {name: getattr(self, name) for name in ("friend", "upload", "impression", "shared", "request_id")}
        return await self.oa.call(method, path.format(**fields), body=body, token=self.token)


@pytest.fixture
async def scene(oa: OfficialAccount) -> Scene:
    """Make friends, audiences of several kinds, a narrowcast with reactions, a unit, and yesterday's counts."""
    await oa.change_settings(limits_on=False)
    await oa.control("POST", "quota", limit=10_000)
    friends = list(await oa.befriend(130))
    upload = await oa.make_audience("UPLOAD", friends)
    shared = await oa.make_audience("WEBTRAFFIC", friends, foreign=True)
    await oa.make_audience("IMP", friends[:60], status="FAILED")
    ids = [{"id": one} for one in friends[:2]]
    await oa.call("PUT", "/v2/bot/audienceGroup/upload", body={"audienceGroupId": upload, "audiences": ids})
    bubbles = [{"type": "text", "text": URL}]
    request_id = (await oa.narrowcast(recipient=one_audience(upload), messages=bubbles)).request_id
    await oa.finish(request_id)
    seen = await oa.call("POST", "/v2/bot/audienceGroup/imp", body={"description": "seen", "requestId": request_id})
    units = {"to": friends[:50], "messages": bubbles, "customAggregationUnits": ["spring"]}
    await oa.call("POST", "/v2/bot/message/multicast", body=units)
    await oa.control("POST", "daily-counts", date=YESTERDAY, counters={"stepMessage": 5, "broadcast": 1})
    await oa.call("PUT", "/v2/bot/channel/webhook/endpoint", body={"endpoint": "https://example.test/hook"})
    oa.clock.advance(3 * DAY)
    token = await oa.issue_token()
    return Scene(oa, token, friends[0], upload, seen.body["audienceGroupId"], shared, request_id)


Reads = tuple[str, type[BaseModel], frozenset[str]]
READS: list[Reads] = [
    ("/v2/bot/audienceGroup/{upload}", audience.GetAudienceDataResponse, AUDIENCE_DEVIATIONS),
    ("/v2/bot/audienceGroup/{impression}", audience.GetAudienceDataResponse, AUDIENCE_DEVIATIONS),
    ("/v2/bot/audienceGroup/list?page=1", audience.GetAudienceGroupsResponse, AUDIENCE_DEVIATIONS),
    ("/v2/bot/audienceGroup/shared/{shared}", audience.GetSharedAudienceDataResponse, AUDIENCE_DEVIATIONS),
    ("/v2/bot/audienceGroup/shared/list", audience.GetSharedAudienceGroupsResponse, AUDIENCE_DEVIATIONS),
    (
        "/v2/bot/message/progress/narrowcast?requestId={request_id}",
        messaging.NarrowcastProgressResponse,
        frozenset(),
    ),
    ("/v2/bot/message/quota", messaging.MessageQuotaResponse, frozenset()),
    ("/v2/bot/message/quota/consumption", messaging.QuotaConsumptionResponse, frozenset()),
    *(
        (f"/v2/bot/message/delivery/{kind}?date={YESTERDAY}", messaging.NumberOfMessagesResponse, frozenset[str]())
        for kind in ("reply", "push", "multicast", "broadcast")
    ),
    ("/v2/bot/message/aggregation/info", messaging.GetAggregationUnitUsageResponse, frozenset()),
    ("/v2/bot/message/aggregation/list?limit=1", messaging.GetAggregationUnitNameListResponse, frozenset()),
    ("/v2/bot/info", messaging.BotInfoResponse, frozenset()),
    (f"/v2/bot/insight/followers?date={YESTERDAY}", insight.GetNumberOfFollowersResponse, frozenset()),
    (
        f"/v2/bot/insight/message/delivery?date={YESTERDAY}",
        insight.GetNumberOfMessageDeliveriesResponse,
        DAILY_DEVIATIONS,
    ),
    ("/v2/bot/insight/message/event?requestId={request_id}", insight.GetMessageEventResponse, frozenset()),
    (
        "/v2/bot/insight/message/event/aggregation?customAggregationUnit=spring&from=20260601&to=20260630",
        insight.GetStatisticsPerUnitResponse,
        frozenset(),
    ),
    ("/v2/bot/channel/webhook/endpoint", messaging.GetWebhookEndpointResponse, frozenset()),
    ("/v2/bot/insight/demographic", insight.GetFriendsDemographicsResponse, frozenset()),
    ("/v2/bot/followers/ids?limit=10", messaging.GetFollowersResponse, frozenset()),
    ("/v2/bot/profile/{friend}", messaging.UserProfileResponse, frozenset()),
]


@pytest.mark.parametrize(("path", "model", "deviations"), READS, ids=[path.split("?")[0] for path, _, _ in READS])
async def test_reads(scene: Scene, path: str, model: type[BaseModel], deviations: frozenset[str]) -> None:
    """An answer parses, and has no property that the model lacks but the accepted ones."""
    answer = await scene.call("GET", path)

    assert answer.status == 200, answer.body
    assert answer.request_id
    assert find_faults(model, answer.body, deviations=deviations) == []


Writes = tuple[str, str, Any, int, type[BaseModel] | None]
WRITES: list[Writes] = [
    ("POST", "/v2/bot/message/narrowcast", {"messages": [TEXT]}, 202, None),
    ("POST", "/v2/bot/message/multicast", {"messages": [TEXT], "to": ["{friend}"]}, 200, None),
    ("POST", "/v2/bot/message/broadcast", {"messages": [TEXT]}, 200, None),
    ("POST", "/v2/bot/message/push", {"messages": [TEXT], "to": "{friend}"}, 200, messaging.PushMessageResponse),
    *(
        ("POST", f"/v2/bot/message/validate/{kind}", {"messages": [TEXT]}, 200, None)
        for kind in ("reply", "push", "multicast", "narrowcast", "broadcast")
    ),
    (
        "POST",
        "/v2/bot/audienceGroup/upload",
        {"description": "a", "audiences": [{"id": "{friend}"}]},
        202,
        audience.CreateAudienceGroupResponse,
    ),
    (
        "POST",
        "/v2/bot/audienceGroup/click",
        {"description": "a", "requestId": "{request_id}", "clickUrl": URL},
        202,
        audience.CreateClickBasedAudienceGroupResponse,
    ),
    ("PUT", "/v2/bot/channel/webhook/endpoint", {"endpoint": "https://example.test/hook"}, 200, None),
    (
        "POST",
        "/v2/bot/channel/webhook/test",
        {"endpoint": "http://127.0.0.1:9/closed"},
        200,
        messaging.TestWebhookEndpointResponse,
    ),
    ("PUT", "/v2/bot/audienceGroup/{upload}/updateDescription", {"description": "b"}, 200, None),
    ("DELETE", "/v2/bot/audienceGroup/{upload}", None, 202, None),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "model"), WRITES, ids=[f"{w[0]} {w[1]}" for w in WRITES])
async def test_writes(
    scene: Scene, method: str, path: str, body: Any, status: int, model: type[BaseModel] | None
) -> None:
    """A change answers with its status and either `{}` or what its model says."""
    answer = await scene.call(method, path, _fill(body, scene))

    assert answer.status == status, answer.body
    assert answer.request_id
    if model is None:
        assert answer.body == {}
    else:
        assert find_faults(model, answer.body, deviations=frozenset({"expireTimestamp"})) == []


async def send_too_much(scene: Scene) -> Answer:
    """Send more than 2 MB."""
    headers = {"Authorization": f"Bearer {scene.token}", "Content-Type": "application/json"}
    content = io.BytesIO(b'{"messages": "' + b"x" * 2 * 1024 * 1024 + b'"}')
    url = scene.oa.sandbox.url + "/v2/bot/message/broadcast"
    async with scene.oa.http.post(url, data=content, headers=headers) as response:
        return Answer(response.status, dict(response.headers), await response.json())


Failing = Callable[[Scene], Awaitable[Answer]]
FAILURES: dict[int, Failing] = {
    400: lambda scene: scene.call("GET", "/v2/bot/audienceGroup/1"),
    401: lambda scene: scene.oa.call("GET", "/v2/bot/info", token="nobody"),
    404: lambda scene: scene.call("GET", f"/v2/bot/message/progress/narrowcast?requestId={uuid.UUID(int=0)}"),
    413: send_too_much,
}


@pytest.mark.parametrize("status", FAILURES)
async def test_failures(scene: Scene, status: int) -> None:
    """A refusal has the shape of LP 1.4 and a request id."""
    answer = await FAILURES[status](scene)

    assert answer.status == status
    assert answer.request_id
    assert find_faults(messaging.ErrorResponse, answer.body) == []


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v2/bot/nothing"), ("GET", "/v2/"), ("GET", "/oauth2/v9/token"), ("PATCH", "/v2/bot/info")],
)
async def test_paths_out_of_the_contract(scene: Scene, method: str, path: str) -> None:
    """What the contract lacks is a 404 or 405 with a request id."""
    answer = await scene.call(method, path)

    assert answer.status in (404, 405)
    assert answer.request_id


async def test_request_ids_are_unique(scene: Scene) -> None:
    """No two answers have the same request id, errors included."""
    answers = [await scene.call("GET", path) for path in ("/v2/bot/info", "/v2/bot/nothing") for _ in range(50)]

    assert len({answer.request_id for answer in answers}) == 100


def _fill(body: Any, scene: Scene) -> Any:
    """Put fields of the scene into a body."""
    if isinstance(body, dict):
        return {name: _fill(value, scene) for name, value in body.items()}
    if isinstance(body, list):
        return [_fill(value, scene) for value in body]
    if body == "{friend}":
        return scene.friend
    return scene.request_id if body == "{request_id}" else body
