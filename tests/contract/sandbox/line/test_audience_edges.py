"""The edges of the audience rules: one less, one more, a second earlier, a second later (LP 3.3-3.10)."""

import asyncio
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from linebot.v3 import audience

from tests.contract.sandbox.line.audience_calls import (
    AUDIENCE_ENDPOINTS,
    CLICK,
    DAY,
    FOLDER,
    IMP,
    INVALID,
    UPLOAD,
    URL,
    add,
    code_of,
    create,
    ifa,
    list_names,
    name_ids,
    read,
    send_to_all,
)
from tests.contract.sandbox.line.driver import Answer, OfficialAccount, one_audience, user_id
from tests.contract.sandbox.line.test_audience_files import send_form, write_ids

PEOPLE = st.lists(st.integers(0, 59), max_size=60)


async def test_b03_creating_counts_and_both_media_do(oa: OfficialAccount) -> None:
    """The job of the creation is in flight as well: after it nine additions fit, by JSON and by file."""
    ids = await oa.befriend(1)
    number = await create(oa, ids)
    file = ids[0].encode()
    taken = [(await add(oa, number, ids)).status for _ in range(5)]
    taken += [(await send_form(oa, "PUT", file, audienceGroupId=str(number)))[0] for _ in range(4)]
    by_json = await add(oa, number, ids)
    by_file = await send_form(oa, "PUT", file, audienceGroupId=str(number))

    assert taken == [202] * 9
    assert (by_json.status, by_json.body) == (429, {"message": "Too many concurrent operations on the audience."})
    assert by_file == (429, by_json.body)


async def test_b03_room_from_the_moment_a_job_ends(oa: OfficialAccount) -> None:
    """A job that is WORKING still counts; at its end, or when it fails, there is room again."""
    ids = await oa.befriend(1)
    number = await create(oa, ids)
    await oa.change_settings(audience_operations_at_once=1, concurrency_text="busy")
    oa.clock.advance(2.5)
    working = await add(oa, number, ids)
    oa.clock.advance(0.5)
    finished = await add(oa, number, ids)
    full = await add(oa, number, ids)
    await oa.control("POST", f"audiences/{number}", fail_jobs="INTERNAL_ERROR")
    failed = await add(oa, number, ids)

    assert [answer.status for answer in (working, finished, full, failed)] == [429, 202, 429, 202]
    assert working.body == {"message": "busy"}


async def test_b10_the_second_of_expiry_and_of_deletion(oa: OfficialAccount) -> None:
    """READY until the last second of 180 days, then EXPIRED; a month later gone, not a second earlier."""
    number = await create(oa, await oa.befriend(1))
    oa.clock.advance(180 * DAY - 1)
    ready = await read(oa, number)
    oa.clock.advance(1)
    expired = await read(oa, number)
    oa.clock.advance(30 * DAY - 1)
    still = await oa.call("GET", f"{FOLDER}/{number}")
    oa.clock.advance(1)
    gone = await oa.call("GET", f"{FOLDER}/{number}")

    assert (ready["status"], expired["status"]) == ("READY", "EXPIRED")
    assert ready["expireTimestamp"] - ready["created"] == 15_552_000
    assert (still.status, code_of(gone)) == (200, "AUDIENCE_GROUP_NOT_FOUND")


@pytest.mark.parametrize(("extends", "status"), [(False, "EXPIRED"), (True, "READY")])
async def test_adding_and_the_180_days(oa: OfficialAccount, extends: bool, status: str) -> None:  # noqa: FBT001 - a parameter of the test
    """Adding does not extend the life of an audience, unless the switch says so."""
    await oa.change_settings(adding_extends_expiry=extends)
    number = await create(oa, await oa.befriend(1))
    oa.clock.advance(100 * DAY)
    await add(oa, number, [user_id(0)])
    oa.clock.advance(80 * DAY)

    assert (await read(oa, number))["status"] == status


@pytest.mark.parametrize(("name", "code"), [("\n", "WRONG"), ("\x85", "WRONG"), ("\u3000", "EMPTY"), (" a ", None)])
async def test_b04_control_characters_come_before_blanks(oa: OfficialAccount, name: str, code: str | None) -> None:
    """A line feed alone is a control character, an ideographic space alone is a blank name."""
    answer = await oa.call("POST", UPLOAD, body={"description": name})

    assert code_of(answer) == (code and f"AUDIENCE_GROUP_NAME_{code}")


async def test_b04_published_texts(oa: OfficialAccount) -> None:
    """The texts beside the codes are the published ones."""
    bad_id = await oa.call("POST", UPLOAD, body={"description": "a", "audiences": [{"id": "U1"}]})
    long_name = await oa.call("POST", UPLOAD, body={"description": "a" * 121})

    assert bad_id.body == {
        "message": "Invalid audience id format",
        "details": [{"message": INVALID, "property": "audiences"}],
    }
    assert long_name.body["message"] == "size over audienceGroupName"


@pytest.mark.parametrize(("count", "code"), [(10_000, None), (10_001, "UPLOAD_AUDIENCE_GROUP_TOO_MANY_AUDIENCE_IDS")])
async def test_b04_ten_thousand_ids(oa: OfficialAccount, count: int, code: str | None) -> None:
    """A JSON call takes 10,000 ids and not one more, in creating and in adding."""
    ids = [user_id(number) for number in range(count)]
    number = await oa.make_audience("UPLOAD", await oa.befriend(1))
    created = await oa.call("POST", UPLOAD, body={"description": "a", "audiences": name_ids(ids)})
    added = await add(oa, number, ids)

    assert [code_of(created), code_of(added)] == [code, code]


@pytest.mark.parametrize(("refused", "statuses"), [(False, [202, 202, 400, 400, 200]), (True, [400] * 5)])
async def test_unknown_properties(oa: OfficialAccount, refused: bool, statuses: list[int]) -> None:  # noqa: FBT001 - a parameter of the test
    """A property that an endpoint does not have is overlooked, or refused by name as the switch says (LP 11.2)."""
    await oa.change_settings(unknown_properties_refused=refused)
    number = await oa.make_audience("UPLOAD", await oa.befriend(1))
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", UPLOAD, {"description": "a"}),
        ("PUT", UPLOAD, {"audienceGroupId": number, "audiences": name_ids([user_id(0)])}),
        ("POST", CLICK, {"description": "a", "requestId": "x"}),
        ("POST", IMP, {"description": "a", "requestId": "x"}),
        ("PUT", f"{FOLDER}/{number}/updateDescription", {"description": "b"}),
    ]
    answers = [await oa.call(method, path, body={**body, "colour": 1}) for method, path, body in calls]

    assert [answer.status for answer in answers] == statuses
    if refused:
        details = [{"message": "Unknown property", "property": "colour"}]
        assert [answer.body["details"] for answer in answers] == [details] * 5


@pytest.mark.parametrize("ids", [[{"id": ["U"]}], [{}], [None], ["U"], {}, "x", 3])
async def test_ids_of_another_shape(oa: OfficialAccount, ids: object) -> None:
    """Ids that are no strings in objects are a 400, and nothing is created."""
    answer = await oa.call("POST", UPLOAD, body={"description": "a", "audiences": ids})

    assert answer.status == 400
    assert await oa.control("GET", "audiences") == {"audiences": []}


@pytest.mark.parametrize(("method", "path"), AUDIENCE_ENDPOINTS)
async def test_b20_no_retry_key_on_audience_calls(oa: OfficialAccount, method: str, path: str) -> None:
    """A retry key is a 400 on each of the audience endpoints."""
    number = await oa.make_audience("UPLOAD", await oa.befriend(1))
    called = path.replace(r"{number:\d+}", str(number))
    answer = await oa.call(method, called, retry_key="123e4567-e89b-12d3-a456-426614174000")

    assert (answer.status, answer.body) == (400, {"message": "The retry key is not supported by this endpoint"})


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("page=1&size=41", "size: must be less than or equal to 40"),
        ("page=0", "page: must be greater than or equal to 1"),
        ("page=1&size=0", "size: must be greater than or equal to 1"),
        ("page=１", "page: must be a number"),
        ("page=1_0", "page: must be a number"),
        ("page=" + "9" * 5_000, "page: must be a number"),
        ("page=1&includesExternalPublicGroups=no", "includesExternalPublicGroups: must be true or false"),
    ],
)
async def test_b36_odd_queries(oa: OfficialAccount, query: str, message: str) -> None:
    """What is no page, size or boolean is a 400 that names the parameter."""
    answer = await oa.call("GET", f"{FOLDER}/list?{query}")

    assert (answer.status, answer.body["message"]) == (400, message)


@pytest.mark.parametrize("flag", ["False", "false", "FALSE"])
async def test_a09_booleans_in_any_case(oa: OfficialAccount, flag: str) -> None:
    """A boolean of a query may be spelled in any case."""
    await create(oa, [])
    await oa.make_audience("CHAT_TAG", await oa.befriend(1))

    assert await list_names(oa, f"page=1&includesExternalPublicGroups={flag}") == ["members"]


async def test_names_are_found_in_any_case(oa: OfficialAccount) -> None:
    """A part of a name finds it, whatever its case; an empty one finds everything."""
    await create(oa, [], description="Spring BUYERS")
    await create(oa, [], description="autumn")

    assert await list_names(oa, "page=1&description=buyers") == ["Spring BUYERS"]
    assert await list_names(oa, "page=1&description=") == ["autumn", "Spring BUYERS"]


@pytest.mark.parametrize("status", ["IN_PROGRESS", "FAILED", "EXPIRED", "INACTIVE", "ACTIVATING"])
async def test_each_status_is_a_filter(oa: OfficialAccount, status: str) -> None:
    """Each status that LINE has can be asked for; failed and expired ones carry `failedType` in a list."""
    await oa.make_audience("CHAT_TAG", await oa.befriend(1))
    await oa.control("POST", "audiences", kind="UPLOAD", name=status, status=status)
    answer = await oa.call("GET", f"{FOLDER}/list?page=1&status={status}")
    (group,) = answer.body["audienceGroups"]

    assert (group["description"], group["status"]) == (status, status)
    assert ("failedType" in group) == (status in ("FAILED", "EXPIRED"))


@pytest.mark.parametrize("route", ["BUSINESS_MANAGER", "YAHOO_DISPLAY_ADS"])
async def test_routes_of_shared_audiences(oa: OfficialAccount, route: str) -> None:
    """Two routes exist among shared audiences only: their list takes them, the own one refuses them."""
    ids = await oa.befriend(60)
    await oa.control("POST", "audiences", kind="WEBTRAFFIC", name="theirs", user_ids=list(ids), foreign=True,
                     create_route=route)  # fmt: skip
    own = await oa.call("GET", f"{FOLDER}/list?page=1&createRoute={route}")
    body = {"kind": "UPLOAD", "name": "ours", "create_route": route}
    url = f"{oa.sandbox.url}/_control/line/channels/{oa.channel_id}/audiences"
    async with oa.http.post(url, json=body) as response:
        made = response.status
    shared = await oa.call("GET", f"{FOLDER}/shared/list?createRoute={route}&createRoute=OA_MANAGER")

    assert (own.status, made) == (400, 400)
    assert [(group["createRoute"], group["webtraffic"]) for group in shared.body["audienceGroups"]] == [(route, {})]


@pytest.mark.parametrize("service", ["bm", "lap", "account", "yda"])
async def test_owners_of_shared_audiences(oa: OfficialAccount, service: str) -> None:
    """The SDK reads a shared audience with its owner, of each service."""
    number = await oa.make_audience("UPLOAD", await oa.befriend(1), foreign=True, owner_service=service)
    found = await oa.sdk(lambda line: line.audience.get_shared_audience_data(number))
    page = await oa.sdk(lambda line: line.audience.get_shared_audience_groups(page=1, size=40))

    assert (found.owner.service_type, found.jobs) == (service, [])
    assert [group.audience_group_id for group in page.audience_groups] == [number]


@pytest.mark.parametrize("name", ["inactivatedTimestamp", "inactiveTimestamp"])
async def test_spellings_of_the_inactivation(oa: OfficialAccount, name: str) -> None:
    """LINE's texts spell the property in two ways; the switch chooses."""
    await oa.change_settings(inactivation_name=name)
    number = await oa.make_audience("APP_EVENT", await oa.befriend(1), create_route="AD_MANAGER", activated=False)
    group = await read(oa, number)

    assert (group["activated"], group[name]) == (False, int(oa.clock.timestamp()))


async def test_audiences_of_advertising_ids_are_masked_and_restricted(oa: OfficialAccount) -> None:
    """Exact counts and no minimum are for user ids: advertising ids show 0 under 20, and need 50 to be READY."""
    await oa.change_settings(limits_on=False)
    shown = []
    for count in (19, 20, 49, 50):
        number = await create(oa, [ifa(one) for one in range(count)], isIfaAudience=True)
        oa.clock.advance(10)
        group = await read(oa, number)
        shown.append((group["isIfaAudience"], group["audienceCount"], group["status"]))

    assert shown == [
        (True, 0, "IN_PROGRESS"),
        (True, 20, "IN_PROGRESS"),
        (True, 49, "IN_PROGRESS"),
        (True, 50, "READY"),
    ]


async def test_advertising_ids_need_an_application(oa: OfficialAccount) -> None:
    """Where the switch says that the OA has not applied for them, advertising ids are a 403."""
    await oa.change_settings(ifa_audiences_allowed=False)
    body = {"description": "a", "isIfaAudience": True, "audiences": name_ids([ifa(1)])}
    answer = await oa.call("POST", UPLOAD, body=body)

    assert (answer.status, answer.body["message"]) == (403, "Access to this API is not available for your account")


async def test_a06_a_file_of_advertising_ids(oa: OfficialAccount, tmp_path: Path) -> None:
    """The SDK's flag arrives whatever its case; user ids can't be mixed in later."""
    path = await asyncio.to_thread(write_ids, tmp_path, [ifa(one) for one in range(50)])
    created = await oa.sdk(
        lambda line: line.audience_blob.create_audience_for_uploading_user_ids(
            file=path, description="devices", is_ifa_audience=True
        )
    )
    oa.clock.advance(10)
    number = created.audience_group_id
    status, mixed = await send_form(oa, "PUT", user_id(1).encode(), audienceGroupId=str(number))

    assert created.is_ifa_audience is True
    assert (await read(oa, number))["audienceCount"] == 50
    assert (status, mixed["details"][0]["message"]) == (400, INVALID)


async def test_a_flag_of_no_meaning_in_a_form(oa: OfficialAccount) -> None:
    """A form's flag is true or false."""
    status, answer = await send_form(oa, "POST", user_id(1).encode(), description="a", isIfaAudience="maybe")

    assert (status, answer["details"]) == (400, [{"message": "Must be true or false", "property": "isIfaAudience"}])


@pytest.mark.parametrize(
    "between", [b"\x0b", b"\x0c", b"\x1c", b"\r", b" ", b"\xc2\x85", b"\xe2\x80\xa8", b",", b"\x00", b"\n ", b" \n"]
)
async def test_only_line_feeds_separate_ids(oa: OfficialAccount, between: bytes) -> None:
    """Ids are parted by LF or CR LF and by nothing else."""
    file = between.join([user_id(1).encode(), user_id(2).encode()])
    status, answer = await send_form(oa, "POST", file, description="a")

    assert (status, answer["message"]) == (400, INVALID)


@pytest.mark.parametrize("media_type", ["text/plain; charset=utf-8", "Text/Plain"])
async def test_ways_to_write_the_media_type(oa: OfficialAccount, media_type: str) -> None:
    """A media type may have parameters and capitals."""
    status, _ = await send_form(oa, "POST", user_id(1).encode(), media_type=media_type, description="a")

    assert status == 202


async def test_files_are_exempt_from_two_megabytes(oa: OfficialAccount) -> None:
    """A file of 3 MB is taken, any other body of 3 MB is a 413 (LP 1.1)."""
    file = b"\n".join(user_id(number).encode() for number in range(90_000))
    by_file, _ = await send_form(oa, "POST", file, description="a")
    headers = {"Authorization": f"Bearer {await oa.issue_token()}", "Content-Type": "application/json"}
    async with oa.http.post(oa.sandbox.url + UPLOAD, data=io.BytesIO(file), headers=headers) as response:
        by_json = response.status

    assert (len(file) > 3_000_000, by_file, by_json) == (True, 202, 413)


@pytest.mark.parametrize(
    ("url", "status"),
    [("a" * 2000, 202), ("", 202), ("a" * 2001, 400), (3, 400), (False, 400), ([], 400)],
)
async def test_click_urls(oa: OfficialAccount, url: object, status: int) -> None:
    """A URL has up to 2,000 characters; an empty one stands for any."""
    request_id = await send_to_all(oa, await oa.befriend(1))
    answer = await oa.call("POST", CLICK, body={"description": "taps", "requestId": request_id, "clickUrl": url})

    assert answer.status == status
    assert ("clickUrl" in answer.body) == (bool(url) and status == 202)


async def test_repeated_messages(oa: OfficialAccount) -> None:
    """A pair of message and URL makes one audience; another URL, any URL, and the pair once deleted make more."""
    request_id = await send_to_all(oa, await oa.befriend(1))

    async def click(**more: str) -> Answer:
        return await oa.call("POST", CLICK, body={"description": "taps", "requestId": request_id, **more})

    first = await click(clickUrl=URL)
    others = [await click(clickUrl=URL + "2"), await click()]
    again = [await click(clickUrl=URL), await click()]
    await oa.call("DELETE", f"{FOLDER}/{first.body['audienceGroupId']}")
    anew = await click(clickUrl=URL)

    assert [answer.status for answer in (first, *others, anew)] == [202] * 4
    assert [code_of(answer) for answer in again] == ["AUDIENCE_GROUP_REQUESTID_DUPLICATE"] * 2


@pytest.mark.parametrize(("grows", "members"), [(False, 50), (True, 55)])
async def test_who_acts_after_ready(oa: OfficialAccount, grows: bool, members: int) -> None:  # noqa: FBT001 - a parameter of the test
    """Who sees the message once its audience is READY is left out, unless the switch says that it grows."""
    await oa.change_settings(message_audiences_grow=grows)
    ids = list(await oa.befriend(60))
    request_id = await send_to_all(oa, ids)
    await oa.control("POST", "opens", request_id=request_id, user_ids=ids[:50])
    made = await oa.call("POST", IMP, body={"description": "seen", "requestId": request_id})
    oa.clock.advance(10)
    await oa.control("POST", "opens", request_id=request_id, user_ids=ids[50:55])

    assert (await read(oa, made.body["audienceGroupId"]))["audienceCount"] == members


async def test_b07_the_fiftieth_comes_later(oa: OfficialAccount) -> None:
    """An IMP audience of 49 is counted again every hour: with the 50th it gets READY, and it never fails."""
    ids = list(await oa.befriend(60))
    request_id = await send_to_all(oa, ids)
    await oa.control("POST", "opens", request_id=request_id, user_ids=ids[:49])
    made = await oa.call("POST", IMP, body={"description": "seen", "requestId": request_id})
    number = made.body["audienceGroupId"]
    oa.clock.advance(7 * DAY)
    waiting = await read(oa, number)
    await oa.control("POST", "opens", request_id=request_id, user_ids=ids[49:50])
    oa.clock.advance(3600)
    ready = await read(oa, number)

    assert (waiting["status"], ready["status"], ready["audienceCount"]) == ("IN_PROGRESS", "READY", 50)


async def test_reading_does_not_change_an_audience(oa: OfficialAccount) -> None:
    """Who is in an audience of a message depends on time, not on when somebody looked."""
    ids = list(await oa.befriend(400))
    request_ids = [await oa.send(recipient=one_audience(await oa.make_audience("UPLOAD", ids))) for _ in range(2)]
    numbers = []
    for request_id in request_ids:
        oa.clock.advance(3600)
        made = await oa.call("POST", IMP, body={"description": "seen", "requestId": request_id})
        numbers.append(made.body["audienceGroupId"])
        oa.clock.advance(10)
    early = await oa.control("GET", f"audiences/{numbers[0]}?members=true")
    oa.clock.advance(5 * DAY)
    members = [(await oa.control("GET", f"audiences/{number}?members=true"))["user_ids"] for number in numbers]

    assert members[0] == early["user_ids"]
    assert 50 < len(members[1]) < 200


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(PEOPLE, st.lists(st.integers(0, 59), min_size=1, max_size=60), st.booleans(), st.sampled_from(["\n", "\r\n"]))
async def test_uploads_are_sets_whatever_carries_them(
    oa: OfficialAccount,
    first: list[int],
    second: list[int],
    by_file: bool,  # noqa: FBT001 - a parameter of the test
    ending: str,
) -> None:
    """Two uploads hold whoever is in either, once; blocked people and strangers count, people without consent not."""
    await oa.change_settings(limits_on=False)
    await oa.befriend(20)
    await oa.befriend(10, first=20, blocked=True)
    await oa.befriend(10, first=30, consented=False)
    number = await create(oa, [user_id(one) for one in first])
    ids = [user_id(one) for one in second]
    if by_file:
        status, _ = await send_form(oa, "PUT", ending.join(ids).encode(), audienceGroupId=str(number))
    else:
        status = (await add(oa, number, ids)).status
    oa.clock.advance(60)
    kept = {one for one in (*first, *second) if not 30 <= one < 40}
    group = await read(oa, number)

    assert status == 202
    assert (group["audienceCount"], group["status"]) == (len(kept), "READY" if kept else "IN_PROGRESS")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(st.sampled_from([kind.value for kind in audience.AudienceGroupType]), st.integers(0, 60), st.booleans())
async def test_masked_counts_of_every_kind(oa: OfficialAccount, kind: str, members: int, foreign: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """A count is exact for uploads and chat tags; for any other kind it is 0 under 20 and exact from 20 on."""
    await oa.change_settings(limits_on=False)
    ids = await oa.befriend(60)
    number = await oa.make_audience(kind, ids[:members], foreign=foreign)
    path = f"{FOLDER}/shared/{number}" if foreign else f"{FOLDER}/{number}"
    group = (await oa.call("GET", path)).body["audienceGroup"]

    exact = kind in ("UPLOAD", "CHAT_TAG") or members >= 20
    assert group["audienceCount"] == (members if exact else 0)
