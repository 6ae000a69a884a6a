"""Calls on audiences, shared by the tests of their edges and of their switches."""

from collections.abc import Sequence
from typing import Any

from sandbox.line.app import ENDPOINTS
from tests.contract.sandbox.line.driver import Answer, OfficialAccount, one_audience

FOLDER = "/v2/bot/audienceGroup"
UPLOAD = FOLDER + "/upload"
CLICK = FOLDER + "/click"
IMP = FOLDER + "/imp"
URL = "https://shop.example/spring"
DAY = 86_400
INVALID = "UPLOAD_AUDIENCE_GROUP_INVALID_AUDIENCE_ID_FORMAT"
AUDIENCE_ENDPOINTS = sorted({(one.method, one.path) for one in ENDPOINTS if one.path.startswith(FOLDER)})


def name_ids(ids: Sequence[str]) -> list[dict[str, str]]:
    """Return ids in the shape of an upload."""
    return [{"id": one} for one in ids]


def ifa(number: int) -> str:
    """Return the advertising id of test device `number`."""
    return f"00000000-0000-4000-8000-{number:012x}"


def code_of(answer: Answer) -> str | None:
    """Return the code of an audience error, None for an answer of another kind."""
    return str(answer.body["details"][0]["message"]) if answer.status == 400 else None


async def create(oa: OfficialAccount, ids: Sequence[str], **more: Any) -> int:
    """Create by JSON and return the number."""
    body = {"description": "members", "audiences": name_ids(ids), **more}
    answer = await oa.call("POST", UPLOAD, body=body)
    assert answer.status == 202, answer.body
    return int(answer.body["audienceGroupId"])


async def add(oa: OfficialAccount, number: int, ids: Sequence[str]) -> Answer:
    """Add by JSON."""
    return await oa.call("PUT", UPLOAD, body={"audienceGroupId": number, "audiences": name_ids(ids)})


async def read(oa: OfficialAccount, number: int) -> dict[str, Any]:
    """Return the `audienceGroup` of a get."""
    answer = await oa.call("GET", f"{FOLDER}/{number}")
    group: dict[str, Any] = answer.body["audienceGroup"]
    return group


async def list_names(oa: OfficialAccount, query: str, *, folder: str = "/list") -> list[str]:
    """Return the names that a list answers, in its order."""
    answer = await oa.call("GET", f"{FOLDER}{folder}?{query}")
    assert answer.status == 200, answer.body
    return [group["description"] for group in answer.body["audienceGroups"]]


async def send_to_all(oa: OfficialAccount, ids: Sequence[str]) -> str:
    """Send a URL to people who do nothing of themselves, and return the request id."""
    await oa.control("POST", "/line/behaviour", open_share=0, click_share=0)
    message = {"type": "text", "text": URL}
    sent = await oa.narrowcast(recipient=one_audience(await oa.make_audience("UPLOAD", ids)), messages=[message])
    await oa.finish(sent.request_id)
    return sent.request_id
