"""Webhook events: what people do, told to the endpoint with a signature (LP 8.2-8.4; row A23)."""

from datetime import timedelta
from typing import Any

import pytest
from linebot.v3 import WebhookParser, webhooks

from tests.contract.sandbox.line.driver import CHANNEL_ID, SECRET, START, OfficialAccount, user_id
from tests.contract.sandbox.line.receiver import (
    Receiver,
    act,
    is_accepted,
    read_settled,
    set_endpoint,
)

CHANNEL = f"/line/channels/{CHANNEL_ID}"


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


async def test_odd_texts_are_delivered(bot: OfficialAccount, receiver: Receiver) -> None:
    """Half a surrogate pair is a question mark on the wire, and the next event still comes."""
    await act(bot, "message", user_id(1), text="a\ud800b")
    await act(bot, "follow", user_id(1))
    await read_settled(bot)

    assert receiver.events[0]["message"]["text"] == "a?b"
    assert all(is_accepted(SECRET, post) for post in receiver.posts)


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
