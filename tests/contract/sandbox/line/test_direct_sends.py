"""Push, multicast and broadcast (LP 5.1, 6.2; rows A14, B19, B25-B27)."""

from typing import Any

import pytest
from linebot.v3 import messaging

from tests.contract.sandbox.line.driver import TEXT, Answer, OfficialAccount, user_id

KEY = "123e4567-e89b-12d3-a456-426614174000"
HELLO = messaging.TextMessage(text="hello")
GROUP = "C" + "0" * 32


async def push(oa: OfficialAccount, to: str, **more: Any) -> Answer:
    """Push one text."""
    return await oa.call("POST", "/v2/bot/message/push", body={"to": to, "messages": [TEXT]}, **more)


async def multicast(oa: OfficialAccount, *to: str, **more: Any) -> Answer:
    """Multicast one text."""
    return await oa.call("POST", "/v2/bot/message/multicast", body={"to": list(to), "messages": [TEXT], **more})


async def received(oa: OfficialAccount) -> Any:
    """Return how many messages each user got."""
    return (await oa.control("GET", "deliveries"))["by_user"]


async def test_a14_push_ids_are_strings(oa: OfficialAccount) -> None:
    """The SDK reads one string id per bubble, and a quote token of a text."""
    to = (await oa.befriend(1))[0]
    sticker = messaging.StickerMessage(package_id="1", sticker_id="2")
    request = messaging.PushMessageRequest(to=to, messages=[HELLO, sticker])
    answer = await oa.sdk(lambda line: line.messaging.push_message(request))

    assert len({message.id for message in answer.sent_messages}) == 2
    assert all(isinstance(message.id, str) for message in answer.sent_messages)
    assert answer.sent_messages[0].quote_token


async def test_b19_a_repeated_push_tells_the_same_messages(oa: OfficialAccount) -> None:
    """The 409 of a push repeats the ids that the first answer had, and nothing is sent twice (LP 1.9)."""
    to = (await oa.befriend(1))[0]
    first = await push(oa, to, retry_key=KEY)
    second = await push(oa, to, retry_key=KEY)

    assert second.status == 409
    assert second.headers["X-Line-Accepted-Request-Id"] == first.request_id
    assert second.body == {"message": "The retry key is already accepted", **first.body}
    assert await received(oa) == {to: 1}


async def test_push_to_people_who_get_nothing(oa: OfficialAccount) -> None:
    """A blocking user is a 200 without delivery, an unknown one and a group are a 400 (LP 5.1)."""
    blocking = (await oa.befriend(2))[0]
    await oa.control("POST", "blocks", user_ids=[blocking])
    blocked = await push(oa, blocking)
    unknown = await push(oa, user_id(99))
    malformed = await push(oa, GROUP)

    assert (blocked.status, await received(oa)) == (200, {})
    assert (unknown.status, unknown.body) == (400, {"message": "Failed to send messages"})
    assert malformed.status == 400


async def test_b25_bad_multicasts(oa: OfficialAccount) -> None:
    """501 ids, or a group among them, are a 400, and nobody gets anything."""
    ids = await oa.befriend(501)
    too_many = await multicast(oa, *ids)
    group = await multicast(oa, ids[0], GROUP)
    nobody = await multicast(oa)

    assert [too_many.status, group.status, nobody.status] == [400, 400, 400]
    assert group.body["message"] == "The property, to[1], in the request body is invalid (line: -, column: -)"
    assert await received(oa) == {}


async def test_b25_500_are_allowed(oa: OfficialAccount) -> None:
    """500 ids are the most that go into one call."""
    ids = await oa.befriend(500)

    assert (await multicast(oa, *ids)).status == 200
    assert len(await received(oa)) == 500


async def test_b26_consumption_counts_real_recipients(oa: OfficialAccount) -> None:
    """Blocking people and ids of nobody are in `to` without an error and do not count."""
    ids = await oa.befriend(3)
    await oa.control("POST", "blocks", user_ids=[ids[0]])
    answer = await multicast(oa, *ids, user_id(99))
    used = await oa.call("GET", "/v2/bot/message/quota/consumption")

    assert (answer.status, used.body) == (200, {"totalUsage": 2})


@pytest.mark.parametrize(
    ("switches", "to", "status"),
    [
        ({}, [0, 0], 200),
        ({"duplicate_recipients": "refused"}, [0, 0], 400),
        ({}, [0, 99], 200),
        ({"foreign_recipients": "refused"}, [0, 99], 400),
    ],
)
async def test_unconfirmed_recipients(
    oa: OfficialAccount, switches: dict[str, Any], to: list[int], status: int
) -> None:
    """Whether an id given twice, or one of another provider, is refused is a switch; nobody gets two (LP 11.4)."""
    await oa.befriend(1)
    await oa.change_settings(**switches)
    answer = await multicast(oa, *(user_id(number) for number in to))

    assert answer.status == status
    assert await received(oa) == ({user_id(0): 1} if status == 200 else {})


async def test_a_broadcast_reaches_all_friends(oa: OfficialAccount) -> None:
    """Everybody but those who block gets it, and units have no place in it."""
    ids = await oa.befriend(5)
    await oa.control("POST", "blocks", user_ids=[ids[0]])
    answer = await oa.call("POST", "/v2/bot/message/broadcast", body={"messages": [TEXT]})

    assert answer.status == 200
    assert await received(oa) == dict.fromkeys(ids[1:], 1)


@pytest.mark.parametrize("kind", ["push", "multicast", "broadcast"])
async def test_an_exhausted_month(oa: OfficialAccount, kind: str) -> None:
    """Without messages left each send is a 429 with the monthly text, and nobody gets anything."""
    to = (await oa.befriend(2))[0]
    await oa.control("POST", "quota", limit=1, used=1)
    body = {"messages": [TEXT]} | ({"to": to} if kind == "push" else {"to": [to]} if kind == "multicast" else {})
    answer = await oa.call("POST", f"/v2/bot/message/{kind}", body=body)

    assert (answer.status, answer.body) == (429, {"message": "You have reached your monthly limit."})
    assert await received(oa) == {}


async def test_multicast_has_a_rate_of_its_own(oa: OfficialAccount) -> None:
    """The 201st multicast of a second is a 429 (LP 1.6)."""
    to = (await oa.befriend(1))[0]
    token = await oa.issue_token()
    body = {"to": [to], "messages": [TEXT]}
    path = "/v2/bot/message/multicast"
    statuses = [(await oa.call("POST", path, body=body, token=token)).status for _ in range(201)]

    assert statuses == [200] * 200 + [429]
