"""Aggregation units and their statistics (LP 5.2, 7.3, 7.4; rows A16, A19, B28, B29, B32)."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from linebot.v3 import messaging

from tests.contract.sandbox.line.driver import Answer, OfficialAccount, user_id

DAY = 86_400
URL = "https://shop.example/spring"
VIDEO = {
    "type": "video",
    "originalContentUrl": "https://example.test/a.mp4",
    "previewImageUrl": "https://example.test/a.png",
}
BUBBLES = [{"type": "text", "text": URL}, VIDEO]
PATH = "/v2/bot/insight/message/event/aggregation"


async def multicast(oa: OfficialAccount, to: list[str], unit: str | None = "spring") -> Answer:
    """Send both bubbles under a unit."""
    more = {} if unit is None else {"customAggregationUnits": [unit]}
    return await oa.call("POST", "/v2/bot/message/multicast", body={"to": to, "messages": BUBBLES, **more})


async def read(oa: OfficialAccount, unit: str = "spring", first: str = "20260601", last: str = "20260630") -> Answer:
    """Return the statistics of a unit."""
    return await oa.call("GET", f"{PATH}?customAggregationUnit={unit}&from={first}&to={last}")


async def keep_still(oa: OfficialAccount) -> None:
    """Let people do nothing by themselves, and the test call as often as it likes."""
    await oa.control("POST", "/line/behaviour", open_share=0)
    await oa.change_settings(limits_on=False)


async def list_names(oa: OfficialAccount, query: str = "") -> Answer:
    """Return a page of unit names."""
    return await oa.call("GET", f"/v2/bot/message/aggregation/list{query}")


async def test_a16_units_of_the_month(oa: OfficialAccount) -> None:
    """The SDK reads how many units were used and their names, in pages with a string limit."""
    ids = list(await oa.befriend(1))
    for number in range(31):
        await multicast(oa, ids, f"unit_{number}")
    usage = await oa.sdk(lambda line: line.messaging.get_aggregation_unit_usage())
    first = await oa.sdk(lambda line: line.messaging.get_aggregation_unit_name_list(limit="30"))
    rest = await oa.sdk(lambda line: line.messaging.get_aggregation_unit_name_list(limit="30", start=first.next))

    assert usage.num_of_custom_aggregation_units == 31
    assert first.custom_aggregation_units == [f"unit_{number}" for number in range(30)]
    assert (rest.custom_aggregation_units, rest.next) == (["unit_30"], None)


@pytest.mark.parametrize("query", ["?start=x", "?limit=0", "?limit=101", "?limit=x"])
async def test_bad_pages(oa: OfficialAccount, query: str) -> None:
    """A made-up token or limit is a 400."""
    assert (await list_names(oa, query)).status == 400


async def test_page_tokens_live_for_a_day(oa: OfficialAccount) -> None:
    """A token of the list is good for 24 h."""
    ids = list(await oa.befriend(1))
    for number in range(2):
        await multicast(oa, ids, f"unit_{number}")
    token = (await list_names(oa, "?limit=1")).body["next"]
    oa.clock.advance(DAY - 1)
    in_time = await list_names(oa, f"?start={token}")
    oa.clock.advance(1)
    late = await list_names(oa, f"?start={token}")

    assert in_time.body == {"customAggregationUnits": ["unit_1"]}
    assert (late.status, late.body) == (400, {"message": "Invalid start param"})


async def test_only_the_current_month_is_listed(oa: OfficialAccount) -> None:
    """On the first of the next Japanese month the list is empty."""
    await multicast(oa, list(await oa.befriend(1)))
    oa.clock.advance(20 * DAY)

    assert (await list_names(oa)).body == {"customAggregationUnits": []}


@pytest.mark.parametrize(
    ("units", "status"),
    [([], 200), (["a" * 30], 200), (["a" * 31], 400), ([""], 400), (["a-b"], 400), (["a", "b"], 400), ("a", 400)],
)
async def test_names(oa: OfficialAccount, units: object, status: int) -> None:
    """A request has at most one unit, of 1 to 30 letters, digits and underscores."""
    body = {"to": [(await oa.befriend(1))[0]], "messages": BUBBLES, "customAggregationUnits": units}

    assert (await oa.call("POST", "/v2/bot/message/multicast", body=body)).status == status


async def test_b28_the_1001st_name_of_a_month(oa: OfficialAccount) -> None:
    """It is sent all the same, without an error and without the unit: not listed, and no statistics."""
    await keep_still(oa)
    ids = list(await oa.befriend(20))
    for number in range(1000):
        await multicast(oa, ids[:1], f"unit_{number}")
    answer = await multicast(oa, ids, "one_more")
    usage = await oa.call("GET", "/v2/bot/message/aggregation/info")
    await oa.control("POST", "opens", request_id=answer.request_id)

    assert answer.status == 200
    assert usage.body == {"numOfCustomAggregationUnits": 1000}
    assert (await read(oa, "one_more")).body["overview"]["uniqueImpression"] is None


async def test_a19_statistics_of_a_unit(oa: OfficialAccount) -> None:
    """The SDK reads a unit's sums: people count once over all its messages, times add up."""
    await keep_still(oa)
    ids = list(await oa.befriend(40))
    for to in (ids[:30], ids[10:]):
        request_id = (await multicast(oa, to)).request_id
        await oa.control("POST", "opens", request_id=request_id)
        await oa.control("POST", "clicks", request_id=request_id, url=URL, count=15)
        await oa.control("POST", "plays", request_id=request_id, count=10)
    answer = await oa.sdk(
        lambda line: line.insight.get_statistics_per_unit(
            custom_aggregation_unit="spring", var_from="20260615", to="20260615"
        )
    )
    clicked = answer.overview.unique_click

    assert answer.overview.unique_impression == 40
    assert [bubble.impression for bubble in answer.messages] == [60, 60]
    assert [bubble.unique_impression for bubble in answer.messages] == [40, 40]
    assert (answer.clicks[0].click, answer.clicks[0].url) == (30 if clicked else None, URL)


async def test_units_are_told_apart(oa: OfficialAccount) -> None:
    """Another unit, a message without one, and another day do not count; a unit of nobody is nulls and no entries."""
    await keep_still(oa)
    ids = list(await oa.befriend(25))
    for unit in ("spring", "summer", None):
        answer = await multicast(oa, ids, unit)
        await oa.control("POST", "opens", request_id=answer.request_id)
    spring = (await read(oa)).body
    other_day = (await read(oa, first="20260616")).body

    assert [bubble["impression"] for bubble in spring["messages"]] == [25, 25]
    assert other_day == (await read(oa, "nobody")).body
    assert (set(other_day["overview"].values()), other_day["messages"], other_day["clicks"]) == ({None}, [], [])
    assert not other_day["overview"].keys() & {"requestId", "timestamp", "delivered"}


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("customAggregationUnit=a&from=20260601&to=20260701", 200),
        ("customAggregationUnit=a&from=20260601&to=20260702", 400),
        ("customAggregationUnit=a&from=20260602&to=20260601", 400),
        ("customAggregationUnit=a&from=20260601", 400),
        ("from=20260601&to=20260601", 400),
        ("customAggregationUnit=a&from=2026-06-01&to=20260601", 400),
    ],
)
async def test_b32_the_period(oa: OfficialAccount, query: str, status: int) -> None:
    """`to` is at most 30 days after `from`; anything else is a 400 that says nothing (LP 1.4)."""
    answer = await oa.call("GET", f"{PATH}?{query}")

    assert answer.status == status
    if status == 400:
        assert answer.body == {"message": None, "key": None, "stacktrace": None, "code": None}


async def test_each_message_of_a_unit_has_its_own_14_days(oa: OfficialAccount) -> None:
    """What people do after 14 days of one message counts for a later message only."""
    await keep_still(oa)
    ids = list(await oa.befriend(20))
    old = (await multicast(oa, ids)).request_id
    oa.clock.advance(10 * DAY)
    new = (await multicast(oa, ids)).request_id
    oa.clock.advance(4 * DAY + 1)
    for request_id in (old, new):
        await oa.control("POST", "opens", request_id=request_id)

    assert (await read(oa)).body["messages"][0]["impression"] == 20


Told = list[tuple[str, int, int]]
TOLD = st.lists(
    st.tuples(st.sampled_from(["opens", "clicks", "plays"]), st.integers(1, 30), st.integers(1, 4)), max_size=6
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(told=TOLD, by_unit=st.booleans())
async def test_b29_nothing_small_is_ever_shown(oa: OfficialAccount, told: Told, by_unit: bool) -> None:  # noqa: FBT001 - drawn
    """Every figure but `delivered` is null or at least 20, behind 20 people, and never more than what happened."""
    await keep_still(oa)
    ids = list(await oa.befriend(30))
    people: dict[str, set[str]] = {"opens": set(), "clicks": set(), "plays": set()}
    times: Counter[str] = Counter()
    answer = await multicast(oa, ids) if by_unit else await broadcast(oa)
    for kind, count, repeats in told:
        more: dict[str, Any] = {"url": URL} if kind == "clicks" else {}
        who = ids[:count]
        await oa.control("POST", kind, request_id=answer.request_id, user_ids=who, times=repeats, **more)
        people[kind] |= set(who)
        times[kind] += repeats * count
    now = oa.clock.now().strftime("%Y%m%d")
    path = f"{PATH}?customAggregationUnit=spring&from={now}&to={now}"
    shown = await oa.call("GET", path if by_unit else f"/v2/bot/insight/message/event?requestId={answer.request_id}")
    oa.clock.advance(40 * DAY)
    figures = [value for part in shown.body["messages"] + shown.body["clicks"] for value in part.values()]
    visible = [value for value in figures if isinstance(value, int) and value > 2]

    assert all(value >= 20 for value in visible)
    for kind, name in (("opens", "uniqueImpression"), ("clicks", "uniqueClick"), ("plays", "uniqueMediaPlayed")):
        count = len(people[kind])
        assert shown.body["overview"][name] == (count if count >= 20 else None)
    if shown.body["clicks"]:
        assert shown.body["clicks"][0]["click"] == (times["clicks"] if len(people["clicks"]) >= 20 else None)


async def broadcast(oa: OfficialAccount) -> Answer:
    """Send both bubbles to all friends."""
    return await oa.call("POST", "/v2/bot/message/broadcast", body={"messages": BUBBLES})


async def test_push_takes_a_unit_too(oa: OfficialAccount) -> None:
    """The SDK's push carries a unit, which is on record."""
    request = messaging.PushMessageRequest(
        to=(await oa.befriend(1))[0], messages=[messaging.TextMessage(text="a")], custom_aggregation_units=["spring"]
    )
    await oa.sdk(lambda line: line.messaging.push_message(request))
    sends = await oa.control("GET", "sends")

    assert [send["unit"] for send in sends["sends"]] == ["spring"]
    assert user_id(0) in (await oa.control("GET", "deliveries"))["by_user"]
