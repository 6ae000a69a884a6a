"""Webhooks: settings, events, signature, delivery and redelivery (LP 8; rows A23, B34, B35)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from linebot.v3 import WebhookParser, messaging, webhooks

from sandbox.app import start
from sandbox.clock import Clock
from sandbox.settings import Settings
from tests.contract.sandbox.line.driver import CHANNEL_ID, SECRET, START, OfficialAccount, user_id
from tests.contract.sandbox.line.receiver import (
    SETTINGS,
    Receiver,
    act,
    bodies,
    listen,
    read_settled,
    set_endpoint,
)
from tests.infrastructure.eventually import eventually

TEST = "/v2/bot/channel/webhook/test"
CHANNEL = f"/line/channels/{CHANNEL_ID}"
UNSET = {"message": "Webhook endpoint not found"}


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Give a receiver that answers 200."""
    async with listen() as running:
        yield running


@pytest.fixture
async def bot(oa: OfficialAccount, receiver: Receiver) -> OfficialAccount:
    """Give the OA with the receiver as its endpoint."""
    await set_endpoint(oa, receiver.url)
    return oa


# Settings (LP 8.8)


async def test_the_sdk_sets_gets_and_tests_the_endpoint(oa: OfficialAccount, receiver: Receiver) -> None:
    """The SDK's models fit; the test really calls the endpoint, with no events and a signature that holds."""
    request = messaging.SetWebhookEndpointRequest(endpoint=receiver.url)
    await oa.sdk(lambda sdk: sdk.messaging.set_webhook_endpoint(request))
    shown = await oa.sdk(lambda sdk: sdk.messaging.get_webhook_endpoint())
    result = await oa.sdk(lambda sdk: sdk.messaging.test_webhook_endpoint())
    [post] = receiver.posts
    payload = WebhookParser(SECRET).parse(post.body.decode(), post.signature, as_payload=True)

    assert (shown.endpoint, shown.active) == (receiver.url, True)
    assert (result.success, result.status_code, result.reason, result.detail) == (True, 200, "OK", "200")
    assert result.timestamp == START
    assert (payload.events, payload.destination) == ([], (await oa.control("GET", CHANNEL))["bot_user_id"])


async def test_an_unset_endpoint_is_not_found(oa: OfficialAccount) -> None:
    """Without an endpoint there is nothing to show or to test; one given with the test needs no setting."""
    shown, tested = await oa.call("GET", SETTINGS), await oa.call("POST", TEST, body={})
    async with listen() as other:
        given = await oa.call("POST", TEST, body={"endpoint": other.url})

    assert (shown.status, shown.body) == (tested.status, tested.body) == (404, UNSET)
    assert (given.body["success"], len(other.posts)) == (True, 1)


async def test_channels_may_start_without_webhooks(bot: OfficialAccount, receiver: Receiver) -> None:
    """Events go out only while the webhook is used: a switch says so at first, then the developer."""
    await bot.change_settings(webhook_active_at_first=False)
    await bot.befriend(1)
    shown = await bot.call("GET", SETTINGS)
    await bot.control("POST", "webhooks", active=True)
    await bot.befriend(1, first=1)
    read_back = await read_settled(bot)

    assert shown.body == {"endpoint": receiver.url, "active": False}
    assert [event["source"]["userId"] for [event] in bodies(read_back)] == [user_id(1)]


@pytest.mark.parametrize(
    ("endpoint", "status"),
    [
        ("https://example.test/" + "x" * 479, 200),
        ("https://example.test/" + "x" * 480, 400),
        ("http://127.0.0.1:1/", 200),
        ("http://[::1]/", 200),
        ("http://localhost/", 200),
        ("http://example.test/", 400),
        ("ftp://127.0.0.1/", 400),
        ("https:///callback", 400),
        ("https://example.test/コール", 400),
        ("https://example.test:99999/", 400),
        ("https://user@example.test/", 400),
        ("", 400),
        (None, 400),
        (1, 400),
    ],
)
async def test_which_endpoints_can_be_set(oa: OfficialAccount, endpoint: Any, status: int) -> None:
    """An endpoint has up to 500 characters and https; plain http is for loopback, as the sandbox has no TLS."""
    answer = await oa.call("PUT", SETTINGS, body={"endpoint": endpoint})

    assert answer.status == status
    if status == 400 and endpoint is not None:
        assert (await oa.call("POST", TEST, body={"endpoint": endpoint})).body == answer.body


@pytest.mark.parametrize(
    ("switch", "statuses"), [("refused", (400, 400)), ("loopback", (200, 400)), ("anywhere", (200, 200))]
)
async def test_plain_http_is_a_switch(oa: OfficialAccount, switch: str, statuses: tuple[int, int]) -> None:
    """Plain http can be refused as LINE does, or allowed for other machines."""
    await oa.change_settings(webhook_plain_http=switch)
    urls = ("http://127.0.0.1/", "http://bot.test/")
    answers = [await oa.call("PUT", SETTINGS, body={"endpoint": url}) for url in urls]

    assert tuple(answer.status for answer in answers) == statuses


async def test_rates_of_the_settings(oa: OfficialAccount) -> None:
    """The endpoint is set and read 1,000 times a minute each, and tested 60 times an hour (LP 1.6)."""
    token = await oa.issue_token()
    read = [(await oa.call("GET", SETTINGS, token=token)).status for _ in range(1001)]
    tested = [(await oa.call("POST", TEST, body={}, token=token)).status for _ in range(61)]
    oa.clock.advance(60)

    assert read == [404] * 1000 + [429]
    assert tested == [404] * 60 + [429]
    assert (await oa.call("GET", SETTINGS, token=token)).status == 404
    assert (await oa.call("POST", TEST, body={}, token=token)).status == 404


@pytest.mark.parametrize(
    ("status", "reason", "shown"),
    [(204, "OK", 204), (302, "ERROR_STATUS_CODE", 302), (500, "ERROR_STATUS_CODE", 500), (None, "UNCLASSIFIED", 0)],
)
async def test_how_a_test_can_end(
    oa: OfficialAccount, receiver: Receiver, status: int | None, reason: str, shown: int
) -> None:
    """The test says what came back; any 2xx is a success."""
    receiver.statuses = [status]
    answer = await oa.call("POST", TEST, body={"endpoint": receiver.url})

    assert (answer.status, answer.body["success"]) == (200, reason == "OK")
    assert (answer.body["statusCode"], answer.body["reason"]) == (shown, reason)
    assert answer.body["timestamp"] == "2026-06-15T03:00:00.000Z"


async def test_a_test_without_an_answer(oa: OfficialAccount, receiver: Receiver) -> None:
    """Nobody listening and nobody answering in time are told apart, and do not count as delivery errors."""
    await oa.change_settings(webhook_timeout=0.1, webhook_test_status_without_answer=7)
    receiver.open.clear()
    slow = await oa.call("POST", TEST, body={"endpoint": receiver.url})
    async with listen() as gone:
        pass
    nobody = await oa.call("POST", TEST, body={"endpoint": gone.url})
    read_back = await read_settled(oa)

    assert (slow.body["reason"], slow.body["statusCode"]) == ("REQUEST_TIMEOUT", 7)
    assert (nobody.body["reason"], nobody.body["success"]) == ("COULD_NOT_CONNECT", False)
    assert [attempt["attempt"] for attempt in read_back["attempts"]] == [0, 0]
    assert read_back["errors"] == {}


# Events (LP 8.2-8.4)


async def test_a23_the_sdk_parses_every_event(bot: OfficialAccount, receiver: Receiver) -> None:
    """The SDK's parser takes every body with its signature, and knows every event."""
    await act(bot, "follow", user_id(1))
    await act(bot, "message", user_id(1), text="こんにちは \U0001f600")
    await act(bot, "postback", user_id(1), data="a=1", params={"date": "2026-06-15"})
    await act(bot, "unfollow", user_id(1))
    await act(bot, "follow", user_id(1))
    await read_settled(bot)
    parser = WebhookParser(SECRET)
    events = [event for post in receiver.posts for event in parser.parse(post.body.decode(), post.signature)]

    assert [type(event) for event in events] == [
        webhooks.FollowEvent,
        webhooks.MessageEvent,
        webhooks.PostbackEvent,
        webhooks.UnfollowEvent,
        webhooks.FollowEvent,
    ]
    assert (events[0].follow.is_unblocked, events[4].follow.is_unblocked) == (False, True)
    assert (type(events[1].message), events[1].message.text) == (webhooks.TextMessageContent, "こんにちは \U0001f600")
    assert (events[2].postback.data, events[2].postback.params) == ("a=1", {"date": "2026-06-15"})
    assert {post.content_type for post in receiver.posts} == {"application/json; charset=utf-8"}


async def test_common_properties(bot: OfficialAccount, receiver: Receiver) -> None:
    """Events have the properties of LP 8.3 with ids of their own; what has no value is left out."""
    await act(bot, "follow", user_id(1))
    bot.clock.advance(1.5)
    await act(bot, "unfollow", user_id(1))
    await read_settled(bot)
    follow, unfollow = receiver.events

    assert follow == {
        "type": "follow",
        "mode": "active",
        "timestamp": int(START.timestamp()) * 1000,
        "source": {"type": "user", "userId": user_id(1)},
        "webhookEventId": follow["webhookEventId"],
        "deliveryContext": {"isRedelivery": False},
        "replyToken": follow["replyToken"],
        "follow": {"isUnblocked": False},
    }
    assert (len(follow["webhookEventId"]), len(follow["replyToken"])) == (26, 32)
    assert follow["webhookEventId"] < unfollow["webhookEventId"]
    assert unfollow.keys() == follow.keys() - {"replyToken", "follow"}
    assert unfollow["timestamp"] == follow["timestamp"] + 1500


async def test_people_who_did_not_consent_have_no_id(bot: OfficialAccount, receiver: Receiver) -> None:
    """The source of a user who did not consent is without `userId`."""
    await bot.befriend(1, consented=False)
    await read_settled(bot)

    assert receiver.events[0]["source"] == {"type": "user"}


async def test_friends_and_blocks_are_events(bot: OfficialAccount, receiver: Receiver) -> None:
    """New friends follow, new blocks unfollow and lifted ones follow again; what changes nothing is no event."""
    ids = await bot.befriend(3)
    await bot.control("POST", "friends", people=[{"user_id": user_id(9), "blocked": True}, {"user_id": ids[0]}])
    for _ in range(2):
        await bot.control("POST", "blocks", user_ids=[ids[1]])
    for _ in range(2):
        await bot.control("DELETE", "blocks", user_ids=[ids[1]])
    await act(bot, "follow", ids[0])
    await read_settled(bot)
    told = [(event["type"], event["source"]["userId"], event.get("follow")) for event in receiver.events]

    assert told == [
        *(("follow", one, {"isUnblocked": False}) for one in ids),
        ("unfollow", ids[1], None),
        ("follow", ids[1], {"isUnblocked": True}),
    ]


async def test_generated_friends_are_events(bot: OfficialAccount, receiver: Receiver) -> None:
    """Generated friends follow as well, in POSTs of at most 100 events."""
    counts = await bot.control("POST", "friends", count=250, shares={"blocked": 0.2})
    await read_settled(bot)

    assert len(receiver.events) == counts["friends"] - counts["blocks"]
    assert max(len(post.events) for post in receiver.posts) == 100


async def test_following_changes_the_people(bot: OfficialAccount) -> None:
    """Follows and unfollows are real: friends and blocks change with them."""
    await act(bot, "message", user_id(1), text="hi")
    stranger = await bot.control("GET", CHANNEL)
    await act(bot, "follow", user_id(1))
    friend = await bot.control("GET", CHANNEL)
    await act(bot, "unfollow", user_id(1))
    gone = await bot.control("GET", CHANNEL)

    assert [(shown["friends"], shown["blocks"]) for shown in (stranger, friend, gone)] == [(0, 0), (1, 0), (1, 1)]


async def test_who_wrote_can_be_pushed_for_a_week(bot: OfficialAccount) -> None:
    """A message makes its writer reachable by push for 7 days without friendship; a postback does not."""
    body = {"to": user_id(1), "messages": [{"type": "text", "text": "hi"}]}
    await act(bot, "postback", user_id(1), data="x")
    statuses = [(await bot.call("POST", "/v2/bot/message/push", body=body)).status]
    before = (await bot.control("GET", "deliveries"))["total"]
    await act(bot, "message", user_id(1), text="hi")
    for days in (7 - 1 / 86_400, 2 / 86_400):
        bot.clock.advance(timedelta(days=days).total_seconds())
        statuses.append((await bot.call("POST", "/v2/bot/message/push", body=body)).status)

    assert statuses == [200, 200, 200]
    assert (before, (await bot.control("GET", "deliveries"))["total"]) == (0, 1)


async def test_channels_of_one_oa_sign_for_themselves(bot: OfficialAccount, receiver: Receiver) -> None:
    """Each channel with an endpoint gets the event under its own secret and with its own ids."""
    owner = (await bot.control("GET", CHANNEL))["bot_user_id"]
    await bot.control("POST", "/line/channels", channel_id="77", secret="other", bot_user_id=owner)
    other = OfficialAccount(bot.sandbox, bot.http, channel_id="77", secret="other")
    await set_endpoint(other, receiver.url)
    await act(bot, "follow", user_id(1))
    for one in (bot, other):
        await read_settled(one)
    accepted = [[secret for secret in (SECRET, "other") if is_accepted(secret, post)] for post in receiver.posts]

    assert sorted(accepted) == [[SECRET], ["other"]]
    assert len({event["webhookEventId"] for event in receiver.events}) == 2


def is_accepted(secret: str, post: Any) -> bool:
    """Whether the SDK finds the signature right."""
    return bool(WebhookParser(secret).signature_validator.validate(post.body.decode(), post.signature))


# Delivery (LP 8.1, 8.5)


async def test_b34_a_slow_receiver_gets_the_event_again(bot: OfficialAccount, receiver: Receiver) -> None:
    """A receiver that does not answer in 2 s gets the same event again, with the same ids and `isRedelivery`."""
    await bot.control("POST", "webhooks", redelivery=True)
    receiver.open.clear()
    await act(bot, "follow", user_id(1))
    first = await read_settled(bot)
    receiver.open.set()
    bot.clock.advance(59)
    early = await read_settled(bot)
    bot.clock.advance(1)
    await eventually(lambda: len(receiver.posts) == 2)
    last = await read_settled(bot)
    bot.clock.advance(3600)
    one, two = receiver.events

    assert [attempt["reason"] for attempt in first["attempts"]] == ["request_timeout"]
    assert first["errors"] == last["errors"] == {"request_timeout": 1}
    assert len(early["attempts"]) == 1
    assert [(attempt["attempt"], attempt["status"]) for attempt in last["attempts"]] == [(1, None), (2, 200)]
    assert two == {**one, "deliveryContext": {"isRedelivery": True}}
    assert len((await read_settled(bot))["attempts"]) == 2


async def test_b35_two_follows_share_a_post(bot: OfficialAccount, receiver: Receiver) -> None:
    """Events of the same moment come in one POST, or each in its own where the switch says so; none is lost."""
    await bot.befriend(2)
    await read_settled(bot)
    await bot.change_settings(webhook_events_at_once=1)
    await bot.befriend(2, first=2)
    await read_settled(bot)

    assert [len(post.events) for post in receiver.posts] == [2, 1, 1]
    assert [event["source"]["userId"] for event in receiver.events] == [user_id(number) for number in range(4)]


async def test_redelivery_is_off_by_default(bot: OfficialAccount, receiver: Receiver) -> None:
    """A failed event is gone for good unless the channel has redelivery on."""
    receiver.statuses = [500]
    await act(bot, "follow", user_id(1))
    await read_settled(bot)
    bot.clock.advance(86_400)
    read_back = await read_settled(bot)

    assert [(one["status"], one["reason"]) for one in read_back["attempts"]] == [(500, "error_status_code")]
    assert len(receiver.posts) == 1


@pytest.mark.parametrize("jump", [10, 3600])
async def test_redelivery_ends_after_its_number(bot: OfficialAccount, receiver: Receiver, jump: int) -> None:
    """An event is sent again at the set interval and number, however the clock gets there."""
    await bot.control("POST", "webhooks", redelivery=True)
    await bot.change_settings(webhook_redeliveries=2, webhook_redelivery_interval=10)
    receiver.statuses = [500, 404, 301, 200]
    await act(bot, "follow", user_id(1))
    for _ in range(4):
        await read_settled(bot)
        bot.clock.advance(jump)
    await eventually(lambda: len(receiver.posts) == 3)
    read_back = await read_settled(bot)
    start = bot.clock.now() - timedelta(seconds=4 * jump)

    assert [one["status"] for one in read_back["attempts"]] == [500, 404, 301]
    assert [one["time"] for one in read_back["attempts"]] == [
        (start + timedelta(seconds=seconds)).isoformat() for seconds in (0, 10, 20)
    ]
    assert read_back["errors"] == {"error_status_code": 3}


async def test_redelivery_comes_by_itself_on_a_running_clock(bot: OfficialAccount, receiver: Receiver) -> None:
    """With a clock that runs nobody needs to call for the redelivery to come."""
    await bot.control("POST", "webhooks", redelivery=True)
    receiver.statuses = [500]
    await act(bot, "follow", user_id(1))
    await eventually(lambda: len(receiver.posts) == 1)
    bot.clock.run_at(600)
    await eventually(lambda: len(receiver.posts) == 2)

    assert receiver.events[1]["deliveryContext"] == {"isRedelivery": True}


async def test_every_reason_is_counted(oa: OfficialAccount, receiver: Receiver) -> None:
    """The error statistics tell the four reasons apart."""
    await oa.change_settings(webhook_timeout=0.1)
    async with listen() as gone:
        pass
    await set_endpoint(oa, gone.url)
    await act(oa, "follow", user_id(1))
    await read_settled(oa)
    await set_endpoint(oa, receiver.url)
    receiver.statuses = [None, 503]
    for number in (2, 3):
        await act(oa, "follow", user_id(number))
        await read_settled(oa)
    receiver.open.clear()
    await act(oa, "follow", user_id(4))
    read_back = await read_settled(oa)
    cleared = await oa.control("DELETE", "webhooks")

    assert read_back["errors"] == {
        "could_not_connect": 1,
        "error_status_code": 1,
        "request_timeout": 1,
        "unclassified": 1,
    }
    assert (cleared["errors"], cleared["attempts"], cleared["endpoint"]) == ({}, [], receiver.url)


async def test_events_stop_when_the_webhook_is_turned_off(bot: OfficialAccount, receiver: Receiver) -> None:
    """A redelivery that is due while the webhook is not used is not sent."""
    await bot.control("POST", "webhooks", redelivery=True)
    receiver.statuses = [500]
    await act(bot, "follow", user_id(1))
    await read_settled(bot)
    await bot.control("POST", "webhooks", active=False)
    bot.clock.advance(60)
    await act(bot, "unfollow", user_id(1))
    read_back = await read_settled(bot)

    assert (len(read_back["attempts"]), len(receiver.posts)) == (1, 1)


async def test_duplicates_can_be_asked_for(bot: OfficialAccount, receiver: Receiver) -> None:
    """The same event comes twice without being a redelivery; the next one comes once."""
    await bot.control("POST", "webhooks/faults", kind="duplicate")
    await act(bot, "follow", user_id(1))
    await act(bot, "follow", user_id(2))
    await read_settled(bot)
    one, two, three = receiver.posts

    assert (one, one.events[0]["deliveryContext"]) == (two, {"isRedelivery": False})
    assert three.events[0]["source"]["userId"] == user_id(2)


async def test_disorder_can_be_asked_for(bot: OfficialAccount, receiver: Receiver) -> None:
    """Three POSTs come in reverse order; when fewer come they can be let go."""
    for _ in range(2):
        await bot.control("POST", "webhooks/faults", kind="reorder", times=3)
        await act(bot, "follow", user_id(1))
        await act(bot, "message", user_id(1), text="hi")
        held = (await read_settled(bot))["held"]
        await act(bot, "unfollow", user_id(1))
        await read_settled(bot)
    await bot.control("POST", "webhooks/faults", kind="reorder", times=2)
    await act(bot, "postback", user_id(1), data="x")
    await bot.control("DELETE", "webhooks/faults")
    await read_settled(bot)

    assert held == 2
    assert [event["type"] for event in receiver.events] == [*["unfollow", "message", "follow"] * 2, "postback"]


async def test_wrong_signatures_can_be_asked_for(bot: OfficialAccount, receiver: Receiver) -> None:
    """A POST signed with another secret is refused by the SDK, and the read-back says which one it was."""
    await bot.control("POST", "webhooks/faults", kind="wrong_signature")
    await bot.befriend(1)
    await bot.befriend(1, first=1)
    read_back = await read_settled(bot)

    assert [is_accepted(SECRET, post) for post in receiver.posts] == [False, True]
    assert [attempt["signature_ok"] for attempt in read_back["attempts"]] == [False, True]


async def test_a_hanging_receiver_holds_up_nobody_else(bot: OfficialAccount, receiver: Receiver) -> None:
    """While one channel's endpoint hangs, the API answers and other channels get their events."""
    await bot.control("POST", "/line/channels", channel_id="77", secret="other")
    other = OfficialAccount(bot.sandbox, bot.http, channel_id="77", secret="other")
    receiver.open.clear()
    await act(bot, "follow", user_id(1))
    async with listen() as quick:
        await set_endpoint(other, quick.url)
        await act(other, "follow", user_id(1))
        await read_settled(other)

        assert (len(quick.posts), (await bot.control("GET", "webhooks"))["waiting"]) == (1, 1)


async def test_stopping_leaves_nothing_behind(receiver: Receiver) -> None:
    """A sandbox that is stopped in the middle of a POST leaves no task; leftovers of it would be warnings."""
    before = asyncio.all_tasks()
    receiver.open.clear()
    sandbox = await start(Settings(world="empty"))
    async with aiohttp.ClientSession() as http:
        oa = OfficialAccount(sandbox, http)
        await oa.control("POST", "/line/channels", channel_id=CHANNEL_ID, secret=SECRET)
        await set_endpoint(oa, receiver.url)
        await act(oa, "follow", user_id(1))
        await eventually(lambda: len(receiver.posts) == 1)
        await sandbox.aclose()
    receiver.open.set()
    await eventually(lambda: asyncio.all_tasks() <= before)

    assert (sandbox.state.clock.listeners, sandbox.state.line.listeners) == ([], [])


async def test_the_same_calls_read_back_alike(receiver: Receiver) -> None:
    """The same seed and calls give the same bodies, ids, signatures and attempts, byte by byte."""
    texts = [await _tell_a_story(receiver) for _ in range(2)]

    assert texts[0] == texts[1]
    assert texts[0].count("webhookEventId") == 11


async def _tell_a_story(receiver: Receiver) -> str:
    """Run a fixed story in a new world and return the read-back as text."""
    clock = Clock()
    clock.run_at(0)
    clock.move_to(START)
    sandbox = await start(Settings(world="empty"), clock=clock)
    async with aiohttp.ClientSession() as http:
        oa = OfficialAccount(sandbox, http)
        await oa.control("POST", "/line/channels", channel_id=CHANNEL_ID, secret=SECRET)
        await set_endpoint(oa, receiver.url)
        await oa.control("POST", "webhooks", redelivery=True)
        await oa.control("POST", "webhooks/faults", kind="duplicate")
        receiver.statuses = [200, 200, 500]
        await oa.befriend(3)
        await oa.control("POST", "blocks", count=2)
        await read_settled(oa)
        oa.clock.advance(60)
        await act(oa, "message", user_id(1), text="やあ")
        await read_settled(oa)
        url = f"{sandbox.url}/_control/line/channels/{CHANNEL_ID}/webhooks"
        async with http.get(url) as response:
            text = await response.text()
    await sandbox.aclose()
    return text


# Nonsense


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("events", {"type": "follow"}),
        ("events", {"type": "follow", "user_ids": ["x"]}),
        ("events", {"type": "join", "user_ids": [user_id(1)]}),
        ("events", {"type": "message", "user_ids": [user_id(1)]}),
        ("events", {"type": "postback", "user_ids": [user_id(1)], "data": "x", "params": {"a": 1}}),
        ("webhooks", {"active": "yes"}),
        ("webhooks/faults", {"kind": "unknown"}),
        ("webhooks/faults", {"kind": "reorder", "times": 1}),
        ("webhooks/faults", {"kind": "duplicate", "times": 0}),
    ],
)
async def test_control_refuses_nonsense(oa: OfficialAccount, path: str, body: dict[str, Any]) -> None:
    """A control request that makes no sense is a 400 that says why; an unknown channel is a 404."""
    base = f"{oa.sandbox.url}/_control/line/channels"
    async with oa.http.post(f"{base}/{CHANNEL_ID}/{path}", json=body) as refused:
        message = (await refused.json())["message"]
    async with oa.http.post(f"{base}/unknown/{path}", json=body) as missing:
        pass

    assert (refused.status, missing.status, bool(message)) == (400, 404, True)


async def test_odd_texts_are_delivered(bot: OfficialAccount, receiver: Receiver) -> None:
    """Half a surrogate pair is a question mark on the wire, and the next event still comes."""
    await act(bot, "message", user_id(1), text="a\ud800b")
    await act(bot, "follow", user_id(1))
    await read_settled(bot)

    assert receiver.events[0]["message"]["text"] == "a?b"
    assert all(is_accepted(SECRET, post) for post in receiver.posts)


URLS = st.text(max_size=30) | st.sampled_from(["http://[", "https://", "http://127.0.0.1:", "https://\x00/"])
SCALARS = st.none() | st.booleans() | st.integers() | URLS | st.just("x" * 501)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(endpoint=SCALARS | st.lists(SCALARS, max_size=2), path=st.sampled_from([("PUT", SETTINGS), ("POST", TEST)]))
async def test_random_endpoints(oa: OfficialAccount, endpoint: Any, path: tuple[str, str]) -> None:
    """No endpoint makes the sandbox fail by itself."""
    await oa.change_settings(limits_on=False, webhook_timeout=0.05)
    answer = await oa.call(*path, body={"endpoint": endpoint}, token=await oa.issue_token())

    assert answer.status in (200, 400, 404)
    assert answer.request_id
