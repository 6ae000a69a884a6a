"""What LINE does not publish is a switch with a default each (LP 11.4)."""

from typing import Any

import pytest

from tests.contract.sandbox.line.driver import TEXT, OfficialAccount, one_audience

DAY = 86_400
# LP 11.4, point by point, and the switches that stand for it.
UNPUBLISHED = {
    "READY delay": ["ready_delay"],
    "job time": ["job_queue_time", "job_work_time"],
    "phase durations": ["waiting_time", "sending_time"],
    "bucket capacity": ["bucket_capacity", "hourly_bucket_capacity"],
    "webhook redelivery count and interval": ["webhook_redeliveries", "webhook_redelivery_interval"],
    "failedDescription texts": ["failed_descriptions"],
    "concurrency-429 text": ["concurrency_text"],
    "order of validation": ["narrowcast_checks"],
    "insight first-availability delay and retention": ["insight_delay", "statistics_kept_days"],
    "duplicate handling in to and uploads": ["duplicate_recipients", "duplicate_upload_ids"],
    "effect of foreign-provider IDs": ["foreign_recipients", "unknown_upload_ids"],
    "time of quota failure and its errorCode": ["quota_failure", "quota_error_code"],
    "unknown attributes under not": ["not_matches_unknown"],
    "time zone of the quota month": ["quota_month_utc_offset_hours"],
}


@pytest.mark.parametrize("point", UNPUBLISHED)
async def test_every_unpublished_value_is_a_switch(oa: OfficialAccount, point: str) -> None:
    """Each point of LP 11.4 can be read and set on the control face."""
    switches = await oa.control("GET", "/line/settings")
    named = {name: switches[name] for name in UNPUBLISHED[point]}
    await oa.change_settings(**named)

    assert await oa.control("GET", "/line/settings") == switches


async def test_the_quota_month(oa: OfficialAccount) -> None:
    """Where the month begins is a switch: on the last UTC evening of June it is July in Japan."""
    to = (await oa.befriend(1))[0]
    await oa.control("POST", "/clock", now="2026-06-30T16:00:00+00:00")
    await oa.call("POST", "/v2/bot/message/push", body={"to": to, "messages": [TEXT]})
    used: list[Any] = []
    for hours in (9, 0):
        await oa.change_settings(quota_month_utc_offset_hours=hours)
        used.append((await oa.call("GET", "/v2/bot/message/quota/consumption")).body["totalUsage"])

    assert used == [1, 0]


async def test_texts_of_failures(oa: OfficialAccount) -> None:
    """`failedDescription` is whatever the switch says."""
    await oa.change_settings(failed_descriptions=["one", "two", "three", "four", "five"])
    number = await oa.make_audience("IMP", await oa.befriend(10))
    answer = await oa.narrowcast(recipient=one_audience(number))
    progress = await oa.finish(answer.request_id)

    assert (progress["errorCode"], progress["failedDescription"]) == (2, "two")


async def test_statistics_are_kept_for_a_while(oa: OfficialAccount) -> None:
    """How long statistics can be fetched after a send is a switch."""
    await oa.change_settings(statistics_kept_days=30)
    request_id = await oa.send(recipient=one_audience(await oa.make_audience("UPLOAD", await oa.befriend(30))))
    path = f"/v2/bot/insight/message/event?requestId={request_id}"
    shown = []
    for seconds in (30 * DAY - 20, 20):
        oa.clock.advance(seconds)
        shown.append((await oa.call("GET", path)).body["overview"]["delivered"])

    assert shown == [30, None]
