"""What LINE tells of an OA and its friends (LP 6.4; rows A17, A21, B31)."""

import asyncio
from typing import Any

import pytest
from linebot.v3 import messaging

from tests.contract.sandbox.line.driver import OfficialAccount, Sdk, user_id

DAY = 86_400
FOLLOWERS = "/v2/bot/insight/followers"


async def read_day(oa: OfficialAccount, date: str) -> Any:
    """Return the numbers of a day."""
    return (await oa.call("GET", f"{FOLLOWERS}?date={date}")).body


async def read_all(oa: OfficialAccount, limit: int) -> list[list[str]]:
    """Return all pages of followers' ids."""
    pages, query = [], f"?limit={limit}"
    while True:
        body = (await oa.call("GET", f"/v2/bot/followers/ids{query}")).body
        pages.append(body["userIds"])
        if "next" not in body:
            return pages
        query = f"?limit={limit}&start={body['next']}"


async def test_a21_followers_profile_and_bot(oa: OfficialAccount) -> None:
    """The SDK reads ids, a profile and the bot as models."""
    ids = await oa.befriend(3)
    await oa.control("POST", "standing", premium_id="@shop", picture_url="https://example.test/a", chat_mode="chat")

    def read(line: Sdk) -> tuple[Any, Any, Any]:
        api = line.messaging
        return api.get_followers(limit=1000), api.get_profile(ids[0]), api.get_bot_info()

    followers, profile, bot = await oa.sdk(read)

    assert (followers.user_ids, followers.next) == (list(ids), None)
    assert (profile.user_id, profile.language, bool(profile.display_name)) == (ids[0], "ja", True)
    assert (bot.premium_id, bot.picture_url, bot.chat_mode) == ("@shop", "https://example.test/a", "chat")


async def test_a24_the_async_sdk(oa: OfficialAccount) -> None:
    """`AsyncMessagingApi` works alike with the same host."""
    ids = await oa.befriend(1)
    config = messaging.Configuration(host=oa.sandbox.url, access_token=await oa.issue_token())
    async with messaging.AsyncApiClient(config) as client:
        api = messaging.AsyncMessagingApi(client)
        bot, profile = await asyncio.gather(api.get_bot_info(), api.get_profile(ids[0]))

    assert bot.basic_id.startswith("@")
    assert profile.user_id == ids[0]


async def test_followers_by_page(oa: OfficialAccount) -> None:
    """Pages hold everybody who can be reached and has consented, once, in order."""
    ids = list(await oa.befriend(7))
    await oa.control("POST", "blocks", user_ids=[ids[2]])
    await oa.control("POST", "friends", people=[{"user_id": user_id(50), "consented": False}])
    await oa.control("POST", "friends", people=[{"user_id": user_id(51), "friend": False}])

    assert await read_all(oa, 4) == [[ids[0], ids[1], ids[3], ids[4]], ids[5:]]


async def test_short_pages(oa: OfficialAccount) -> None:
    """With the switch a page may be short although there are more; nobody is lost."""
    ids = list(await oa.befriend(6))
    await oa.control("POST", "blocks", user_ids=ids[:2])
    await oa.change_settings(short_follower_pages=True)

    assert await read_all(oa, 2) == [[], ids[2:4], ids[4:]]


@pytest.mark.parametrize(
    ("query", "status"),
    [("", 200), ("?limit=1000", 200), ("?limit=1001", 400), ("?limit=0", 400), ("?limit=x", 400), ("?start=x", 400)],
)
async def test_bad_pages(oa: OfficialAccount, query: str, status: int) -> None:
    """A page has 1 to 1,000 ids; a made-up token is refused."""
    assert (await oa.call("GET", f"/v2/bot/followers/ids{query}")).status == status


async def test_start_tokens_live_for_a_day(oa: OfficialAccount) -> None:
    """A continuation token holds for 24 h."""
    await oa.befriend(2)
    token = (await oa.call("GET", "/v2/bot/followers/ids?limit=1")).body["next"]
    oa.clock.advance(DAY)
    answer = await oa.call("GET", f"/v2/bot/followers/ids?start={token}")

    assert (answer.status, answer.body) == (400, {"message": "Invalid start param"})


@pytest.mark.parametrize(
    ("standing", "status"),
    [({"verified": False}, 403), ({"verified": True}, 200), ({"verified": False, "premium_id": "@a"}, 200)],
)
async def test_unverified_accounts(oa: OfficialAccount, standing: dict[str, Any], status: int) -> None:
    """Only verified and premium accounts may read followers' ids."""
    await oa.control("POST", "standing", **standing)

    assert (await oa.call("GET", "/v2/bot/followers/ids")).status == status


async def test_profiles_of_people_who_have_none(oa: OfficialAccount) -> None:
    """Strangers, people who block, who are no friends or have not consented are a 404; no id is a 400."""
    blocking = (await oa.befriend(1))[0]
    await oa.control("POST", "blocks", user_ids=[blocking])
    await oa.control("POST", "friends", people=[{"user_id": user_id(50), "consented": False}])
    await oa.control("POST", "friends", people=[{"user_id": user_id(51), "friend": False}])
    answers = [
        await oa.call("GET", f"/v2/bot/profile/{one}") for one in (user_id(99), blocking, user_id(50), user_id(51))
    ]

    assert [(answer.status, answer.body) for answer in answers] == [(404, {"message": "Not found"})] * 4
    assert (await oa.call("GET", "/v2/bot/profile/me")).status == 400


async def test_the_profile_of_who_wrote(oa: OfficialAccount) -> None:
    """Someone who wrote to the OA has a profile without being a friend."""
    await oa.control("POST", "friends", people=[{"user_id": user_id(51), "friend": False}])
    await oa.control("POST", "events", type="message", user_ids=[user_id(51)], text="hello")

    assert (await oa.call("GET", f"/v2/bot/profile/{user_id(51)}")).status == 200


async def test_numbers_of_past_days_stay(oa: OfficialAccount) -> None:
    """`followers` never goes down; blocks and reach are those of each day's end, whatever happened since."""
    ids = list(await oa.befriend(10))
    await oa.control("POST", "blocks", user_ids=ids[:4])
    oa.clock.advance(DAY)
    await oa.control("DELETE", "blocks", user_ids=ids[:3])
    await oa.control("POST", "blocks", user_ids=ids[8:])
    oa.clock.advance(2 * DAY)
    days = [await read_day(oa, f"202606{day}") for day in (14, 15, 16, 17)]

    assert [day["followers"] for day in days] == [10, 10, 10, 10]
    assert [day["blocks"] for day in days] == [0, 4, 3, 3]
    assert [day["targetedReaches"] for day in days] == [10, 6, 7, 7]


async def test_days_before_the_service(oa: OfficialAccount) -> None:
    """Before 2016-11-01 there is nothing."""
    assert (await read_day(oa, "20161031"))["status"] == "out_of_service"
    assert (await read_day(oa, "20161101"))["status"] == "ready"
