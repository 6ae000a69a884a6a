"""The official line-bot-sdk, unchanged, can't tell the sandbox from LINE (LP 11.1, rows A…)."""

import json
from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from linebot.v3 import audience, messaging
from linebot.v3.audience.exceptions import ApiException as AudienceApiException
from linebot.v3.insight.exceptions import UnauthorizedException as InsightUnauthorizedException
from linebot.v3.messaging.exceptions import (
    ApiException,
    ForbiddenException,
    NotFoundException,
    ServiceException,
    UnauthorizedException,
)

from tests.contract.sandbox.line.driver import OfficialAccount, Sdk

HELLO = messaging.TextMessage(text="hello")


def to_audience(number: int, **more: object) -> messaging.NarrowcastRequest:
    """Return a request to one audience, as an SDK user writes it."""
    return messaging.NarrowcastRequest(
        messages=[HELLO], recipient=messaging.AudienceRecipient(audience_group_id=number), **more
    )


async def test_a01_stateless_token(oa: OfficialAccount) -> None:
    """A stateless token comes with its life of at most 900 s and opens the API."""
    token = await oa.issue_token()
    info = await oa.sdk(lambda line: line.messaging.get_bot_info(), token=token)

    assert info.user_id.startswith("U")


async def test_a04_create_upload_audience(oa: OfficialAccount) -> None:
    """Creating an audience answers 202 with a model that has an id and an expiry."""
    request = audience.CreateAudienceGroupRequest(
        description="buyers", audiences=[audience.Audience(id=one) for one in await oa.befriend(3)]
    )
    created = await oa.sdk(lambda line: line.audience.create_audience_group_with_http_info(request))

    assert created.status_code == 202
    assert created.data.type == "UPLOAD"
    assert created.data.expire_timestamp == created.data.created + 15_552_000


async def test_a07_click_and_impression_audiences(oa: OfficialAccount) -> None:
    """Audiences of those who tapped and who saw a narrowcast are made with 202 and the request id."""
    request_id = await oa.send(recipient={"type": "audience", "audienceGroupId": await some_upload(oa, 60)})
    click = audience.CreateClickBasedAudienceGroupRequest(
        description="c", request_id=request_id, click_url="https://a.test/"
    )
    impression = audience.CreateImpBasedAudienceGroupRequest(description="i", request_id=request_id)
    clicked = await oa.sdk(lambda line: line.audience.create_click_based_audience_group(click))
    seen = await oa.sdk(lambda line: line.audience.create_imp_based_audience_group(impression))

    assert (clicked.type, clicked.request_id, clicked.click_url) == ("CLICK", request_id, "https://a.test/")
    assert (seen.type, seen.request_id) == ("IMP", request_id)


async def test_a08_get_audience(oa: OfficialAccount) -> None:
    """An audience with a job parses, nulls included."""
    request = audience.CreateAudienceGroupRequest(
        description="buyers", audiences=[audience.Audience(id=one) for one in await oa.befriend(3)]
    )
    created = await oa.sdk(lambda line: line.audience.create_audience_group(request))
    oa.clock.advance(5)
    found = await oa.sdk(lambda line: line.audience.get_audience_data(created.audience_group_id))

    assert (found.audience_group.status, found.audience_group.audience_count) == ("READY", 3)
    assert (found.jobs[0].job_status, found.jobs[0].failed_type, found.jobs[0].description) == ("FINISHED", None, None)


async def test_a09_list_audiences_of_every_kind(oa: OfficialAccount) -> None:
    """All 14 kinds parse in a list, filtered by a boolean that the SDK spells `False`."""
    ids = await oa.befriend(60)
    kinds = [kind.value for kind in audience.AudienceGroupType]
    for kind in kinds:
        await oa.make_audience(kind, ids, create_route="MESSAGING_API")
    page = await oa.sdk(
        lambda line: line.audience.get_audience_groups(
            page=1, size=40, status="READY", includes_external_public_groups=False
        )
    )

    assert sorted(group.type.value for group in page.audience_groups) == sorted(kinds)
    assert (page.total_count, page.has_next_page) == (len(kinds), False)


async def test_a09_pages_are_complete(oa: OfficialAccount) -> None:
    """Walking pages of 3 shows each of 8 audiences once."""
    ids = await oa.befriend(1)
    made = {await oa.make_audience("UPLOAD", ids) for _ in range(8)}
    get = partial(partial, lambda number, line: line.audience.get_audience_groups(page=number, size=3))
    pages = [await oa.sdk(get(number)) for number in (1, 2, 3)]

    assert [page.has_next_page for page in pages] == [True, True, False]
    assert {group.audience_group_id for page in pages for group in page.audience_groups} == made


async def test_a10_rename_and_delete(oa: OfficialAccount) -> None:
    """Renaming answers 200, deleting 202, and the audience is gone."""
    number = await some_upload(oa, 1)
    rename = audience.UpdateAudienceGroupDescriptionRequest(description="new")
    renamed = await oa.sdk(lambda line: line.audience.update_audience_group_description_with_http_info(number, rename))
    deleted = await oa.sdk(lambda line: line.audience.delete_audience_group_with_http_info(number))

    assert (renamed.status_code, deleted.status_code) == (200, 202)
    with pytest.raises(AudienceApiException, match="AUDIENCE_GROUP_NOT_FOUND"):
        await oa.sdk(lambda line: line.audience.get_audience_data(number))


async def test_a11_narrowcast(oa: OfficialAccount) -> None:
    """A narrowcast answers 202 with no data and a request id; explicit false flags are fine."""
    number = await some_upload(oa, 5)
    sent = await oa.sdk(
        lambda line: line.messaging.narrowcast_with_http_info(to_audience(number), x_line_retry_key=str(uuid4()))
    )

    assert sent.status_code == 202
    assert sent.data == {}
    assert len(sent.headers["x-line-request-id"]) == 36


async def test_a12_same_retry_key(oa: OfficialAccount) -> None:
    """The second use of a retry key is a 409 that names the accepted request."""
    number, key = await some_upload(oa, 5), str(uuid4())
    sent = await oa.sdk(
        lambda line: line.messaging.narrowcast_with_http_info(to_audience(number), x_line_retry_key=key)
    )
    with pytest.raises(ApiException) as refused:
        await oa.sdk(lambda line: line.messaging.narrowcast(to_audience(number), x_line_retry_key=key))

    assert refused.value.status == 409
    assert json.loads(refused.value.body) == {"message": "The retry key is already accepted"}
    assert refused.value.headers["x-line-accepted-request-id"] == sent.headers["x-line-request-id"]


async def test_a13_progress(oa: OfficialAccount) -> None:
    """Progress has aware times, and no counts while it waits."""
    number = await some_upload(oa, 5)
    sent = await oa.sdk(lambda line: line.messaging.narrowcast_with_http_info(to_audience(number)))
    request_id = sent.headers["x-line-request-id"]
    waiting = await oa.sdk(lambda line: line.messaging.get_narrowcast_progress(request_id))
    oa.clock.advance(10)
    done = await oa.sdk(lambda line: line.messaging.get_narrowcast_progress(request_id))

    assert (waiting.phase, waiting.target_count) == ("waiting", None)
    assert waiting.accepted_time.utcoffset() == timedelta(0)
    assert (done.phase, done.target_count, done.success_count, done.failure_count) == ("succeeded", 5, 5, 0)
    assert done.completed_time > done.accepted_time


async def test_a14_other_sends_and_validate(oa: OfficialAccount) -> None:
    """Push, multicast, broadcast and the five validate calls answer 200; message ids are strings."""
    ids = list(await oa.befriend(3))
    pushed = await oa.sdk(
        lambda line: line.messaging.push_message(messaging.PushMessageRequest(to=ids[0], messages=[HELLO]))
    )
    await oa.sdk(lambda line: line.messaging.multicast(messaging.MulticastRequest(to=ids, messages=[HELLO])))
    await oa.sdk(lambda line: line.messaging.broadcast(messaging.BroadcastRequest(messages=[HELLO])))
    body = messaging.ValidateMessageRequest(messages=[HELLO])
    for kind in ("narrowcast", "push", "multicast", "broadcast", "reply"):
        await oa.sdk(partial(validate, kind, body))
    received = await oa.control("GET", "deliveries")

    assert isinstance(pushed.sent_messages[0].id, str)
    assert received["by_user"] == {ids[0]: 3, ids[1]: 2, ids[2]: 2}


async def test_a15_quota_and_consumption(oa: OfficialAccount) -> None:
    """Quota and consumption parse; a send to 5 raises the latter by 5."""
    await oa.control("POST", "quota", limit=1000)
    await oa.befriend(100, first=500)
    await oa.send(recipient={"type": "audience", "audienceGroupId": await some_upload(oa, 5)})
    quota = await oa.sdk(lambda line: line.messaging.get_message_quota())
    used = await oa.sdk(lambda line: line.messaging.get_message_quota_consumption())

    assert (quota.type, quota.value) == ("limited", 1000)
    assert used.total_usage == 5


async def test_a17_followers_of_an_unready_day(oa: OfficialAccount) -> None:
    """Today's friends are three Nones and no exception; yesterday's are numbers."""
    await oa.befriend(30)
    today = await oa.sdk(lambda line: line.insight.get_number_of_followers(var_date="20260615"))
    yesterday = await oa.sdk(lambda line: line.insight.get_number_of_followers(var_date="20260614"))

    assert (today.status, today.followers, today.targeted_reaches, today.blocks) == ("unready", None, None, None)
    assert (yesterday.status, yesterday.followers, yesterday.targeted_reaches) == ("ready", 30, 30)


async def test_a18_statistics_under_the_threshold(oa: OfficialAccount) -> None:
    """Few reactions are Nones, while `delivered` is shown."""
    request_id = await oa.send(recipient={"type": "audience", "audienceGroupId": await some_upload(oa, 10)})
    oa.clock.advance(86_400)
    event = await oa.sdk(lambda line: line.insight.get_message_event(request_id))
    unknown = await oa.sdk(lambda line: line.insight.get_message_event(str(uuid4())))

    assert (event.overview.delivered, event.overview.unique_impression, event.overview.unique_click) == (10, None, None)
    assert (unknown.overview.delivered, unknown.messages, unknown.clicks) == (None, [], [])


async def test_a21_bot_info(oa: OfficialAccount) -> None:
    """Bot info parses."""
    info = await oa.sdk(lambda line: line.messaging.get_bot_info())

    assert (info.chat_mode, info.mark_as_read_mode, info.basic_id[0]) == ("bot", "auto", "@")


async def test_a22_errors(oa: OfficialAccount) -> None:
    """Each status raises the SDK's exception for it."""
    with pytest.raises(UnauthorizedException):
        await oa.sdk(lambda line: line.messaging.get_bot_info(), token="wrong")
    with pytest.raises(InsightUnauthorizedException):
        await oa.sdk(lambda line: line.insight.get_message_event("x"), token="wrong")
    with pytest.raises(NotFoundException):
        await oa.sdk(lambda line: line.messaging.get_narrowcast_progress(str(uuid4())))
    with pytest.raises(ForbiddenException, match="does not have enough friends"):
        await oa.sdk(lambda line: line.messaging.narrowcast(all_women()))
    await oa.control("POST", "/faults", path="/v2/bot/info", kind="answer", status=503)
    with pytest.raises(ServiceException):
        await oa.sdk(lambda line: line.messaging.get_bot_info())
    with pytest.raises(ApiException, match="Invalid audience group id: 1"):
        await oa.sdk(lambda line: line.messaging.narrowcast(to_audience(1)))


def validate(kind: str, body: messaging.ValidateMessageRequest, line: Sdk) -> object:
    """Call the validate method of one kind of send."""
    return getattr(line.messaging, f"validate_{kind}")(body)


async def some_upload(oa: OfficialAccount, count: int) -> int:
    """Make a READY upload audience of new friends."""
    return await oa.make_audience("UPLOAD", await oa.befriend(count))


def all_women() -> messaging.NarrowcastRequest:
    """Return a request by attribute alone."""
    women = messaging.Filter(demographic=messaging.GenderDemographicFilter(one_of=["female"]))
    return messaging.NarrowcastRequest(messages=[HELLO], filter=women)
