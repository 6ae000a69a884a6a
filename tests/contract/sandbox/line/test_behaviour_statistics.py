"""How statistics behave: the null rule, the 14 days, Japanese days (LP 11.3, rows B…)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.contract.sandbox.line.driver import TEXT, OfficialAccount, one_audience

VIDEO = {
    "type": "video",
    "originalContentUrl": "https://a.test/v.mp4",
    "previewImageUrl": "https://a.test/v.png",
}
URL = "https://a.test/item"
RARE = "https://a.test/rare"
LINKS = {"type": "text", "text": f"see {URL} or {RARE}"}


async def send_quietly(oa: OfficialAccount, message: dict[str, Any], *, people: int = 60) -> str:
    """Send to people who do nothing by themselves."""
    await oa.control("POST", "/line/behaviour", open_share=0)
    recipient = one_audience(await oa.make_audience("UPLOAD", await oa.befriend(people)))
    return await oa.send(recipient=recipient, messages=[message])


async def read(oa: OfficialAccount, request_id: str) -> Any:
    """Return the statistics of a send."""
    return (await oa.call("GET", f"/v2/bot/insight/message/event?requestId={request_id}")).body


@pytest.mark.parametrize(("people", "shown"), [(19, None), (20, 20)])
async def test_b29_fewer_than_20_users(oa: OfficialAccount, people: int, shown: int | None) -> None:
    """Figures of 19 users are null, of 20 are shown, `delivered` always is."""
    request_id = await send_quietly(oa, LINKS)
    await oa.control("POST", "opens", request_id=request_id, count=people)
    await oa.control("POST", "clicks", request_id=request_id, count=people, url=URL)
    event = await read(oa, request_id)

    assert event["overview"]["delivered"] == 60
    assert (event["overview"]["uniqueImpression"], event["overview"]["uniqueClick"]) == (shown, shown)
    assert event["messages"][0]["impression"] == shown
    link = {"seq": 1, "url": URL, "click": shown, "uniqueClick": shown, "uniqueClickOfRequest": shown}
    assert event["clicks"] == [
        link,
        {"seq": 1, "url": RARE, "click": None, "uniqueClick": None, "uniqueClickOfRequest": None},
    ]


async def test_b29_many_plays_by_few_users(oa: OfficialAccount) -> None:
    """30 plays by 15 users are both null."""
    request_id = await send_quietly(oa, VIDEO)
    await oa.control("POST", "plays", request_id=request_id, count=15, times=2)
    bubble = (await read(oa, request_id))["messages"][0]

    assert (bubble["mediaPlayed"], bubble["uniqueMediaPlayed"]) == (None, None)


async def test_b30_counting_stops_after_14_days(oa: OfficialAccount) -> None:
    """What people do after 14 days changes nothing."""
    request_id = await send_quietly(oa, TEXT)
    await oa.control("POST", "opens", request_id=request_id, count=30)
    oa.clock.advance(14 * 86_400 - 60)
    before = await read(oa, request_id)
    oa.clock.advance(61)
    await oa.control("POST", "opens", request_id=request_id)
    after = await read(oa, request_id)

    assert before["overview"]["uniqueImpression"] == 30
    assert after == before


async def test_b31_japanese_day(oa: OfficialAccount) -> None:
    """At 23:30 UTC it is the next day in Japan: that day is unready, the UTC day just ended there is ready."""
    await oa.befriend(30)
    oa.clock.move_to(datetime(2026, 6, 15, 23, 30, tzinfo=UTC))
    days = [await oa.call("GET", f"/v2/bot/insight/followers?date={day}") for day in ("20260616", "20260615")]

    assert days[0].body == {"status": "unready", "followers": None, "targetedReaches": None, "blocks": None}
    assert days[1].body == {"status": "ready", "followers": 30, "targetedReaches": 30, "blocks": 0}


@pytest.mark.parametrize("date", ["", "2026-06-15", "20261301", "today"])
async def test_bad_dates(oa: OfficialAccount, date: str) -> None:
    """A missing date is told apart from a bad one."""
    answer = await oa.call("GET", f"/v2/bot/insight/followers?date={date}")

    assert (answer.status, answer.body) == (400, {"message": "Bad Request" if date else "date is required"})


async def test_people_react_over_days_by_their_shares(oa: OfficialAccount) -> None:
    """Opens and taps grow over the days to about their shares; a rare URL stays hidden; totals exceed uniques."""
    await oa.control("POST", "/line/behaviour", open_share=0.6, click_shares={URL: 0.2, RARE: 0.004})
    await oa.control("POST", "friends", count=2_000, shares={"unknown": 0, "blocked": 0})
    request_id = await oa.send(messages=[LINKS])
    opened = []
    for _ in range(14):
        oa.clock.advance(86_399)
        opened.append((await read(oa, request_id))["overview"]["uniqueImpression"])
    event = await read(oa, request_id)
    item, rare = event["clicks"]

    assert opened == sorted(opened)
    assert opened[0] < opened[3] < opened[-1]
    assert 1_100 < opened[-1] < 1_300
    assert 180 < item["uniqueClick"] < 300
    assert item["click"] > item["uniqueClick"]
    assert rare["uniqueClick"] is None


async def test_statistics_wait_for_the_delivery(oa: OfficialAccount) -> None:
    """Until all is sent even `delivered` is null (LP trap 22), and until the switch's delay there are no reactions."""
    await oa.change_settings(insight_delay=86_400)
    await oa.befriend(60)
    answer = await oa.narrowcast()
    running = await read(oa, answer.request_id)
    await oa.finish(answer.request_id)
    early = await read(oa, answer.request_id)
    oa.clock.advance(86_400)
    later = await read(oa, answer.request_id)

    assert running["overview"]["delivered"] is None
    assert (early["overview"]["delivered"], early["messages"], early["clicks"]) == (60, [], [])
    assert later["overview"]["uniqueImpression"] >= 20
