"""Every published rule about audiences that the acceptance rows leave to the reference (LP 3.3-3.10)."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.sandbox.line.driver import TEXT, Answer, OfficialAccount, one_audience, user_id

UPLOAD = "/v2/bot/audienceGroup/upload"
CLICK = "/v2/bot/audienceGroup/click"
IMP = "/v2/bot/audienceGroup/imp"
URL = "https://shop.example/spring"
IFA = "123e4567-e89b-12d3-a456-426614174000"
DAY = 86_400


def code_of(answer: Answer) -> str | None:
    """Return the code of an audience error."""
    if answer.status != 400:
        return None
    return str(answer.body["details"][0]["message"])


def name_ids(ids: list[str]) -> list[dict[str, str]]:
    """Return ids in the shape of an upload."""
    return [{"id": one} for one in ids]


async def upload(oa: OfficialAccount, **body: Any) -> Answer:
    """Create by JSON."""
    return await oa.call("POST", UPLOAD, body={"description": "members", **body})


async def test_b06_one_id_is_enough(oa: OfficialAccount) -> None:
    """An upload of one id is READY after the delay, not before."""
    created = await upload(oa, audiences=name_ids([user_id(1)]))
    number = created.body["audienceGroupId"]
    early = (await oa.call("GET", f"/v2/bot/audienceGroup/{number}")).body["audienceGroup"]["status"]
    oa.clock.advance(3)
    late = (await oa.call("GET", f"/v2/bot/audienceGroup/{number}")).body["audienceGroup"]["status"]

    assert (early, late) == ("IN_PROGRESS", "READY")


@pytest.mark.parametrize(("path", "more"), [(CLICK, {"clickUrl": URL}), (CLICK, {}), (IMP, {})])
async def test_b11_messages_that_no_audience_is_made_of(oa: OfficialAccount, path: str, more: dict[str, str]) -> None:
    """A multicast, a push, an unknown id, a send still under way, one too old, and a second time: a 400 each."""
    ids = await oa.befriend(60)
    multicast = await oa.call("POST", "/v2/bot/message/multicast", body={"to": list(ids[:2]), "messages": [TEXT]})
    push = await oa.call("POST", "/v2/bot/message/push", body={"to": ids[0], "messages": [TEXT]})
    number = await oa.make_audience("UPLOAD", ids)
    under_way = await oa.narrowcast(recipient=one_audience(number))
    strangers = [multicast.request_id, push.request_id, IFA, under_way.request_id]

    async def make(request_id: str) -> Answer:
        return await oa.call("POST", path, body={"description": "seen", "requestId": request_id, **more})

    refused = [code_of(await make(request_id)) for request_id in strangers]
    await oa.finish(under_way.request_id)
    first = await make(under_way.request_id)
    second = await make(under_way.request_id)
    old = await oa.send(recipient=one_audience(number))
    oa.clock.advance(60 * DAY - 10)
    in_time = await make(old)
    await oa.call("DELETE", f"/v2/bot/audienceGroup/{in_time.body.get('audienceGroupId')}")
    oa.clock.advance(1)

    assert refused == ["REQUEST_NOT_FOUND"] * 4
    assert (first.status, code_of(second)) == (202, "AUDIENCE_GROUP_REQUESTID_DUPLICATE")
    assert in_time.status == 202
    assert code_of(await make(old)) == "TOO_OLD_MESSAGES"


async def test_another_bots_message(oa: OfficialAccount) -> None:
    """A message that another bot sent is WRONG_BOT_ID."""
    number = await oa.make_audience("UPLOAD", await oa.befriend(5))
    request_id = await oa.send(recipient=one_audience(number))
    await oa.control("POST", "/line/channels", channel_id="1", secret="s")
    other = OfficialAccount(oa.sandbox, oa.http, "1", "s")
    answer = await other.call("POST", IMP, body={"description": "seen", "requestId": request_id})

    assert code_of(answer) == "WRONG_BOT_ID"


async def test_a_click_audience_of_any_url(oa: OfficialAccount) -> None:
    """Without `clickUrl` whoever tapped any URL is in; with it, only who tapped that one."""
    await oa.control("POST", "/line/behaviour", open_share=0, click_share=0)
    ids = await oa.befriend(130)
    message = {"type": "text", "text": f"{URL} https://shop.example/terms"}
    number = await oa.make_audience("UPLOAD", ids)
    request_id = (await oa.narrowcast(recipient=one_audience(number), messages=[message])).request_id
    await oa.finish(request_id)
    await oa.control("POST", "clicks", request_id=request_id, url=URL, user_ids=list(ids[:60]))
    rest = list(ids[60:120])
    await oa.control("POST", "clicks", request_id=request_id, url="https://shop.example/terms", user_ids=rest)
    numbers = []
    for more in ({}, {"clickUrl": URL}):
        made = await oa.call("POST", CLICK, body={"description": "taps", "requestId": request_id, **more})
        numbers.append(made.body["audienceGroupId"])
    oa.clock.advance(10)
    groups = [(await oa.call("GET", f"/v2/bot/audienceGroup/{n}")).body["audienceGroup"] for n in numbers]

    assert [group["audienceCount"] for group in groups] == [120, 60]
    assert [group.get("clickUrl") for group in groups] == [None, URL]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("a" * 120, None),
        ("😀" * 60, None),
        ("a" * 121, "AUDIENCE_GROUP_NAME_SIZE_OVER"),
        ("😀" * 61, "AUDIENCE_GROUP_NAME_SIZE_OVER"),
        ("", "AUDIENCE_GROUP_NAME_EMPTY"),
        (None, "AUDIENCE_GROUP_NAME_EMPTY"),
        ("a\tb", "AUDIENCE_GROUP_NAME_WRONG"),
    ],
)
async def test_names(oa: OfficialAccount, name: str | None, code: str | None) -> None:
    """A name has 1 to 120 UTF-16 units and no control character, when made and when renamed."""
    number = await oa.make_audience("UPLOAD", await oa.befriend(1))
    created = await upload(oa, description=name)
    renamed = await oa.call("PUT", f"/v2/bot/audienceGroup/{number}/updateDescription", body={"description": name})

    assert [code_of(created), code_of(renamed)] == [code, code]


@pytest.mark.parametrize(("length", "code"), [(300, None), (301, "AUDIENCE_GROUP_UPLOAD_DESCRIPTION_SIZE_OVER")])
async def test_upload_descriptions(oa: OfficialAccount, length: int, code: str | None) -> None:
    """The text beside an upload has up to 300 characters, in creating and in adding."""
    number = await oa.make_audience("UPLOAD", await oa.befriend(1))
    more = {"uploadDescription": "a" * length, "audiences": name_ids([user_id(0)])}
    created = await upload(oa, **more)
    added = await oa.call("PUT", UPLOAD, body={"audienceGroupId": number, **more})

    assert [code_of(created), code_of(added)] == [code, code]


async def test_at_most_1000_audiences(oa: OfficialAccount) -> None:
    """The 1,001st audience is refused; after a deletion there is room again."""
    await oa.change_settings(limits_on=False)
    ids = await oa.befriend(1)
    numbers = [await oa.make_audience("UPLOAD", ids) for _ in range(1000)]
    refused = await upload(oa)
    await oa.call("DELETE", f"/v2/bot/audienceGroup/{numbers[0]}")

    assert code_of(refused) == "AUDIENCE_GROUP_COUNT_MAX_OVER"
    assert (await upload(oa)).status == 202


async def test_user_ids_and_advertising_ids_are_not_mixed(oa: OfficialAccount) -> None:
    """An audience holds one kind of id, and its answers say which."""
    created = await upload(oa, isIfaAudience=True, audiences=name_ids([IFA]))
    number = created.body["audienceGroupId"]
    mixed = [
        await upload(oa, isIfaAudience=True, audiences=name_ids([user_id(1)])),
        await upload(oa, audiences=name_ids([IFA])),
        await oa.call("PUT", UPLOAD, body={"audienceGroupId": number, "audiences": name_ids([user_id(1)])}),
    ]

    assert created.body["isIfaAudience"] is True
    assert {code_of(answer) for answer in mixed} == {"UPLOAD_AUDIENCE_GROUP_INVALID_AUDIENCE_ID_FORMAT"}


@pytest.mark.parametrize("ids", [[], None, "x"])
async def test_adding_nobody(oa: OfficialAccount, ids: object) -> None:
    """An addition needs ids."""
    number = await oa.make_audience("UPLOAD", await oa.befriend(1))
    answer = await oa.call("PUT", UPLOAD, body={"audienceGroupId": number, "audiences": ids})

    assert code_of(answer) == "UPLOAD_AUDIENCE_GROUP_NO_VALID_AUDIENCE_IDS"


@pytest.mark.parametrize("failed_type", ["AUDIENCE_GROUP_AUDIENCE_INSUFFICIENT", "INTERNAL_ERROR"])
async def test_failures(oa: OfficialAccount, failed_type: str) -> None:
    """An audience or a job that failed says why, and the ids of the job are not added."""
    ids = await oa.befriend(3)
    failed = await oa.make_audience("CLICK", ids, status="FAILED", failed_type=failed_type)
    number = await oa.make_audience("UPLOAD", ids[:2])
    await oa.call("PUT", UPLOAD, body={"audienceGroupId": number, "audiences": name_ids([ids[2]])})
    await oa.control("POST", f"audiences/{number}", fail_jobs=failed_type)
    oa.clock.advance(60)
    shown = (await oa.call("GET", f"/v2/bot/audienceGroup/{failed}")).body["audienceGroup"]
    parent = (await oa.call("GET", f"/v2/bot/audienceGroup/{number}")).body

    assert (shown["status"], shown["failedType"]) == ("FAILED", failed_type)
    assert parent["audienceGroup"]["audienceCount"] == 2
    assert (parent["jobs"][0]["jobStatus"], parent["jobs"][0]["failedType"]) == ("FAILED", failed_type)


async def test_at_most_50_jobs_are_shown(oa: OfficialAccount) -> None:
    """The last 50 additions are shown; a job without a text has a null description."""
    number = await oa.make_audience("UPLOAD", await oa.befriend(1))
    await oa.change_settings(limits_on=False)
    for text in range(51):
        body = {"audienceGroupId": number, "audiences": name_ids([user_id(text)]), "uploadDescription": str(text)}
        if text == 50:
            del body["uploadDescription"]
        await oa.call("PUT", UPLOAD, body=body)
        oa.clock.advance(10)
    jobs = (await oa.call("GET", f"/v2/bot/audienceGroup/{number}")).body["jobs"]

    assert [job["description"] for job in jobs] == [None, *(str(text) for text in range(49, 0, -1))]
    assert {job["jobStatus"] for job in jobs} == {"FINISHED"}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("page=1", ["c", "b", "a"]),
        ("page=1&description=B", ["b"]),
        ("page=1&status=READY", ["c", "a"]),
        ("page=1&createRoute=OA_MANAGER&createRoute=POINT_AD", ["c", "a"]),
        ("page=1&includesExternalPublicGroups=False", ["b"]),
        ("page=1&size=2", ["c", "b"]),
        ("page=2&size=2", ["a"]),
    ],
)
async def test_list_filters(oa: OfficialAccount, query: str, names: list[str]) -> None:
    """A list is narrowed by name, status, routes and channel, and cut into pages."""
    ids = await oa.befriend(60)
    await oa.control("POST", "audiences", kind="IMP", name="a", user_ids=list(ids))
    await upload(oa, description="b")
    await oa.control("POST", "audiences", kind="UPLOAD", name="c", user_ids=list(ids), create_route="POINT_AD")
    answer = await oa.call("GET", f"/v2/bot/audienceGroup/list?{query}")

    assert [group["description"] for group in answer.body["audienceGroups"]] == names


@pytest.mark.parametrize("query", ["", "page=x", "page=1&status=x", "page=1&createRoute=x", "page=1&size=0"])
async def test_bad_list_queries(oa: OfficialAccount, query: str) -> None:
    """A query of no meaning is a 400 with a message."""
    answer = await oa.call("GET", f"/v2/bot/audienceGroup/list?{query}")

    assert (answer.status, bool(answer.body["message"])) == (400, True)


async def test_shared_and_ads_audiences(oa: OfficialAccount) -> None:
    """Shared audiences name their owner, ads audiences their account and activation, web traffic its object."""
    ids = await oa.befriend(60)
    traffic = {"lineTag": {"id": "t"}}
    number = await oa.make_audience(
        "WEBTRAFFIC", ids, foreign=True, owner_service="yda", owner_id="7", owner_name="Shop",
        create_route="YAHOO_DISPLAY_ADS", web_traffic=traffic,
    )  # fmt: skip
    own = await oa.make_audience("APP_EVENT", ids, ad_account="Ads", activated=True, create_route="AD_MANAGER")
    shared = (await oa.call("GET", f"/v2/bot/audienceGroup/shared/{number}")).body
    active = (await oa.call("GET", f"/v2/bot/audienceGroup/{own}")).body
    await oa.control("POST", f"audiences/{own}", activated=False)
    inactive = (await oa.call("GET", f"/v2/bot/audienceGroup/{own}")).body["audienceGroup"]

    assert shared["owner"] == {"serviceType": "yda", "id": "7", "name": "Shop"}
    assert (shared["audienceGroup"]["createRoute"], shared["audienceGroup"]["webtraffic"]) == (
        "YAHOO_DISPLAY_ADS",
        traffic,
    )
    assert (active["adaccount"], active["audienceGroup"]["activated"]) == ({"name": "Ads"}, True)
    assert (inactive["activated"], inactive["inactivatedTimestamp"]) == (False, int(oa.clock.timestamp()))


async def test_read_only_audiences(oa: OfficialAccount) -> None:
    """An audience with READ can be read and used, not renamed, deleted or added to (LP 3.2)."""
    number = await oa.make_audience("UPLOAD", await oa.befriend(5), permission="READ")
    body = {"audienceGroupId": number, "audiences": name_ids([user_id(1)])}
    changes = [
        await oa.call("PUT", f"/v2/bot/audienceGroup/{number}/updateDescription", body={"description": "b"}),
        await oa.call("DELETE", f"/v2/bot/audienceGroup/{number}"),
        await oa.call("PUT", UPLOAD, body=body),
    ]

    assert [answer.status for answer in changes] == [400, 400, 400]
    assert (await oa.narrowcast(recipient=one_audience(number))).status == 202


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/v2/bot/audienceGroup/1/activate"),
        ("GET", "/v2/bot/audienceGroup/authorityLevel"),
        ("PUT", "/v2/bot/audienceGroup/authorityLevel"),
    ],
)
async def test_removed_paths(oa: OfficialAccount, method: str, path: str) -> None:
    """What LINE removed on 2025-03-26 is a 404 (LP 3.1, 11.2)."""
    assert (await oa.call(method, path)).status == 404


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(st.lists(st.integers(0, 30), max_size=40), st.lists(st.integers(0, 30), min_size=1, max_size=40))
async def test_uploads_are_sets(oa: OfficialAccount, first: list[int], second: list[int]) -> None:
    """Whatever is uploaded in two steps counts once each, and stays IN_PROGRESS with nobody in it."""
    await oa.change_settings(limits_on=False)
    created = await upload(oa, audiences=name_ids([user_id(number) for number in first]))
    number = created.body["audienceGroupId"]
    more = name_ids([user_id(one) for one in second])
    await oa.call("PUT", UPLOAD, body={"audienceGroupId": number, "audiences": more})
    before = (await oa.call("GET", f"/v2/bot/audienceGroup/{number}")).body["audienceGroup"]
    oa.clock.advance(60)
    after = (await oa.call("GET", f"/v2/bot/audienceGroup/{number}")).body["audienceGroup"]

    assert (before["audienceCount"], before["status"]) == (0, "IN_PROGRESS")
    assert (after["audienceCount"], after["status"]) == (len({*first, *second}), "READY")
