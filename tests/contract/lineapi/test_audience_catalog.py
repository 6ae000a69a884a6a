"""The OA's audiences, against the sandbox."""

import pytest

from lineapi.audience_group import AudiencePage
from lineapi.client import LINEClient
from lineapi.errors import NotFoundError, RateLimitError
from sandbox.app import RunningSandbox
from sandbox.faults import Fault
from sandbox.world import CHANNEL_ID, PLANS


async def test_listing(client: LINEClient, token: str) -> None:
    """Every audience of the OA is listed, whoever made it, with kind, state and expiry."""
    groups = [group async for page in client.audiences.iterate_pages(token) for group in page.groups]

    by_name = {group.description: group for group in groups}
    assert by_name.keys() == {plan.name for plan in PLANS}
    assert {group.type for group in groups} == {plan.kind for plan in PLANS}
    assert by_name["タグ: VIP"].audience_count == 30
    assert by_name["タグ: VIP"].status == "READY"
    assert by_name["集計中のサイト訪問"].status == "IN_PROGRESS"
    assert by_name["昨年のキャンペーン"].status == "EXPIRED"
    assert all(group.expire_time is not None and group.expire_time > group.created for group in groups)


async def test_paging(client: LINEClient, token: str) -> None:
    """Pages of three hold everything once, and the last one says that it is the last."""
    pages: list[AudiencePage] = []
    while not pages or pages[-1].has_next_page:
        pages.append(await client.audiences.list_page(token, page=len(pages) + 1, size=3))

    ids = [group.audience_group_id for page in pages for group in page.groups]
    assert [len(page.groups) for page in pages] == [3, 3, 3, 1]
    assert len(set(ids)) == len(PLANS)


async def test_own_only(client: LINEClient, token: str) -> None:
    """What other tools made can be left out."""
    page = await client.audiences.list_page(token, includes_external_public_groups=False)

    assert {group.create_route for group in page.groups} == {"MESSAGING_API"}


async def test_get(client: LINEClient, sandbox: RunningSandbox, token: str) -> None:
    """One audience reads like it does in the listing."""
    number = next(iter(sandbox.state.line.channels[CHANNEL_ID].account.audiences))
    page = await client.audiences.list_page(token)

    detail = await client.audiences.get(token, number)

    assert detail.group in page.groups
    assert detail.group.audience_group_id == number


async def test_unknown(client: LINEClient, token: str) -> None:
    """An audience that LINE does not know is a not-found, though LINE says 400."""
    with pytest.raises(NotFoundError) as caught:
        await client.audiences.get(token, 4)

    assert caught.value.status == 400


async def test_rate_limit(client: LINEClient, sandbox: RunningSandbox, token: str) -> None:
    """A 429 comes back at once as what it is."""
    sandbox.state.faults.add(Fault.from_json({"path": "/v2/bot/audienceGroup/list", "answer": "line_rate_limit"}))

    with pytest.raises(RateLimitError):
        await client.audiences.list_page(token)
