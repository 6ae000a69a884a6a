"""The month's messages through the whole product: known before an order, waited for after it, and then sent once."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from deploy.local.story.campaigns import TEXT, send, target
from deploy.local.story.world import CHANNEL, LINE_CHANNEL, World, new_request_id
from outreach.delivery.v1 import campaign_pb2 as pb
from outreach.delivery.v1 import finding_pb2
from outreach_client.errors import RemoteError
from tests.infrastructure.eventually import eventually

PLAN = 30_000
"""What the demo's Official Account may send in a month."""
DAY, FIRST_LOOK = timedelta(days=1), timedelta(minutes=2)


def set_month(world: World, *, left: int) -> None:
    """Let so many messages be left of 1,000."""
    world.control(f"/line/channels/{LINE_CHANNEL}/quota", {"limit": 1000, "used": 1000 - left})


@pytest.fixture
def scarce(world: World) -> Iterator[World]:
    """Let 200 messages be left, from the next day on; there are plenty again when the test ends."""
    set_month(world, left=200)
    world.stack.clock.advance(DAY)
    yield world
    world.control(f"/line/channels/{LINE_CHANNEL}/quota", {"limit": PLAN, "used": 0})
    world.stack.clock.advance(DAY)


async def create_limited(world: World, limit: int) -> str:
    """Create a draft that at most so many people receive; return its name."""
    campaign = pb.Campaign(
        display_name="limited",
        targeting=target(world, audience="タグ: 常連"),
        messages=[TEXT],
        recipient_limit=limit,
    )
    request = pb.CreateCampaignRequest(parent=CHANNEL, campaign=campaign, request_id=new_request_id())
    return str((await world.campaigns.CreateCampaign(request)).name)


async def get(world: World, name: str) -> Any:
    """Return a campaign."""
    return await world.campaigns.GetCampaign(pb.GetCampaignRequest(name=name))


async def ask_until_known(world: World, name: str) -> Any:
    """Check a campaign once the audience service has looked at its audiences after a move of the clock."""

    async def check() -> Any:
        try:
            return await world.campaigns.CheckCampaign(pb.CheckCampaignRequest(name=name))
        except RemoteError as error:
            if error.reason != "UNAVAILABLE":
                raise
        return None

    return await eventually(check, deadline=45)


@pytest.mark.timeout(150)
async def test_a_month_that_cannot_hold_a_send_is_known_before(scarce: World) -> None:
    """A thousand wanted, 200 left: the check tells both, the order is refused, and LINE gets nothing."""
    before = len(scarce.list_narrowcasts())
    name = await create_limited(scarce, 1000)
    answer = await ask_until_known(scarce, name)
    with pytest.raises(RemoteError) as refused:
        await send(scarce, name)
    told = {finding.code: dict(finding.numbers) for finding in answer.findings}

    assert told[finding_pb2.Finding.QUOTA_INSUFFICIENT] == {"needed": 1000, "left": 200}
    assert (refused.value.reason, refused.value.metadata["codes"]) == ("POLICY_REFUSED", "QUOTA_INSUFFICIENT")
    assert len(scarce.list_narrowcasts()) == before


@pytest.mark.timeout(150)
async def test_a_month_that_others_use_up_is_waited_for(scarce: World) -> None:
    """What fits by the day's usage and not by LINE's count waits, and goes out, once, when a look finds room."""
    before = len(scarce.list_narrowcasts())
    name = await create_limited(scarce, 150)
    await ask_until_known(scarce, name)
    set_month(scarce, left=100)
    await send(scarce, name)

    async def is_held() -> bool:
        return bool((await get(scarce, name)).waiting.reason == pb.Campaign.Waiting.QUOTA_HELD)

    await eventually(is_held, deadline=45)
    sent_while_held = len(scarce.list_narrowcasts()) - before
    set_month(scarce, left=150)
    scarce.stack.clock.advance(FIRST_LOOK)

    async def has_succeeded() -> bool:
        return bool((await get(scarce, name)).state == pb.Campaign.SUCCEEDED)

    await eventually(has_succeeded, deadline=60)

    assert sent_while_held == 0
    assert len(scarce.list_narrowcasts()) == before + 1
