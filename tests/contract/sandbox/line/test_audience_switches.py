"""What LINE leaves open about audiences, and requests of no meaning (LP 3.2-3.8, 11.4)."""

from typing import Any

import pytest
from hypothesis import strategies as st
from linebot.v3 import audience

from tests.contract.sandbox.line.audience_calls import (
    FOLDER,
    UPLOAD,
    add,
    code_of,
    create,
    list_names,
    name_ids,
    read,
)
from tests.contract.sandbox.line.driver import OfficialAccount, user_id
from tests.contract.sandbox.line.test_audience_files import send_form


@pytest.mark.parametrize(("cap", "status"), [("account", 400), ("channel", 202)])
async def test_what_the_cap_counts(oa: OfficialAccount, cap: str, status: int) -> None:
    """Shared audiences are not among the 1,000; those made elsewhere are, unless the switch counts the channel's."""
    await oa.change_settings(limits_on=False, audience_cap=cap)
    for number in range(999):
        await oa.control("POST", "audiences", kind="CHAT_TAG", name=str(number), count=0)
    await oa.control("POST", "audiences", kind="UPLOAD", name="theirs", count=0, foreign=True)
    await create(oa, [])
    answer = await oa.call("POST", UPLOAD, body={"description": "one more"})

    assert answer.status == status


@pytest.mark.parametrize(("refusal", "status"), [("not_found", 400), ("forbidden", 403)])
async def test_ways_to_refuse_a_change(oa: OfficialAccount, refusal: str, status: int) -> None:
    """A READ audience is refused as unknown or as forbidden, as the switch says, by each of the four changes."""
    await oa.change_settings(read_only_refusal=refusal)
    number = await oa.make_audience("UPLOAD", await oa.befriend(1), permission="READ")
    answers = [
        (await oa.call("PUT", f"{FOLDER}/{number}/updateDescription", body={"description": "b"})).status,
        (await oa.call("DELETE", f"{FOLDER}/{number}")).status,
        (await add(oa, number, [user_id(0)])).status,
        (await send_form(oa, "PUT", user_id(0).encode(), audienceGroupId=str(number)))[0],
    ]

    assert answers == [status] * 4
    assert (await read(oa, number))["description"] == "UPLOAD"


async def test_numbers_beyond_any_audience(oa: OfficialAccount) -> None:
    """A number of thousands of digits is an unknown audience, in a path and in a form."""
    digits = "9" * 5_000
    by_path = [
        await oa.call("GET", f"{FOLDER}/{digits}"),
        await oa.call("GET", f"{FOLDER}/shared/{digits}"),
        await oa.call("DELETE", f"{FOLDER}/{digits}"),
    ]
    forms = [await send_form(oa, "PUT", user_id(0).encode(), audienceGroupId=text) for text in (digits, "x", "-1", "")]

    assert [code_of(answer) for answer in by_path] == ["AUDIENCE_GROUP_NOT_FOUND"] * 3
    assert [answer["details"][0]["message"] for _, answer in forms] == ["AUDIENCE_GROUP_NOT_FOUND"] * 4


@pytest.mark.parametrize(
    "body",
    [
        {"age_days": 1e300},
        {"age_days": -1},
        {"failed_type": "x"},
        {"owner_service": "x"},
        {"status": "x"},
        {"count": 10**30},
        {"create_route": "x"},
        {"web_traffic": []},
    ],
)
async def test_control_requests_of_no_meaning(oa: OfficialAccount, body: dict[str, Any]) -> None:
    """The control face answers what it can't do with a 400 and a message."""
    url = f"{oa.sandbox.url}/_control/line/channels/{oa.channel_id}/audiences"
    async with oa.http.post(url, json={"kind": "UPLOAD", "name": "a", **body}) as response:
        answer = await response.json()

    assert (response.status, bool(answer["message"])) == (400, True)


@pytest.mark.parametrize(("duplicates", "status"), [("once", 202), ("refused", 400)])
async def test_duplicates_in_one_upload(oa: OfficialAccount, duplicates: str, status: int) -> None:
    """An id that is there twice counts once, or is refused as the switch says, by JSON and by file."""
    await oa.change_settings(duplicate_upload_ids=duplicates)
    ids = [user_id(1), user_id(2), user_id(1)]
    by_json = await oa.call("POST", UPLOAD, body={"description": "a", "audiences": name_ids(ids)})
    by_file, _ = await send_form(oa, "POST", "\n".join(ids).encode(), description="a")

    assert (by_json.status, by_file) == (status, status)


@pytest.mark.parametrize(("unknown", "count"), [("kept", 2), ("dropped", 1), ("refused", None)])
async def test_unknown_ids(oa: OfficialAccount, unknown: str, count: int | None) -> None:
    """A well-formed id of nobody is kept, dropped or refused as the switch says, by JSON and by file."""
    await oa.change_settings(unknown_upload_ids=unknown)
    ids = [*await oa.befriend(1), user_id(99)]
    by_json = await oa.call("POST", UPLOAD, body={"description": "a", "audiences": name_ids(ids)})
    status, by_file = await send_form(oa, "POST", "\n".join(ids).encode(), description="a")
    oa.clock.advance(10)

    if count is None:
        assert (by_json.status, status) == (400, 400)
    else:
        made = [by_json.body, by_file]
        assert [(await read(oa, one["audienceGroupId"]))["audienceCount"] for one in made] == [count, count]


@pytest.mark.parametrize(("refused", "statuses"), [(False, [202, 200]), (True, [400, 400])])
async def test_names_in_use(oa: OfficialAccount, refused: bool, statuses: list[int]) -> None:  # noqa: FBT001 - a parameter of the test
    """Names that differ in case are the same; the switch says whether that is refused, in making and renaming."""
    await oa.change_settings(duplicate_names_refused=refused)
    await create(oa, [], description="Buyers")
    number = await create(oa, [], description="other")
    made = await oa.call("POST", UPLOAD, body={"description": "BUYERS"})
    path = f"{FOLDER}/{number}/updateDescription"
    renamed = await oa.call("PUT", path, body={"description": "buyers"})
    unchanged = await oa.call("PUT", path, body={"description": "Other"})

    assert [made.status, renamed.status] == statuses
    assert unchanged.status == 200


@pytest.mark.parametrize(("order", "names"), [("newest_first", ["b", "a"]), ("oldest_first", ["a", "b"])])
async def test_orders_of_a_list(oa: OfficialAccount, order: str, names: list[str]) -> None:
    """The order of a list is not published; the switch chooses."""
    await oa.change_settings(list_order=order)
    await create(oa, [], description="a")
    await create(oa, [], description="b")

    assert await list_names(oa, "page=1") == names


@pytest.mark.parametrize(("seconds", "status"), [(59, "IN_PROGRESS"), (60, "READY")])
async def test_the_ready_delay(oa: OfficialAccount, seconds: int, status: str) -> None:
    """An audience is READY after the delay of the switch, not a second earlier."""
    await oa.change_settings(ready_delay=60)
    number = await create(oa, await oa.befriend(1))
    oa.clock.advance(seconds)

    assert (await read(oa, number))["status"] == status


@pytest.mark.parametrize(("header", "status"), [("", 415), ("Content-Type: text/plain\r\n", 202)])
async def test_a_part_must_say_that_it_is_text(oa: OfficialAccount, header: str, status: int) -> None:
    """A file part without a media type of its own is a 415 (LP 1.2)."""
    parts = [
        'Content-Disposition: form-data; name="description"\r\n\r\na',
        f'Content-Disposition: form-data; name="file"; filename="a.txt"\r\n{header}\r\n{user_id(1)}',
    ]
    body = "".join(f"--x\r\n{part}\r\n" for part in parts) + "--x--\r\n"
    token = await oa.issue_token()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "multipart/form-data; boundary=x"}
    async with oa.http.post(f"{oa.sandbox.url}{UPLOAD}/byFile", data=body.encode(), headers=headers) as response:
        assert response.status == status


async def test_members_that_the_control_face_sets_stay(oa: OfficialAccount) -> None:
    """A job counts once: whom the control face takes out after it stays out."""
    ids = await oa.befriend(3)
    number = await create(oa, ids)
    oa.clock.advance(10)
    await read(oa, number)
    await oa.control("POST", f"audiences/{number}", user_ids=[ids[0]])

    assert (await read(oa, number))["audienceCount"] == 1


async def test_the_model_request_of_the_sdk(oa: OfficialAccount) -> None:
    """An audience made without ids by the SDK, which sends explicit nulls or nothing, is empty."""
    request = audience.CreateAudienceGroupRequest(description="nobody")
    created = await oa.sdk(lambda line: line.audience.create_audience_group(request))
    found = await oa.sdk(lambda line: line.audience.get_audience_data(created.audience_group_id))

    assert (found.audience_group.status, found.audience_group.audience_count, found.jobs) == ("IN_PROGRESS", 0, [])


PEOPLE = st.lists(st.integers(0, 59), max_size=60)
