"""Audiences read whole, of every kind, and page by page."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from lineapi.audience_group import AudienceGroup, AudienceJob, AudienceOwner, JobStatus
from lineapi.audiences import MAX_PAGES
from lineapi.client import LINEClient
from lineapi.errors import MalformedAnswerError, NotFoundError
from tests.unit.lineapi.stub_line import StubLINE, reply


def _group(**changes: Any) -> dict[str, Any]:
    group = {
        "audienceGroupId": 4389303728991,
        "createRoute": "OA_MANAGER",
        "type": "CHAT_TAG",
        "description": "VIP",
        "status": "READY",
        "audienceCount": 120,
        "created": 1_600_000_000,
        "permission": "READ",
        "isIfaAudience": False,
    }
    return group | changes


def _page(*groups: dict[str, Any], next_page: bool = False, **changes: Any) -> dict[str, Any]:
    page = {
        "audienceGroups": list(groups),
        "hasNextPage": next_page,
        "totalCount": len(groups),
        "readWriteAudienceGroupTotalCount": 0,
        "page": 1,
        "size": 40,
    }
    return page | changes


async def test_get(client: LINEClient, stub: StubLINE) -> None:
    """Every documented field of an audience and of its jobs is read."""
    job = {
        "audienceGroupJobId": 12345678,
        "audienceGroupId": 4389303728991,
        "description": None,
        "type": "DIFF_ADD",
        "status": "FINISHED",
        "jobStatus": "FINISHED",
        "failedType": None,
        "audienceCount": 0,
        "created": 1_600_000_001,
    }
    group = _group(
        type="CLICK",
        status="FAILED",
        requestId="r-1",
        clickUrl="https://example.com/",
        failedType="AUDIENCE_GROUP_AUDIENCE_INSUFFICIENT",
        expireTimestamp=1_615_552_000,
        activated=True,
        inactivatedTimestamp=1_600_000_002,
    )
    stub.will(reply(200, {"audienceGroup": group, "jobs": [job], "adaccount": {"name": "Shop"}}))

    detail = await client.audiences.get("token", 4389303728991)

    assert stub.received[0].path == "/v2/bot/audienceGroup/4389303728991"
    assert detail.group == AudienceGroup(
        audience_group_id=4389303728991,
        create_route="OA_MANAGER",
        type="CLICK",
        description="VIP",
        status="FAILED",
        audience_count=120,
        created=datetime(2020, 9, 13, 12, 26, 40, tzinfo=UTC),
        permission="READ",
        is_ifa_audience=False,
        expire_time=datetime(2021, 3, 12, 12, 26, 40, tzinfo=UTC),
        request_id="r-1",
        click_url="https://example.com/",
        failed_type="AUDIENCE_GROUP_AUDIENCE_INSUFFICIENT",
        activated=True,
        inactivated_time=datetime(2020, 9, 13, 12, 26, 42, tzinfo=UTC),
    )
    assert detail.jobs == (
        AudienceJob(
            audience_group_job_id=12345678,
            audience_group_id=4389303728991,
            description=None,
            type="DIFF_ADD",
            job_status=JobStatus.FINISHED,
            failed_type=None,
            audience_count=0,
            created=datetime(2020, 9, 13, 12, 26, 41, tzinfo=UTC),
        ),
    )
    assert (detail.ad_account, detail.owner) == ("Shop", None)


async def test_get_shared(client: LINEClient, stub: StubLINE) -> None:
    """A shared audience is got from its own path and says who owns it."""
    owner = {"serviceType": "bm", "id": "1", "name": "Group"}
    stub.will(reply(200, {"audienceGroup": _group(), "jobs": [], "owner": owner}))

    detail = await client.audiences.get("token", 7, shared=True)

    assert stub.received[0].path == "/v2/bot/audienceGroup/shared/7"
    assert detail.owner == AudienceOwner("bm", "1", "Group")


async def test_unknown_audience(client: LINEClient, stub: StubLINE) -> None:
    """LINE's 400 for an audience that it does not know is a not-found."""
    body = {"message": "audience group not found", "details": [{"message": "AUDIENCE_GROUP_NOT_FOUND"}]}
    stub.will(reply(400, body))

    with pytest.raises(NotFoundError):
        await client.audiences.get("token", 7)


async def test_values_that_line_adds(client: LINEClient, stub: StubLINE) -> None:
    """New kinds, routes, states and fields read like the known ones."""
    group = _group(type="MINI_APP", createRoute="NEW", status="RESTING", permission="MANAGE", webtraffic={"x": 1})
    stub.will(reply(200, {"audienceGroup": group, "jobs": [], "more": []}))

    read = (await client.audiences.get("token", 7)).group

    assert (read.type, read.create_route, read.status, read.permission) == ("MINI_APP", "NEW", "RESTING", "MANAGE")


async def test_both_spellings_of_the_inactive_time(client: LINEClient, stub: StubLINE) -> None:
    """The spelling of LINE's examples reads like that of its text."""
    stub.will(reply(200, {"audienceGroup": _group(inactiveTimestamp=1_600_000_000), "jobs": []}))

    detail = await client.audiences.get("token", 7)

    assert detail.group.inactivated_time == datetime(2020, 9, 13, 12, 26, 40, tzinfo=UTC)


async def test_list_page(client: LINEClient, stub: StubLINE) -> None:
    """A page asks in LINE's names and hands back its groups in order."""
    groups = [_group(audienceGroupId=number) for number in (3, 1, 2)]
    stub.will(reply(200, _page(*groups, page=2, size=3, totalCount=9, next_page=True)))

    page = await client.audiences.list_page("token", page=2, size=3, includes_external_public_groups=False)

    assert stub.received[0].path == "/v2/bot/audienceGroup/list"
    assert stub.received[0].query == {"page": "2", "size": "3", "includesExternalPublicGroups": "false"}
    assert [group.audience_group_id for group in page.groups] == [3, 1, 2]
    assert page.has_next_page


async def test_list_shared_page(client: LINEClient, stub: StubLINE) -> None:
    """Shared audiences are listed from their own path with their own flag."""
    stub.will(reply(200, _page()))

    await client.audiences.list_shared_page("token", includes_owned_audience_groups=True)

    assert stub.received[0].path == "/v2/bot/audienceGroup/shared/list"
    assert stub.received[0].query == {"page": "1", "size": "40", "includesOwnedAudienceGroups": "true"}


async def test_walk(client: LINEClient, stub: StubLINE) -> None:
    """The walk follows `hasNextPage` to its end."""
    stub.will(
        reply(200, _page(_group(audienceGroupId=1), next_page=True)), reply(200, _page(_group(audienceGroupId=2)))
    )

    found = [group.audience_group_id async for page in client.audiences.iterate_pages("token") for group in page.groups]

    assert found == [1, 2]
    assert [received.query["page"] for received in stub.received] == ["1", "2"]


async def test_walk_of_shared_audiences(client: LINEClient, stub: StubLINE) -> None:
    """The walk of shared audiences follows `hasNextPage` on their own path, without those that the OA owns."""
    stub.will(
        reply(200, _page(_group(audienceGroupId=1), next_page=True)), reply(200, _page(_group(audienceGroupId=2)))
    )

    pages = [page async for page in client.audiences.iterate_shared_pages("token")]

    assert [group.audience_group_id for page in pages for group in page.groups] == [1, 2]
    assert {received.path for received in stub.received} == {"/v2/bot/audienceGroup/shared/list"}
    assert [received.query["page"] for received in stub.received] == ["1", "2"]
    assert {received.query["includesOwnedAudienceGroups"] for received in stub.received} == {"false"}


async def test_walk_ends(client: LINEClient, stub: StubLINE) -> None:
    """An empty page ends the walk even if it promises a next one."""
    stub.will(reply(200, _page(_group(), next_page=True)), reply(200, _page(next_page=True)))

    pages = [page async for page in client.audiences.iterate_pages("token")]

    assert len(pages) == len(stub.received) == 2


@pytest.mark.parametrize(
    ("bad", "known_id"),
    [
        (_group(audienceGroupId=5, audienceCount="many"), 5),
        (_group(audienceGroupId=5, audienceCount=-1), 5),
        (_group(audienceGroupId=5, audienceCount=2**63), 5),
        (_group(audienceGroupId=5, created=1_600_000_000_000), 5),
        (_group(audienceGroupId=5, description=None), 5),
        (_group(audienceGroupId="5"), None),
        (_group(audienceGroupId=10**30), None),
        ({}, None),
        (None, None),
        ("audience", None),
    ],
)
async def test_entry_that_does_not_read(client: LINEClient, stub: StubLINE, bad: Any, known_id: int | None) -> None:
    """One bad entry of a listing is told beside those that read, with its id where that reads."""
    stub.will(reply(200, _page(_group(audienceGroupId=1), bad, _group(audienceGroupId=2))))

    page = await client.audiences.list_page("token")

    assert [group.audience_group_id for group in page.groups] == [1, 2]
    assert [entry.audience_group_id for entry in page.unreadable] == [known_id]
    assert page.unreadable[0].problem.startswith("answer.audienceGroups[1]")


async def test_names_that_no_store_can_hold(client: LINEClient, stub: StubLINE) -> None:
    """Half an emoji and NUL in a name are replaced, and the audience is read."""
    groups = json.dumps(_page(_group(description="NAME"))).encode()
    stub.will(reply(200, groups.replace(b"NAME", rb"half \ud83d and \u0000")))

    page = await client.audiences.list_page("token")

    assert [group.description for group in page.groups] == [
        "half \N{REPLACEMENT CHARACTER} and \N{REPLACEMENT CHARACTER}"
    ]


async def test_job_that_does_not_read(client: LINEClient, stub: StubLINE) -> None:
    """Jobs of which one does not read are not known, and the audience is read."""
    stub.will(reply(200, {"audienceGroup": _group(), "jobs": [{"jobStatus": 7}]}))

    detail = await client.audiences.get("token", 7)

    assert (detail.group.description, detail.jobs) == ("VIP", None)


async def test_pages_without_end(client: LINEClient, stub: StubLINE) -> None:
    """A walk through pages that promise a next one for ever ends as malformed."""
    stub.will(*[reply(200, _page(_group(), next_page=True))] * (MAX_PAGES + 1))

    with pytest.raises(MalformedAnswerError, match="pages do not end"):
        async for _ in client.audiences.iterate_pages("token"):
            pass
    assert len(stub.received) == MAX_PAGES


async def test_listing_without_groups_is_no_empty_listing(client: LINEClient, stub: StubLINE) -> None:
    """An answer that lacks the array must not read as an OA without audiences."""
    page = _page()
    del page["audienceGroups"]
    stub.will(reply(200, page))

    with pytest.raises(MalformedAnswerError, match=r"answer\.audienceGroups is missing"):
        await client.audiences.list_page("token")
