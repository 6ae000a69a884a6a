"""Webhook delivery: timeouts, redelivery, disorder, and what stopping leaves (LP 8.1, 8.5; rows B34, B35)."""

import asyncio
from datetime import timedelta

import aiohttp
import pytest

from sandbox.app import start
from sandbox.clock import Clock
from sandbox.settings import Settings
from tests.contract.sandbox.line.driver import CHANNEL_ID, SECRET, START, OfficialAccount, user_id
from tests.contract.sandbox.line.receiver import (
    Receiver,
    act,
    is_accepted,
    listen,
    read_settled,
    set_endpoint,
)
from tests.infrastructure.eventually import eventually


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
    await oa.change_settings(webhook_timeout=0.1)
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
