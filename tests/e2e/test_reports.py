"""Reports between delivery and reporting, on the running product."""

from typing import Any

import grpc
import pytest

from deploy.local.processes import start_all
from deploy.local.story.campaigns import TEXT, create, send, target
from deploy.local.story.world import World
from outreach.delivery.v1.campaign_pb2 import GetCampaignRequest
from outreach.reporting.v1.report_pb2 import CampaignReport, GetCampaignReportRequest
from outreach_client.errors import RemoteError
from tests.e2e.test_kill import await_success
from tests.infrastructure.eventually import eventually


async def read_report(world: World, campaign: str) -> Any:
    """Return a campaign's report."""
    return await world.reports.GetCampaignReport(GetCampaignReportRequest(name=f"{campaign}/report"))


@pytest.mark.timeout(150)
async def test_report_from_the_order_on(world: World) -> None:
    """A draft has no report; as soon as its send is ordered it has one, though no event can come, NATS being away."""
    draft = await create(world, "reported", target(world, audience="タグ: 常連"), TEXT)
    with pytest.raises(RemoteError) as caught:
        await read_report(world, draft.name)
    world.stack.nats.process.kill()
    try:
        ordered = await send(world, draft.name)
        report = await read_report(world, draft.name)
    finally:
        start_all([world.stack.nats.process])
    await await_success(world, draft.name)
    campaign = await world.campaigns.GetCampaign(GetCampaignRequest(name=draft.name))

    assert caught.value.code is grpc.StatusCode.NOT_FOUND
    assert report.state == CampaignReport.PENDING
    assert report.start_time == ordered.order_time

    async def is_dated_by_line() -> bool:
        """LINE's own time of acceptance comes with the outcome."""
        found = await read_report(world, draft.name)
        return bool(found.accept_time == campaign.accept_time and found.HasField("next_publish_time"))

    await eventually(is_dated_by_line, deadline=45)
