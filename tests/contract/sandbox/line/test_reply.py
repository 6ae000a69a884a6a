"""Reply and its tokens (LP 5.1, 8.6; row B20)."""

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from linebot.v3 import messaging

from tests.contract.sandbox.line.driver import CHANNEL_ID, TEXT, Answer, OfficialAccount, user_id
from tests.contract.sandbox.line.receiver import Receiver, act, read_settled

REPLY = "/v2/bot/message/reply"
INVALID = (400, {"message": "Invalid reply token"})
HELLO = messaging.TextMessage(text="hello")


@pytest.fixture
async def bot(bot: OfficialAccount) -> OfficialAccount:
    """Give the OA with an endpoint, and with redelivery after a minute."""
    await bot.control("POST", "webhooks", redelivery=True)
    return bot


async def get_token(bot: OfficialAccount, receiver: Receiver, number: int = 1) -> str:
    """Let a user write, and return the reply token that arrived."""
    await act(bot, "message", user_id(number), text="hi")
    await read_settled(bot)
    return str(receiver.events[-1]["replyToken"])


async def reply(bot: OfficialAccount, token: Any, *, retry_key: str | None = None, **more: Any) -> Answer:
    """Reply with one text."""
    body = {"replyToken": token, "messages": [TEXT], **more}
    return await bot.call("POST", REPLY, body=body, retry_key=retry_key)


def show(answer: Answer) -> tuple[int, Any]:
    """Return status and body."""
    return answer.status, answer.body


async def test_a14_the_sdk_replies(bot: OfficialAccount, receiver: Receiver) -> None:
    """The SDK replies once to whom the event came from and gets ids that are strings."""
    await bot.befriend(2, first=5)
    token = await get_token(bot, receiver)
    request = messaging.ReplyMessageRequest(replyToken=token, messages=[HELLO, HELLO])
    answer = await bot.sdk(lambda sdk: sdk.messaging.reply_message(request))
    [send] = (await bot.control("GET", "sends?recipients=true"))["sends"]

    assert len({message.id for message in answer.sent_messages}) == 2
    assert (send["kind"], send["recipients"]) == ("reply", [user_id(1)])


async def test_every_event_but_unfollow_can_be_replied_to(bot: OfficialAccount, receiver: Receiver) -> None:
    """Follow, message and postback have a reply token of their own each."""
    await act(bot, "follow", user_id(1))
    await act(bot, "message", user_id(1), text="hi")
    await act(bot, "postback", user_id(1), data="x")
    await act(bot, "unfollow", user_id(1))
    await read_settled(bot)
    tokens = [event.get("replyToken") for event in receiver.events]

    assert tokens[3] is None
    assert [(await reply(bot, token)).status for token in tokens[:3]] == [200, 200, 200]


async def test_replies_are_free(bot: OfficialAccount, receiver: Receiver) -> None:
    """A reply goes out although the month's quota is used up, and does not count against it."""
    await bot.control("POST", "quota", limit=10, used=10)
    answer = await reply(bot, await get_token(bot, receiver))
    shown = await bot.control("GET", f"/line/channels/{CHANNEL_ID}")

    assert (answer.status, shown["used"]) == (200, 10)


async def test_a_token_works_once(bot: OfficialAccount, receiver: Receiver) -> None:
    """The second reply with a token is refused, and so is a token that nobody got."""
    token = await get_token(bot, receiver)
    answers = [await reply(bot, one) for one in (token, token, "0" * 32)]

    assert answers[0].status == 200
    assert [show(answer) for answer in answers[1:]] == [INVALID, INVALID]
    assert (await bot.control("GET", "deliveries"))["total"] == 1


@pytest.mark.parametrize(("seconds", "life", "status"), [(60, 60, 200), (61, 60, 400), (61, 90, 200)])
async def test_a_token_holds_a_minute(
    bot: OfficialAccount, receiver: Receiver, seconds: float, life: float, status: int
) -> None:
    """A token holds for one minute from its receipt, or as long as the switch says."""
    await bot.change_settings(reply_token_life=life)
    token = await get_token(bot, receiver)
    bot.clock.advance(seconds)

    assert (await reply(bot, token)).status == status


async def test_tokens_are_of_one_channel(bot: OfficialAccount, receiver: Receiver) -> None:
    """Another channel, even of the same OA, can't use a token."""
    owner = (await bot.control("GET", f"/line/channels/{CHANNEL_ID}"))["bot_user_id"]
    await bot.control("POST", "/line/channels", channel_id="77", secret="other", bot_user_id=owner)
    token = await get_token(bot, receiver)
    stranger = OfficialAccount(bot.sandbox, bot.http, channel_id="77", secret="other")

    assert show(await reply(stranger, token)) == INVALID
    assert (await reply(bot, token)).status == 200


async def test_b20_a_retry_key_is_refused(bot: OfficialAccount, receiver: Receiver) -> None:
    """A reply with a retry key is a 400 and does not use the token up."""
    token = await get_token(bot, receiver)
    refused = await reply(bot, token, retry_key=str(uuid4()))

    assert refused.status == 400
    assert (await reply(bot, token)).status == 200


async def test_a_redelivered_token_holds_a_minute_again(bot: OfficialAccount, receiver: Receiver) -> None:
    """A redelivered event's token holds for one minute from the redelivery."""
    receiver.statuses = [500]
    token = await get_token(bot, receiver)
    bot.clock.advance(61)
    await read_redelivery(bot, receiver, 2)
    bot.clock.advance(60)
    other = await get_token(bot, receiver, 2)

    assert (await reply(bot, token)).status == 200
    assert (await reply(bot, other)).status == 200


async def test_a_used_token_stays_used_when_redelivered(bot: OfficialAccount, receiver: Receiver) -> None:
    """A token that was used before the redelivery does not work again."""
    receiver.statuses = [500]
    token = await get_token(bot, receiver)
    first = await reply(bot, token)
    bot.clock.advance(60)
    await read_redelivery(bot, receiver, 2)

    assert (first.status, show(await reply(bot, token))) == (200, INVALID)


@pytest.mark.parametrize(("seconds", "status"), [(0, 200), (1, 400)])
async def test_a_redelivered_token_ends_20_minutes_after_the_event(
    bot: OfficialAccount, receiver: Receiver, seconds: float, status: int
) -> None:
    """However fresh the redelivery, 20 minutes past the event its token is invalid."""
    await bot.change_settings(webhook_redelivery_interval=1190)
    receiver.statuses = [500]
    token = await get_token(bot, receiver)
    bot.clock.advance(1190)
    await read_redelivery(bot, receiver, 2)
    bot.clock.advance(10 + seconds)

    assert (await reply(bot, token)).status == status


async def read_redelivery(bot: OfficialAccount, receiver: Receiver, posts: int) -> None:
    """Wait until so many POSTs arrived and were answered."""
    await read_settled(bot)
    assert len(receiver.posts) == posts
    assert receiver.events[-1]["deliveryContext"] == {"isRedelivery": True}


async def test_who_left_gets_nothing(bot: OfficialAccount, receiver: Receiver) -> None:
    """A reply to someone who blocked since is a 200 without a delivery, as with push."""
    await bot.befriend(1, first=1)
    token = await get_token(bot, receiver)
    await act(bot, "unfollow", user_id(1))

    assert (await reply(bot, token)).status == 200
    assert (await bot.control("GET", "deliveries"))["total"] == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"replyToken": ""},
        {"replyToken": None},
        {"replyToken": 5},
        {"messages": []},
        {"messages": [TEXT] * 6},
        {"notificationDisabled": "no"},
    ],
)
async def test_a_refused_body_leaves_the_token(
    bot: OfficialAccount, receiver: Receiver, changes: dict[str, Any]
) -> None:
    """A body that breaks the form is a 400 with details, after which the token still works."""
    token = await get_token(bot, receiver)
    answer = await bot.call("POST", REPLY, body={"replyToken": token, "messages": [TEXT], **changes})

    assert (answer.status, len(answer.body["details"])) == (400, 1)
    assert (await reply(bot, token)).status == 200


JSON = st.none() | st.booleans() | st.integers() | st.text(max_size=10) | st.lists(st.text(max_size=3), max_size=2)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(body=st.dictionaries(st.sampled_from(["replyToken", "messages", "notificationDisabled"]), JSON))
async def test_random_replies(oa: OfficialAccount, body: dict[str, Any]) -> None:
    """No body makes a reply fail by itself."""
    answer = await oa.call("POST", REPLY, body=body)

    assert (answer.status, bool(answer.request_id)) == (400, True)
