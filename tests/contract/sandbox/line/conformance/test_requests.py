"""Requests that the official SDK can build are never refused for form; those that break its schema are (LP 11.2)."""

from collections.abc import Callable
from typing import Any

import pytest
from linebot.v3 import audience, messaging
from pydantic.v1 import BaseModel

from tests.contract.sandbox.line.conformance.schemas import break_rules
from tests.contract.sandbox.line.driver import OfficialAccount, user_id

TEXT = messaging.TextMessage(text="hello")
FLEX = messaging.FlexMessage(
    alt_text="flex",
    contents=messaging.FlexBubble(
        size="kilo", body=messaging.FlexBox(layout="vertical", contents=[messaging.FlexText(text="hello")])
    ),
)
TEMPLATE = messaging.TemplateMessage(
    alt_text="template",
    template=messaging.ButtonsTemplate(
        text="choose",
        title="a title",
        thumbnail_image_url="https://example.test/a.png",
        actions=[
            messaging.URIAction(label="open", uri="https://example.test"),
            messaging.PostbackAction(label="tell", data="a=1", display_text="told"),
            messaging.MessageAction(label="say", text="said"),
        ],
    ),
)
IMAGEMAP = messaging.ImagemapMessage(
    base_url="https://example.test/map",
    alt_text="map",
    base_size=messaging.ImagemapBaseSize(height=1040, width=1040),
    actions=[
        messaging.URIImagemapAction(
            link_uri="https://example.test", area=messaging.ImagemapArea(x=0, y=0, width=520, height=520)
        )
    ],
)
BUBBLES = [TEXT, FLEX, TEMPLATE, IMAGEMAP]
DEMOGRAPHIC = messaging.OperatorDemographicFilter(
    var_and=[
        messaging.GenderDemographicFilter(one_of=["male"]),
        messaging.AgeDemographicFilter(gte="age_20", lt="age_50"),
        messaging.AreaDemographicFilter(one_of=["jp_13", "jp_27"]),
        messaging.AppTypeDemographicFilter(one_of=["ios"]),
        messaging.SubscriptionPeriodDemographicFilter(gte="day_30"),
    ]
)
LIMIT = messaging.Limit(max=100, up_to_remaining_quota=True, forbid_partial_delivery=True)
MEMBERS = [audience.Audience(id=user_id(0))]

REQUESTS: dict[str, tuple[str, str, BaseModel]] = {
    "narrowcast": (
        "POST",
        "/v2/bot/message/narrowcast",
        messaging.NarrowcastRequest(
            messages=BUBBLES, filter=messaging.Filter(demographic=DEMOGRAPHIC), limit=LIMIT, notification_disabled=True
        ),
    ),
    "push": (
        "POST",
        "/v2/bot/message/push",
        messaging.PushMessageRequest(to=user_id(0), messages=BUBBLES, custom_aggregation_units=["spring"]),
    ),
    "multicast": (
        "POST",
        "/v2/bot/message/multicast",
        messaging.MulticastRequest(to=[user_id(0)], messages=BUBBLES, custom_aggregation_units=["spring"]),
    ),
    "broadcast": ("POST", "/v2/bot/message/broadcast", messaging.BroadcastRequest(messages=BUBBLES)),
    "validate": (
        "POST",
        "/v2/bot/message/validate/narrowcast",
        messaging.ValidateMessageRequest(messages=BUBBLES),
    ),
    "upload": (
        "POST",
        "/v2/bot/audienceGroup/upload",
        audience.CreateAudienceGroupRequest(
            description="members", is_ifa_audience=False, upload_description="first", audiences=MEMBERS
        ),
    ),
    "webhook endpoint": (
        "PUT",
        "/v2/bot/channel/webhook/endpoint",
        messaging.SetWebhookEndpointRequest(endpoint="https://example.test/hook"),
    ),
}
# Where the SDK's schema is narrower or wider than LINE's own reference, which the sandbox follows.
REFERENCE_WINS: dict[str, Callable[[Any], bool]] = {}


@pytest.fixture
async def ready_oa(oa: OfficialAccount) -> OfficialAccount:
    """Give an OA with reach enough for attributes, and no rate limits."""
    await oa.befriend(120)
    await oa.change_settings(limits_on=False)
    return oa


@pytest.mark.parametrize("name", REQUESTS)
async def test_valid_requests_are_taken(ready_oa: OfficialAccount, name: str) -> None:
    """What the SDK's models call valid is not refused for its form."""
    method, path, request = REQUESTS[name]
    answer = await ready_oa.call(method, path, body=request.to_dict())  # type: ignore[attr-defined] # generated

    assert answer.status in (200, 202), answer.body


@pytest.mark.parametrize("name", REQUESTS)
async def test_broken_requests_are_refused(ready_oa: OfficialAccount, name: str) -> None:
    """What breaks a required property, a size, a length, a pattern or an enum is a 400 in LINE's shape."""
    method, path, request = REQUESTS[name]
    token = await ready_oa.issue_token()
    answers = {
        broken.rule: await ready_oa.call(method, path, body=broken.body, token=token) for broken in break_rules(request)
    }
    taken = [rule for rule, answer in answers.items() if answer.status != 400]
    shapeless = [rule for rule, answer in answers.items() if not isinstance(answer.body.get("message"), str)]

    assert answers
    assert taken == [], taken
    assert shapeless == []
