"""How audiences behave: masked counts, states over time, uploads and their errors (LP 11.3, rows B…)."""

from typing import Any

import pytest

from tests.contract.sandbox.line.driver import OfficialAccount, one_audience, user_id

UPLOAD = "/v2/bot/audienceGroup/upload"


async def read(oa: OfficialAccount, number: int) -> Any:
    """Return the answer of `get` for an audience."""
    return (await oa.call("GET", f"/v2/bot/audienceGroup/{number}")).body


def name_ids(ids: list[str]) -> list[dict[str, str]]:
    """Return ids in the shape of an upload."""
    return [{"id": one} for one in ids]


async def test_b04_bad_uploads(oa: OfficialAccount) -> None:
    """Each bad upload is a 400 with its code, and nothing is created."""
    good = name_ids([user_id(1)])
    bodies: dict[str, dict[str, Any]] = {
        "UPLOAD_AUDIENCE_GROUP_TOO_MANY_AUDIENCE_IDS": {"description": "a", "audiences": good * 10_001},
        "UPLOAD_AUDIENCE_GROUP_INVALID_AUDIENCE_ID_FORMAT": {"description": "a", "audiences": [*good, {"id": "U1"}]},
        "AUDIENCE_GROUP_NAME_SIZE_OVER": {"description": "a" * 121},
        "AUDIENCE_GROUP_NAME_EMPTY": {"description": "  "},
        "AUDIENCE_GROUP_NAME_WRONG": {"description": "a\nb"},
        "AUDIENCE_GROUP_UPLOAD_DESCRIPTION_SIZE_OVER": {"description": "a", "uploadDescription": "a" * 301},
    }
    answers = {code: await oa.call("POST", UPLOAD, body=body) for code, body in bodies.items()}
    made = await oa.control("GET", "audiences")

    assert {answer.status for answer in answers.values()} == {400}
    assert [answer.body["details"][0]["message"] for answer in answers.values()] == list(bodies)
    assert made == {"audiences": []}


async def test_b05_empty_upload(oa: OfficialAccount) -> None:
    """An upload of nobody is accepted and stays IN_PROGRESS with count 0."""
    created = await oa.call("POST", UPLOAD, body={"description": "nobody", "audiences": []})
    oa.clock.advance(86_400)
    group = (await read(oa, created.body["audienceGroupId"]))["audienceGroup"]

    assert created.status == 202
    assert (group["status"], group["audienceCount"]) == ("IN_PROGRESS", 0)


@pytest.mark.parametrize("members", [49, 50])
async def test_b07_impression_audience_needs_50(oa: OfficialAccount, members: int) -> None:
    """An IMP audience of 49 stays IN_PROGRESS; with 50 it gets READY."""
    await oa.control("POST", "/line/behaviour", open_share=0)
    ids = await oa.befriend(60)
    request_id = await oa.send(recipient=one_audience(await oa.make_audience("UPLOAD", ids)))
    await oa.control("POST", "opens", request_id=request_id, user_ids=list(ids[:members]))
    body = {"description": "seen", "requestId": request_id}
    created = await oa.call("POST", "/v2/bot/audienceGroup/imp", body=body)
    oa.clock.advance(60)
    group = (await read(oa, created.body["audienceGroupId"]))["audienceGroup"]

    assert group["status"] == ("READY" if members == 50 else "IN_PROGRESS")


@pytest.mark.parametrize(
    ("kind", "members", "shown"),
    [
        ("IMP", 19, 0),
        ("IMP", 20, 20),
        ("FRIEND_PATH", 19, 0),
        ("FRIEND_PATH", 20, 20),
        ("UPLOAD", 19, 19),
        ("CHAT_TAG", 19, 19),
        ("CHAT_TAG", 20, 20),
    ],
)
async def test_b08_masked_counts(oa: OfficialAccount, kind: str, members: int, shown: int) -> None:
    """Counts under 20 are shown as 0, except those of uploads and chat tags."""
    number = await oa.make_audience(kind, await oa.befriend(members))
    group = (await read(oa, number))["audienceGroup"]

    assert group["audienceCount"] == shown


async def test_b09_added_ids_count_when_their_job_is_finished(oa: OfficialAccount) -> None:
    """Adding leaves the audience READY; a send before the job's end misses the new ids."""
    ids = await oa.befriend(8)
    created = await oa.call("POST", UPLOAD, body={"description": "a", "audiences": name_ids(list(ids[:5]))})
    number = created.body["audienceGroupId"]
    oa.clock.advance(10)
    added = await oa.call("PUT", UPLOAD, body={"audienceGroupId": number, "audiences": name_ids(list(ids[5:]))})
    seen = []
    for _ in range(3):
        answer = await read(oa, number)
        seen.append((answer["audienceGroup"]["status"], answer["jobs"][0]["jobStatus"]))
        oa.clock.advance(1.5)
    counts = (await read(oa, number))["audienceGroup"]["audienceCount"]

    assert (added.status, added.body) == (202, {})
    assert seen == [("READY", "QUEUED"), ("READY", "WORKING"), ("READY", "FINISHED")]
    assert counts == 8


async def test_b03_operations_in_flight(oa: OfficialAccount) -> None:
    """The 11th addition in flight on one audience is a 429; another audience is unaffected."""
    ids = name_ids(list(await oa.befriend(1)))
    numbers = []
    for name in ("a", "b"):
        created = await oa.call("POST", UPLOAD, body={"description": name, "audiences": ids})
        numbers.append(created.body["audienceGroupId"])
    oa.clock.advance(10)
    bodies = [{"audienceGroupId": number, "audiences": ids} for number in numbers]
    answers = [await oa.call("PUT", UPLOAD, body=bodies[0]) for _ in range(11)]
    other = await oa.call("PUT", UPLOAD, body=bodies[1])

    assert [answer.status for answer in answers] == [202] * 10 + [429]
    assert other.status == 202


async def test_b10_expiry(oa: OfficialAccount) -> None:
    """After 180 days an audience is EXPIRED, refuses ids and sends, and a month later is gone."""
    ids = list(await oa.befriend(5))
    created = await oa.call("POST", UPLOAD, body={"description": "a", "audiences": name_ids(ids)})
    number = created.body["audienceGroupId"]
    oa.clock.advance(180 * 86_400)
    group = (await read(oa, number))["audienceGroup"]
    added = await oa.call("PUT", UPLOAD, body={"audienceGroupId": number, "audiences": name_ids(ids)})
    sent = await oa.narrowcast(recipient=one_audience(number))
    oa.clock.advance(31 * 86_400)
    gone = await oa.call("GET", f"/v2/bot/audienceGroup/{number}")

    assert group["status"] == "EXPIRED"
    assert added.body["details"][0]["message"] == "AUDIENCE_GROUP_CAN_NOT_UPLOAD_STATUS_EXPIRED"
    assert (sent.status, sent.body) == (400, {"message": f"Invalid audience group id: {number}"})
    assert gone.status == 400
    assert gone.body == {"message": "audience group not found", "details": [{"message": "AUDIENCE_GROUP_NOT_FOUND"}]}


@pytest.mark.parametrize("status", ["IN_PROGRESS", "FAILED", "EXPIRED", "INACTIVE", "ACTIVATING"])
async def test_only_ready_audiences_can_be_used(oa: OfficialAccount, status: str) -> None:
    """A send to an audience in any other state than READY is a 400 (LP 3.8)."""
    number = await oa.make_audience("UPLOAD", await oa.befriend(5), status=status)
    answer = await oa.narrowcast(recipient=one_audience(number))

    assert (answer.status, answer.body) == (400, {"message": f"Invalid audience group id: {number}"})


async def test_b36_page_size(oa: OfficialAccount) -> None:
    """A page holds up to 40; 41, 0 and nonsense are refused."""
    path = "/v2/bot/audienceGroup/list"
    queries = ("?page=1&size=40", "?page=1&size=41", "?page=0", "?page=x", "")
    answers = [await oa.call("GET", path + query) for query in queries]

    assert [answer.status for answer in answers] == [200, 400, 400, 400, 400]
    assert answers[1].body == {
        "message": "size: must be less than or equal to 40",
        "details": [{"message": "TOO_HIGH"}],
    }


async def test_uploads_leave_out_who_did_not_consent(oa: OfficialAccount) -> None:
    """Blocked and unknown people are in an upload's count, people without consent are not (LP 3.4)."""
    ids = [
        *await oa.befriend(3),
        *await oa.befriend(2, first=10, blocked=True),
        *await oa.befriend(4, first=20, consented=False),
        user_id(999),
    ]
    created = await oa.call("POST", UPLOAD, body={"description": "a", "audiences": name_ids(ids)})
    oa.clock.advance(10)
    number = created.body["audienceGroupId"]
    progress = await oa.finish((await oa.narrowcast(recipient=one_audience(number))).request_id)

    assert (await read(oa, number))["audienceGroup"]["audienceCount"] == 6
    assert progress["targetCount"] == 3


async def test_channels_of_one_account_share_audiences(oa: OfficialAccount) -> None:
    """A second channel of the OA sees its audiences, with its own token and rate limits."""
    number = await oa.make_audience("UPLOAD", await oa.befriend(5), create_route="MESSAGING_API")
    bot = (await oa.control("GET", "/line/channels"))["channels"][0]["bot_user_id"]
    await oa.control("POST", "/line/channels", channel_id="2", secret="second", bot_user_id=bot)
    oa.channel_id, oa.secret = "2", "second"
    everything = await oa.call("GET", "/v2/bot/audienceGroup/list?page=1")
    own = await oa.call("GET", "/v2/bot/audienceGroup/list?page=1&includesExternalPublicGroups=False")

    assert [group["audienceGroupId"] for group in everything.body["audienceGroups"]] == [number]
    assert own.body["audienceGroups"] == []


async def test_shared_audiences(oa: OfficialAccount) -> None:
    """What another OA shares is listed and read on the shared paths only, with its owner (LP 3.5)."""
    ids = await oa.befriend(60)
    own = await oa.make_audience("UPLOAD", ids)
    shared = await oa.make_audience("UPLOAD", ids, foreign=True)
    folder = "/v2/bot/audienceGroup"
    paths = ("list?page=1", "shared/list", "shared/list?includesOwnedAudienceGroups=true")
    lists = [await oa.call("GET", f"{folder}/{path}") for path in paths]
    detail = await oa.call("GET", f"{folder}/shared/{shared}")
    crossed = [await oa.call("GET", f"{folder}/{path}") for path in (str(shared), f"shared/{own}")]

    numbers = [sorted(group["audienceGroupId"] for group in answer.body["audienceGroups"]) for answer in lists]
    assert numbers == [[own], [shared], [own, shared]]
    assert detail.body["audienceGroup"]["audienceGroupId"] == shared
    assert set(detail.body["owner"]) == {"serviceType", "id", "name"}
    assert [answer.status for answer in crossed] == [400, 400]


async def test_audiences_of_another_account_are_unknown(oa: OfficialAccount) -> None:
    """Another OA can neither read nor use an audience."""
    number = await oa.make_audience("UPLOAD", await oa.befriend(5))
    await oa.control("POST", "/line/channels", channel_id="2", secret="second")
    oa.channel_id, oa.secret = "2", "second"
    found = await oa.call("GET", f"/v2/bot/audienceGroup/{number}")
    sent = await oa.narrowcast(recipient=one_audience(number))

    assert (found.status, sent.status) == (400, 400)
