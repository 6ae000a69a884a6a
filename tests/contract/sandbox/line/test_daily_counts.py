"""How many messages were sent on a day (LP 6.1, 7.5; rows A15, A20)."""

from functools import partial
from typing import Any

import pytest

from tests.contract.sandbox.line.driver import TEXT, OfficialAccount, Sdk, one_audience

DAY = 86_400
KINDS = ["reply", "push", "multicast", "broadcast"]


async def send_each(oa: OfficialAccount) -> None:
    """Send to five friends: two pushes, a multicast to three, a broadcast and a narrowcast."""
    ids = list(await oa.befriend(5))
    for to in ids[:2]:
        await oa.call("POST", "/v2/bot/message/push", body={"to": to, "messages": [TEXT]})
    await oa.call("POST", "/v2/bot/message/multicast", body={"to": ids[:3], "messages": [TEXT]})
    await oa.call("POST", "/v2/bot/message/broadcast", body={"messages": [TEXT]})
    await oa.send(recipient=one_audience(await oa.make_audience("UPLOAD", ids)))


def count_sent(kind: str, date: str, line: Sdk) -> Any:
    """Call the SDK's method for one kind of send."""
    return getattr(line.messaging, f"get_number_of_sent_{kind}_messages")(date)


async def test_a15_sent_by_kind(oa: OfficialAccount) -> None:
    """The SDK reads each kind's number of a day, one per recipient, once the day is over."""
    await send_each(oa)
    early = await oa.sdk(lambda line: line.messaging.get_number_of_sent_push_messages("20260615"))
    oa.clock.advance(DAY)
    late = {kind: await oa.sdk(partial(count_sent, kind, "20260615")) for kind in KINDS}

    assert (early.status, early.success) == ("unready", None)
    assert {kind: answer.success for kind, answer in late.items()} == {
        "reply": 0,
        "push": 2,
        "multicast": 3,
        "broadcast": 5,
    }


async def test_a20_all_of_a_day(oa: OfficialAccount) -> None:
    """The SDK reads what was sent by API and by OA Manager together; counters it lacks are there as well."""
    await send_each(oa)
    await oa.control("POST", "daily-counts", date="20260615", counters={"targeting": 7, "stepMessage": 3})
    oa.clock.advance(DAY)
    answer = await oa.sdk(lambda line: line.insight.get_number_of_message_deliveries(var_date="20260615"))
    raw = await oa.call("GET", "/v2/bot/insight/message/delivery?date=20260615")

    assert (answer.status, answer.api_push, answer.api_multicast, answer.api_broadcast) == ("ready", 2, 3, 5)
    assert (answer.api_narrowcast, answer.targeting, raw.body["stepMessage"]) == (5, 7, 3)


@pytest.mark.parametrize(
    ("path", "first", "message"),
    [
        *(
            (f"/v2/bot/message/delivery/{kind}", "20180331", "The value for the 'date' parameter is invalid")
            for kind in KINDS
        ),
        ("/v2/bot/insight/message/delivery", "20170301", "Bad Request"),
    ],
)
async def test_days_without_numbers(oa: OfficialAccount, path: str, first: str, message: str) -> None:
    """Today is unready, days before the service began are out of service, a bad date is a 400."""
    before = str(int(first) - 1) if first.endswith("31") else "20170228"
    statuses = [(await oa.call("GET", f"{path}?date={day}")).body for day in ("20260615", before, first)]
    bad = [await oa.call("GET", f"{path}{query}") for query in ("", "?date=", "?date=2026061", "?date=20261301")]

    assert [status["status"] for status in statuses] == ["unready", "out_of_service", "ready"]
    assert statuses[0] == {"status": "unready"}
    assert {(answer.status, answer.body["message"]) for answer in bad} == {(400, message)}


async def test_a_japanese_day(oa: OfficialAccount) -> None:
    """What is sent at 15:00 UTC belongs to the next day in Japan (LP trap 26)."""
    to = (await oa.befriend(1))[0]
    oa.clock.advance(12 * 3600)
    await oa.call("POST", "/v2/bot/message/push", body={"to": to, "messages": [TEXT]})
    oa.clock.advance(2 * DAY)
    days = [
        (await oa.call("GET", f"/v2/bot/message/delivery/push?date={day}")).body for day in ("20260615", "20260616")
    ]

    assert [day["success"] for day in days] == [0, 1]
