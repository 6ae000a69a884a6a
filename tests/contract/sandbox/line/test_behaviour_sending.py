"""How narrowcasts behave: thresholds, limits, retry keys, progress, rates (LP 11.3, rows B…)."""

import asyncio
from itertools import chain
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from tests.contract.sandbox.line.driver import TEXT, Answer, OfficialAccount, one_audience, user_id

WOMEN = {"demographic": {"type": "gender", "oneOf": ["female"]}}
RATE_TEXT = "The API rate limit has been exceeded. Try again later."
MONTHLY_TEXT = "You have reached your monthly limit."
NARROWCAST = "/v2/bot/message/narrowcast"


async def reach_100_with_80_matching(oa: OfficialAccount) -> dict[str, Any]:
    """Make the OA of LP 4.7's worked cases and return the recipient of 80."""
    ids = await oa.befriend(100)
    return one_audience(await oa.make_audience("UPLOAD", ids[:80]))


async def test_b01_narrowcast_rate(oa: OfficialAccount) -> None:
    """The 61st narrowcast of a full bucket is refused; about one a minute comes back."""
    recipient = one_audience(await oa.make_audience("UPLOAD", await oa.befriend(1)))
    token = await oa.issue_token()
    first = [await oa.narrowcast(recipient=recipient, token=token) for _ in range(60)]
    refused = await oa.narrowcast(recipient=recipient, token=token)
    oa.clock.advance(60)
    refilled = await oa.narrowcast(recipient=recipient, token=token)
    again = await oa.narrowcast(recipient=recipient, token=token)

    assert {answer.status for answer in first} == {202}
    assert (refused.status, refused.body) == (429, {"message": RATE_TEXT})
    assert "Retry-After" not in refused.headers
    assert (refilled.status, again.status) == (202, 429)


async def test_a_small_bucket_of_the_hour(oa: OfficialAccount) -> None:
    """How much an hourly bucket holds is not published; a small one leaves the other endpoints as they are."""
    await oa.change_settings(hourly_bucket_capacity=1)
    recipient = one_audience(await oa.make_audience("UPLOAD", await oa.befriend(1)))
    token = await oa.issue_token()
    sends = [await oa.narrowcast(recipient=recipient, token=token) for _ in range(2)]
    lists = [await oa.call("GET", "/v2/bot/audienceGroup/list?page=1", token=token) for _ in range(2)]

    assert [answer.status for answer in sends] == [202, 429]
    assert [answer.status for answer in lists] == [200, 200]


async def test_b02_separate_buckets(oa: OfficialAccount) -> None:
    """61 calls to list in a minute leave get its own 60."""
    number = await oa.make_audience("UPLOAD", await oa.befriend(1))
    token = await oa.issue_token()
    lists = [await oa.call("GET", "/v2/bot/audienceGroup/list?page=1", token=token) for _ in range(61)]
    gets = [await oa.call("GET", f"/v2/bot/audienceGroup/{number}", token=token) for _ in range(60)]

    assert [answer.status for answer in lists] == [200] * 60 + [429]
    assert {answer.status for answer in gets} == {200}


async def test_b12_own_upload_has_no_minimum(oa: OfficialAccount) -> None:
    """A narrowcast to an own upload of 5 without a filter succeeds with 5."""
    recipient = one_audience(await oa.make_audience("UPLOAD", await oa.befriend(5)))
    progress = await oa.finish((await oa.narrowcast(recipient=recipient)).request_id)

    assert (progress["phase"], progress["targetCount"], progress["successCount"]) == ("succeeded", 5, 5)


@pytest.mark.parametrize(("reach", "status"), [(99, 403), (100, 202)])
async def test_b13_reach_with_a_filter(oa: OfficialAccount, reach: int, status: int) -> None:
    """With an attribute filter a reach of 99 is refused, 100 is accepted and then fails for too few recipients."""
    ids = await oa.befriend(reach)
    recipient = one_audience(await oa.make_audience("UPLOAD", ids[:5]))
    answer = await oa.narrowcast(recipient=recipient, filter=WOMEN)

    assert answer.status == status
    if status == 202:
        progress = await oa.finish(answer.request_id)
        assert (progress["phase"], progress["errorCode"]) == ("failed", 2)
    else:
        assert answer.body == {"message": "Your account does not have enough friends"}


@pytest.mark.parametrize(("members", "phase"), [(49, "failed"), (50, "succeeded")])
async def test_b13_minimum_of_a_restricted_audience(oa: OfficialAccount, members: int, phase: str) -> None:
    """A restricted audience needs 50 recipients, without any filter (T2)."""
    recipient = one_audience(await oa.make_audience("WEBTRAFFIC", await oa.befriend(members)))
    progress = await oa.finish((await oa.narrowcast(recipient=recipient)).request_id)

    assert progress["phase"] == phase
    assert progress.get("errorCode") == (2 if phase == "failed" else None)


async def test_b13_foreign_uploads_are_restricted(oa: OfficialAccount) -> None:
    """An upload that another OA shares needs 50 recipients too (LP 4.5)."""
    recipient = one_audience(await oa.make_audience("UPLOAD", await oa.befriend(49), foreign=True))
    progress = await oa.finish((await oa.narrowcast(recipient=recipient)).request_id)

    assert progress["errorCode"] == 2


async def test_b14_one_of_two_audiences_shrank(oa: OfficialAccount) -> None:
    """Of two audiences an IMP one with 49 reachable members fails the send with code 4."""
    ids = await oa.befriend(150)
    big = await oa.make_audience("UPLOAD", ids)
    shrunk = await oa.make_audience("IMP", ids[:50])
    await oa.control("POST", "blocks", user_ids=[ids[0]])
    answer = await oa.narrowcast(recipient={"type": "operator", "or": [one_audience(big), one_audience(shrunk)]})
    progress = await oa.finish(answer.request_id)

    assert answer.status == 202
    assert (progress["phase"], progress["errorCode"]) == ("failed", 4)


AUDIENCE = {"type": "audience", "audienceGroupId": 1}
MALE = {"type": "gender", "oneOf": ["male"]}
BAD_TREES: dict[str, dict[str, Any]] = {
    "11 audiences": {"recipient": {"type": "operator", "or": [AUDIENCE] * 11}},
    "empty and": {"recipient": {"type": "operator", "and": []}},
    "two operators": {"recipient": {"type": "operator", "and": [AUDIENCE], "or": [AUDIENCE]}},
    "no operator": {"recipient": {"type": "operator"}},
    "unknown recipient": {"recipient": {"type": "everybody"}},
    "11 attributes": {"filter": {"demographic": {"type": "operator", "and": [MALE] * 11}}},
    "gte not below lt": {"filter": {"demographic": {"type": "age", "gte": "age_20", "lt": "age_20"}}},
    "neither gte nor lt": {"filter": {"demographic": {"type": "age"}}},
    "no age step": {"filter": {"demographic": {"type": "age", "gte": "age_21"}}},
    "no such area": {"filter": {"demographic": {"type": "area", "oneOf": ["jp_48"]}}},
    "empty oneOf": {"filter": {"demographic": {"type": "gender", "oneOf": []}}},
    "limit of 0": {"limit": {"max": 0}},
    "partial without remaining": {"limit": {"max": 1, "forbidPartialDelivery": True}},
    "6 messages": {"messages": [TEXT] * 6},
    "no message": {"messages": []},
}


@pytest.mark.parametrize("name", BAD_TREES)
async def test_b15_bad_trees(oa: OfficialAccount, name: str) -> None:
    """A tree that LINE can't express is a 400 with a message, and nothing is sent."""
    answer = await oa.narrowcast(**BAD_TREES[name])
    sent = await oa.control("GET", "narrowcasts")

    assert answer.status == 400
    assert answer.body["message"]
    assert sent == {"narrowcasts": []}


async def test_b16_redelivery_window(oa: OfficialAccount) -> None:
    """A succeeded narrowcast can be sent again until 14 days, never a failed one or a push."""
    ids = await oa.befriend(100)
    sent = await oa.send(recipient=one_audience(await oa.make_audience("UPLOAD", ids[:7])))
    failed = await oa.send(recipient=one_audience(await oa.make_audience("IMP", ids[:7])))
    push = await oa.call("POST", "/v2/bot/message/push", body={"to": ids[0], "messages": [TEXT]})
    others = [await oa.narrowcast(recipient=redelivery(one)) for one in (failed, push.request_id, str(uuid4()))]
    oa.clock.advance(14 * 86_400 - 3_600)
    in_time = await oa.narrowcast(recipient=redelivery(sent))
    progress = await oa.finish(in_time.request_id)
    oa.clock.advance(3_600)
    too_late = await oa.narrowcast(recipient=redelivery(sent))

    assert {answer.status for answer in others} == {400}
    assert (in_time.status, progress["targetCount"]) == (202, 7)
    assert (too_late.status, too_late.body) == (400, {"message": f"Invalid request id: {sent}"})


FLEXIBLE = {"upToRemainingQuota": True}
WHOLE = {**FLEXIBLE, "forbidPartialDelivery": True}
# (limit object, left of the month, what happens: refused, the number sent, or the error code) as in LP 4.7.
WORKED_CASES = [
    (None, 90, "refused"),
    (None, 50, "refused"),
    (FLEXIBLE, 90, 80),
    (FLEXIBLE, 50, 50),
    (WHOLE, 90, 80),
    (WHOLE, 50, "code 5"),
    ({"max": 30, **FLEXIBLE}, 90, 30),
    ({"max": 30, **FLEXIBLE}, 50, 30),
    ({"max": 30, **WHOLE}, 90, "code 5"),
    ({"max": 30, **WHOLE}, 50, "code 5"),
]


@pytest.mark.parametrize(("limit", "left", "outcome"), WORKED_CASES)
async def test_b17_limits(oa: OfficialAccount, limit: dict[str, Any] | None, left: int, outcome: object) -> None:
    """Each of the ten worked cases of LINE's guide ends as it says."""
    recipient = await reach_100_with_80_matching(oa)
    await oa.control("POST", "quota", limit=left)
    answer = await oa.narrowcast(recipient=recipient, limit=limit)

    if outcome == "refused":
        assert (answer.status, answer.body) == (429, {"message": MONTHLY_TEXT})
        return
    progress = await oa.finish(answer.request_id)
    found = progress["targetCount"] if progress["phase"] == "succeeded" else f"code {progress['errorCode']}"
    assert found == outcome


async def test_b17_quota_failure_at_delivery(oa: OfficialAccount) -> None:
    """With the switch for the other reading, a reservation that can't be made fails after 202."""
    recipient = await reach_100_with_80_matching(oa)
    await oa.control("POST", "quota", limit=50)
    await oa.change_settings(quota_failure="delivery")
    progress = await oa.finish((await oa.narrowcast(recipient=recipient)).request_id)

    assert (progress["phase"], progress["errorCode"]) == ("failed", 1)


async def test_b18_push_while_a_narrowcast_holds(oa: OfficialAccount) -> None:
    """A push during the hold is refused with the monthly text, and goes out after the completion."""
    recipient = await reach_100_with_80_matching(oa)
    await oa.control("POST", "quota", limit=100)
    running = await oa.narrowcast(recipient=recipient)
    body = {"to": user_id(0), "messages": [TEXT]}
    during = await oa.call("POST", "/v2/bot/message/push", body=body)
    await oa.finish(running.request_id)
    after = await oa.call("POST", "/v2/bot/message/push", body=body)

    assert (during.status, during.body) == (429, {"message": MONTHLY_TEXT})
    assert after.status == 200


async def test_b19_retry_key(oa: OfficialAccount) -> None:
    """A key is refused for 24 h with the first request id, whatever the body, and is a new send afterwards."""
    recipient = one_audience(await oa.make_audience("UPLOAD", await oa.befriend(5)))
    key = str(uuid4())
    first = await oa.narrowcast(recipient=recipient, retry_key=key)
    same = await oa.narrowcast(recipient=recipient, retry_key=key)
    changed = await oa.narrowcast(recipient=recipient, retry_key=key, notificationDisabled=True)
    oa.clock.advance(86_401)
    late = await oa.narrowcast(recipient=recipient, retry_key=key)
    sent = await oa.control("GET", "narrowcasts")

    assert (first.status, same.status, changed.status, late.status) == (202, 409, 409, 202)
    assert same.body == {"message": "The retry key is already accepted"}
    assert same.headers["X-Line-Accepted-Request-Id"] == first.request_id != same.request_id
    assert [one["request_id"] for one in sent["narrowcasts"]] == [first.request_id, late.request_id]


async def test_b20_retry_key_where_it_has_no_place(oa: OfficialAccount) -> None:
    """A retry key on validation, progress or an audience call is a 400, as is one that is no UUID."""
    key = str(uuid4())
    answers = [
        await oa.call("POST", "/v2/bot/message/validate/narrowcast", body={"messages": [TEXT]}, retry_key=key),
        await oa.call("GET", "/v2/bot/audienceGroup/list?page=1", retry_key=key),
        await oa.narrowcast(retry_key="not-a-uuid"),
    ]

    assert [answer.status for answer in answers] == [400, 400, 400]


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "answer", "status": 500, "when": "after"},
        {"kind": "drop", "when": "after"},
        {"kind": "drop", "when": "before"},
    ],
)
async def test_b21_crash_around_the_accept(oa: OfficialAccount, fault: dict[str, Any]) -> None:
    """Whether LINE fails before or after it accepted, a retry with the key ends in exactly one delivery."""
    ids = await oa.befriend(5)
    recipient = one_audience(await oa.make_audience("UPLOAD", ids))
    key = str(uuid4())
    await oa.control("POST", "/faults", path=NARROWCAST, **fault)
    first: Answer | None = None
    try:
        first = await oa.narrowcast(recipient=recipient, retry_key=key)
    except aiohttp.ClientConnectionError:
        assert fault["kind"] == "drop"
    second = await oa.narrowcast(recipient=recipient, retry_key=key)
    oa.clock.advance(10)
    received = await oa.control("GET", "deliveries")

    assert first is None or first.status == 500
    assert second.status == (409 if fault["when"] == "after" else 202)
    assert received["by_user"] == dict.fromkeys(ids, 1)


async def test_b22_progress_of_other_ids(oa: OfficialAccount) -> None:
    """Progress is gone after 14 days, unknown for a push, and a 400 for nonsense."""
    ids = await oa.befriend(5)
    sent = await oa.send(recipient=one_audience(await oa.make_audience("UPLOAD", ids)))
    push = await oa.call("POST", "/v2/bot/message/push", body={"to": ids[0], "messages": [TEXT]})
    path = "/v2/bot/message/progress/narrowcast?requestId="
    oa.clock.advance(14 * 86_400 - 11)
    in_time = await oa.call("GET", path + sent)
    oa.clock.advance(12)
    answers = [await oa.call("GET", path + one) for one in (sent, push.request_id, "nonsense")]

    assert in_time.status == 200
    assert [answer.status for answer in answers] == [404, 404, 400]
    assert answers[0].body == {"message": "Not found"}


async def test_b23_waiting_body(oa: OfficialAccount) -> None:
    """While a send waits, its progress holds nothing but phase and time."""
    answer = await oa.narrowcast(recipient=one_audience(await oa.make_audience("UPLOAD", await oa.befriend(5))))
    progress = await oa.call("GET", f"/v2/bot/message/progress/narrowcast?requestId={answer.request_id}")

    assert progress.body == {"phase": "waiting", "acceptedTime": "2026-06-15T03:00:00.000Z"}


async def test_b24_block_during_sending(oa: OfficialAccount) -> None:
    """Who blocks while LINE sends is a failure of an otherwise successful send."""
    ids = await oa.befriend(5)
    answer = await oa.narrowcast(recipient=one_audience(await oa.make_audience("UPLOAD", ids)))
    oa.clock.advance(1.5)
    during = await oa.call("GET", f"/v2/bot/message/progress/narrowcast?requestId={answer.request_id}")
    await oa.control("POST", "blocks", user_ids=[ids[0]])
    progress = await oa.finish(answer.request_id)

    assert (during.body["phase"], during.body["targetCount"]) == ("sending", 5)
    assert progress["phase"] == "succeeded"
    assert (progress["targetCount"], progress["successCount"], progress["failureCount"]) == (5, 4, 1)


async def test_b27_bubbles_do_not_count(oa: OfficialAccount) -> None:
    """Three bubbles to 7 users use 7 messages, held by nothing afterwards."""
    await oa.send(
        recipient=one_audience(await oa.make_audience("UPLOAD", await oa.befriend(7))), messages=[TEXT, TEXT, TEXT]
    )
    used = await oa.call("GET", "/v2/bot/message/quota/consumption")
    account = await oa.control("GET", "/line/channels")

    assert used.body == {"totalUsage": 7}
    assert account["channels"][0]["held"] == 0


async def test_b38_token_life(oa: OfficialAccount) -> None:
    """A stateless token opens the API for 15 minutes and not a second longer."""
    token = await oa.issue_token()
    oa.clock.advance(899)
    before = await oa.call("GET", "/v2/bot/info", token=token)
    oa.clock.advance(2)
    after = await oa.call("GET", "/v2/bot/info", token=token)

    assert (before.status, after.status) == (200, 401)
    assert after.body["message"].startswith("Authentication failed due to the following reason: ")


@pytest.mark.parametrize("code", [1, 2, 4, 5])
async def test_planned_asynchronous_failure(oa: OfficialAccount, code: int) -> None:
    """A failure that was planned comes after 202, with its code and a description, and delivers nothing."""
    await oa.befriend(5)
    await oa.control("POST", "/faults", path=NARROWCAST, kind="narrowcast_failure", error_code=code)
    progress = await oa.finish((await oa.narrowcast()).request_id)
    received = await oa.control("GET", "deliveries")

    assert (progress["phase"], progress["errorCode"]) == ("failed", code)
    assert progress["failedDescription"]
    assert received["total"] == 0


async def test_late_retry_conflict(oa: OfficialAccount) -> None:
    """Code 3 means that another attempt with the key won: the 409 names it, and it delivered once."""
    await oa.befriend(5)
    await oa.control("POST", "/faults", path=NARROWCAST, kind="narrowcast_failure", error_code=3)
    key = str(uuid4())
    first = await oa.narrowcast(retry_key=key)
    lost = await oa.finish(first.request_id)
    again = await oa.narrowcast(retry_key=key)
    won = await oa.finish(again.headers["X-Line-Accepted-Request-Id"])
    received = await oa.control("GET", "deliveries")

    assert (lost["phase"], lost["errorCode"]) == ("failed", 3)
    assert (again.status, won["phase"]) == (409, "succeeded")
    assert received["total"] == 5


@pytest.mark.parametrize(
    ("switch", "codes", "received"),
    [("later_fails", [None, 3], 5), ("earlier_fails", [3, None], 5), ("both_deliver", [None, None], 10)],
)
async def test_two_attempts_under_one_key_may_both_be_accepted(
    oa: OfficialAccount, switch: str, codes: list[int | None], received: int
) -> None:
    """Both are answered 202 with ids of their own; code 3 tells which one counts, if one does (LP 1.9)."""
    await oa.befriend(5)
    await oa.change_settings(retry_race=switch, retry_race_time=10.0, waiting_time=2.0)
    key = str(uuid4())
    attempts = [await oa.narrowcast(retry_key=key) for _ in range(2)]
    third = await oa.narrowcast(retry_key=key)
    ended = [await oa.finish(attempt.request_id) for attempt in attempts]
    deliveries = await oa.control("GET", "deliveries")
    counting = [attempt.request_id for attempt, code in zip(attempts, codes, strict=True) if code is None]

    assert [attempt.status for attempt in attempts] == [202, 202]
    assert [progress.get("errorCode") for progress in ended] == codes
    assert (third.status, third.headers["X-Line-Accepted-Request-Id"]) == (409, counting[-1])
    assert deliveries["total"] == received


async def test_a_race_is_over_soon(oa: OfficialAccount) -> None:
    """An attempt that comes later meets the accepted key."""
    await oa.befriend(5)
    await oa.change_settings(retry_race="both_deliver", retry_race_time=10.0)
    key = str(uuid4())
    first = await oa.narrowcast(retry_key=key)
    oa.clock.advance(10)
    second = await oa.narrowcast(retry_key=key)

    assert (first.status, second.status) == (202, 409)


@pytest.mark.parametrize(("switch", "reached"), [(False, 60), (True, 80)])
async def test_not_and_unknown_attributes(oa: OfficialAccount, switch: bool, reached: int) -> None:  # noqa: FBT001 - a parameter
    """Whether `not` reaches people of unknown gender is a switch (LP 4.4)."""
    await oa.befriend(60)
    await oa.befriend(50, first=100, gender="male")
    await oa.befriend(20, first=200, gender=None)
    await oa.change_settings(not_matches_unknown=switch)
    men = {"type": "gender", "oneOf": ["male"]}
    answer = await oa.narrowcast(filter={"demographic": {"type": "operator", "not": men}})

    assert (await oa.finish(answer.request_id))["targetCount"] == reached


async def test_new_friends_have_no_attributes_yet(oa: OfficialAccount) -> None:
    """Attributes of someone who became a friend two days ago are not known to a filter yet (LP 4.4)."""
    await oa.befriend(100)
    await oa.befriend(10, first=500, days_since_followed=2)
    answer = await oa.narrowcast(filter=WOMEN)

    assert (await oa.finish(answer.request_id))["targetCount"] == 100


async def test_friendship_duration(oa: OfficialAccount) -> None:
    """Friendship counts from the day after it began, as `gte` inclusive and `lt` exclusive (LP 4.4)."""
    for first, days in ((0, 6), (100, 7), (200, 29), (300, 30)):
        await oa.befriend(50, first=first, days_since_followed=days)
    period = {"type": "subscriptionPeriod", "gte": "day_7", "lt": "day_30"}
    answer = await oa.narrowcast(filter={"demographic": period})
    await oa.finish(answer.request_id)
    sent = await oa.control("GET", "narrowcasts?recipients=true")

    expected = [user_id(number) for number in chain(range(100, 150), range(200, 250))]
    assert sent["narrowcasts"][0]["recipients"] == expected


async def test_concurrent_sends_with_one_key(oa: OfficialAccount) -> None:
    """Of many simultaneous attempts with one key exactly one is accepted."""
    ids = await oa.befriend(5)
    token, key = await oa.issue_token(), str(uuid4())
    answers = await asyncio.gather(*(oa.narrowcast(retry_key=key, token=token) for _ in range(8)))
    oa.clock.advance(10)
    received = await oa.control("GET", "deliveries")

    assert sorted(answer.status for answer in answers) == [202] + [409] * 7
    assert received["by_user"] == dict.fromkeys(ids, 1)


def redelivery(request_id: str) -> dict[str, Any]:
    """Return a recipient object for those who got an earlier narrowcast."""
    return {"type": "redelivery", "requestId": request_id}
