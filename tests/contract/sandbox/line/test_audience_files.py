"""Audiences from files of ids, by the official SDK and by plain HTTP (LP 3.5; rows A5, A6)."""

import asyncio
import io
import time
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from linebot.v3 import audience

from tests.contract.sandbox.line.driver import OfficialAccount, user_id

PATH = "/v2/bot/audienceGroup/upload/byFile"
INVALID = "UPLOAD_AUDIENCE_GROUP_INVALID_AUDIENCE_ID_FORMAT"


def write_ids(folder: Path, ids: list[str]) -> str:
    """Write a file of ids, one a line, and return its path."""
    path = folder / "ids.txt"
    path.write_text("\n".join(ids), encoding="utf-8")
    return str(path)


async def send_form(
    oa: OfficialAccount, method: str, file: bytes | None, *, media_type: str = "text/plain", **fields: str
) -> tuple[int, Any]:
    """Send a multipart form and return status and body."""
    form = aiohttp.FormData(default_to_multipart=True)
    for name, value in fields.items():
        form.add_field(name, value)
    if file is not None:
        form.add_field("file", io.BytesIO(file), filename="ids.txt", content_type=media_type)
    headers = {"Authorization": f"Bearer {await oa.issue_token()}"}
    async with oa.http.request(method, oa.sandbox.url + PATH, data=form, headers=headers) as response:
        return response.status, await response.json()


async def count(oa: OfficialAccount, number: int) -> tuple[str, int]:
    """Return an audience's status and count."""
    group = (await oa.call("GET", f"/v2/bot/audienceGroup/{number}")).body["audienceGroup"]
    return group["status"], group["audienceCount"]


async def test_a06_create_and_add_by_file(oa: OfficialAccount, tmp_path: Path) -> None:
    """The SDK's blob class makes an audience of a .txt file and adds another one to it."""
    ids = [*await oa.befriend(30)]
    first = await asyncio.to_thread(write_ids, tmp_path, ids[:20])
    created = await oa.sdk(
        lambda line: line.audience_blob.create_audience_for_uploading_user_ids(
            file=first, description="members", upload_description="first"
        )
    )
    oa.clock.advance(10)
    before = await count(oa, created.audience_group_id)
    second = await asyncio.to_thread(write_ids, tmp_path, ids[15:])
    added = await oa.sdk(
        lambda line: line.audience_blob.add_user_ids_to_audience_with_http_info(
            file=second, audience_group_id=created.audience_group_id
        )
    )
    oa.clock.advance(10)

    assert (created.type, created.description) == ("UPLOAD", "members")
    assert (before, added.status_code) == (("READY", 20), 202)
    assert await count(oa, created.audience_group_id) == ("READY", 30)


async def test_a05_add_by_json(oa: OfficialAccount) -> None:
    """The SDK adds ids to an audience; the answer is 202, and the ids count when their job is done."""
    ids = await oa.befriend(3)
    number = await oa.make_audience("UPLOAD", ids[:2])
    more = audience.AddAudienceToAudienceGroupRequest(
        audience_group_id=number, audiences=[audience.Audience(id=ids[2])], upload_description="more"
    )
    answer = await oa.sdk(lambda line: line.audience.add_audience_to_audience_group_with_http_info(more))
    oa.clock.advance(10)

    assert answer.status_code == 202
    assert await count(oa, number) == ("READY", 3)


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
async def test_lines_may_end_either_way(oa: OfficialAccount, ending: str) -> None:
    """Both line endings and a last empty line are fine, and duplicate ids count once."""
    file = ending.join([user_id(1), user_id(2), user_id(1), ""]).encode()
    status, created = await send_form(oa, "POST", file, description="members")
    oa.clock.advance(10)

    assert status == 202
    assert await count(oa, created["audienceGroupId"]) == ("READY", 2)


async def test_another_media_type_is_a_415(oa: OfficialAccount) -> None:
    """A file that is not text/plain is refused (LP 1.5, trap 38)."""
    status, answer = await send_form(oa, "POST", user_id(1).encode(), media_type="text/csv", description="a")

    assert (status, answer) == (415, {"message": "The content type, text/csv, is not supported"})


@pytest.mark.parametrize(
    ("file", "fields", "code"),
    [
        (b"U1\n", {"description": "a"}, INVALID),
        (b"\n", {"description": "a"}, "UPLOAD_AUDIENCE_GROUP_NO_VALID_AUDIENCE_IDS"),
        (user_id(1).encode(), {"description": " "}, "AUDIENCE_GROUP_NAME_EMPTY"),
        (user_id(1).encode(), {}, "AUDIENCE_GROUP_NAME_EMPTY"),
        (None, {"description": "a"}, "May not be empty"),
    ],
)
async def test_bad_files(oa: OfficialAccount, file: bytes | None, fields: dict[str, str], code: str) -> None:
    """Each bad form is a 400 with its code, and nothing is created."""
    status, answer = await send_form(oa, "POST", file, **fields)
    made = await oa.control("GET", "audiences")

    assert (status, answer["details"][0]["message"]) == (400, code)
    assert made == {"audiences": []}


async def test_a_bad_id_names_the_file(oa: OfficialAccount) -> None:
    """The error of a bad id in a file equals its code and names the property `file` (LP 3.10)."""
    _, answer = await send_form(oa, "POST", b"U1\n", description="a")

    assert answer == {"message": INVALID, "details": [{"message": INVALID, "property": "file"}]}


async def test_unknown_and_expired_audiences_take_no_file(oa: OfficialAccount) -> None:
    """Adding to an unknown or expired audience is a 400 with its code."""
    number = await oa.make_audience("UPLOAD", await oa.befriend(1))
    unknown = await send_form(oa, "PUT", user_id(1).encode(), audienceGroupId="1")
    oa.clock.advance(180 * 86_400)
    expired = await send_form(oa, "PUT", user_id(1).encode(), audienceGroupId=str(number))

    assert unknown[1]["details"][0]["message"] == "AUDIENCE_GROUP_NOT_FOUND"
    assert expired[1]["details"][0]["message"] == "AUDIENCE_GROUP_CAN_NOT_UPLOAD_STATUS_EXPIRED"


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("lines", "status"), [(1_500_000, 202), (1_500_001, 400)])
async def test_the_largest_file(oa: OfficialAccount, lines: int, status: int) -> None:
    """A file of 1,500,000 ids (51 MB) is taken in seconds, with one more it is refused; 2 MB is for other bodies."""
    file = b"\n".join(b"U%032x" % number for number in range(lines))
    began = time.monotonic()
    answered, created = await send_form(oa, "POST", file, description="all")
    elapsed = time.monotonic() - began
    oa.clock.advance(10)

    assert answered == status, created
    assert elapsed < 30
    if status == 202:
        assert await count(oa, created["audienceGroupId"]) == ("READY", lines)
    else:
        assert created["details"][0]["message"] == "UPLOAD_AUDIENCE_GROUP_TOO_MANY_AUDIENCE_IDS"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=300),
    header=st.sampled_from(["multipart/form-data; boundary=x", "multipart/form-data", "text/plain"]),
)
async def test_random_forms(oa: OfficialAccount, body: bytes, header: str) -> None:
    """No bytes make the endpoint fail by itself."""
    await oa.change_settings(limits_on=False)
    headers = {"Authorization": f"Bearer {await oa.issue_token()}", "Content-Type": header}
    content = body if b"--" in body else b"--x\r\n" + body + b"\r\n--x--\r\n"
    async with oa.http.post(oa.sandbox.url + PATH, data=content, headers=headers) as response:
        assert response.status in (400, 415)
        assert (await response.json())["message"]
