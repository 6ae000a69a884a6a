"""NATS comes back without its streams, and no producer is restarted."""

import nats
import pytest

from deploy.local.processes import start_all
from deploy.local.story.world import World
from outreach.reporting.v1.report_pb2 import GetCampaignReportRequest
from outreach_client.errors import RemoteError
from tests.e2e.test_kill import await_success, send_while
from tests.infrastructure.eventually import eventually


async def list_facts(world: World, stream: str, resource: str) -> set[str]:
    """Return the kinds of facts that a stream holds of a resource; nothing while there is no such stream."""
    async with await nats.connect(world.stack.nats_url) as connection:
        jetstream = connection.jetstream()
        try:
            last = (await jetstream.stream_info(stream)).state.last_seq
        except nats.js.errors.NotFoundError:
            return set()
        messages = [await jetstream.get_msg(stream, sequence) for sequence in range(1, last + 1)]
    told = [message for message in messages if (message.headers or {})["ce-subject"].startswith(resource)]
    return {(message.subject or "").rpartition(".")[2] for message in told}


@pytest.mark.timeout(150)
async def test_streams_and_their_readers_come_back(world: World) -> None:
    """What the lost streams held is published anew, and a reader that was away meanwhile gets it."""
    world.stack.kill("reporting")
    name = await send_while(world, lambda: None)
    await await_success(world, name)

    world.stack.nats.process.kill()
    world.stack.nats.lose_streams()
    start_all([world.stack.nats.process])
    world.stack.start("reporting")

    async def is_told() -> bool:
        campaign = await list_facts(world, "delivery", name)
        channel = await list_facts(world, "audience", name.partition("/campaigns/")[0])
        return campaign >= {"created", "sending", "accepted", "succeeded"} and "created" in channel

    async def is_reported() -> bool:
        try:
            await world.reports.GetCampaignReport(GetCampaignReportRequest(name=f"{name}/report"))
        except RemoteError:
            return False
        return True

    await eventually(is_told, deadline=45)
    await eventually(is_reported, deadline=45)
