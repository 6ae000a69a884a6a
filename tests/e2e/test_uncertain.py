"""A send whose answer is lost is left to a person once its caller cancels it, and their word is what is reported."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.request import Request, urlopen

import pytest

from deploy.local.story.campaigns import TEXT, create, send, target
from deploy.local.story.world import World, new_request_id
from outreach.delivery.v1 import campaign_pb2 as pb
from outreach.reporting.v1.report_pb2 import CampaignReport, GetCampaignReportRequest
from outreach_client.errors import RemoteError
from tests.infrastructure.eventually import eventually

NARROWCAST = "/v2/bot/message/narrowcast"
TOKEN_LIFETIME = timedelta(minutes=15)


@pytest.fixture
def deaf(world: World) -> Iterator[World]:
    """Lose LINE's answers to all narrowcasts that it takes, until the test ends or `hear` is called."""
    world.control("/faults", {"path": NARROWCAST, "kind": "drop", "when": "after", "times": None})
    yield world
    hear(world)


def hear(world: World) -> None:
    """Lose no answers any more."""
    request = Request(f"{world.stack.sandbox_url}/_control/faults", method="DELETE")  # noqa: S310 - on loopback
    with urlopen(request, timeout=10):  # noqa: S310 - the sandbox on loopback
        pass


async def get(world: World, name: str) -> Any:
    """Return a campaign."""
    return await world.campaigns.GetCampaign(pb.GetCampaignRequest(name=name))


async def await_state(world: World, name: str, state: Any) -> Any:
    """Return a campaign once it is in a state."""

    async def look() -> Any:
        campaign = await get(world, name)
        return campaign if campaign.state == state else None

    return await eventually(look, deadline=45)


async def lose(world: World) -> Any:
    """Send a campaign whose answer is lost, cancel it, and return it once it is uncertain."""
    draft = await create(world, "lost", target(world, audience="タグ: 常連"), TEXT)
    await send(world, draft.name)

    async def is_lost() -> bool:
        waiting = (await get(world, draft.name)).waiting
        return bool(waiting.reason == pb.Campaign.Waiting.ANSWER_LOST)

    await eventually(is_lost, deadline=45)
    await world.campaigns.CancelCampaign(pb.CancelCampaignRequest(name=draft.name, request_id=new_request_id()))
    return await await_state(world, draft.name, pb.Campaign.UNCERTAIN)


async def resolve(world: World, campaign: Any, decision: Any) -> Any:
    """Decide about a campaign."""
    return await world.campaigns.ResolveCampaign(
        pb.ResolveCampaignRequest(
            name=campaign.name, etag=campaign.etag, request_id=new_request_id(), decision=decision
        )
    )


def count_taken(world: World, before: int) -> int:
    """Return how many narrowcasts LINE has taken since there were `before`."""
    return len(world.list_narrowcasts()) - before


@pytest.mark.timeout(150)
async def test_what_a_person_knows_was_sent_is_reported_as_sent(deaf: World) -> None:
    """LINE has it once, the campaign has succeeded, and the report says that there are no figures."""
    before = len(deaf.list_narrowcasts())
    uncertain = await lose(deaf)
    resolved = await resolve(deaf, uncertain, pb.Campaign.Resolution.SENT)

    async def is_reported() -> bool:
        name = f"{uncertain.name}/report"
        report = await deaf.reports.GetCampaignReport(GetCampaignReportRequest(name=name))
        return bool(report.state == CampaignReport.NO_FIGURES)

    assert uncertain.uncertainty.reason == pb.Campaign.Uncertainty.CANCELLED
    assert resolved.campaign.state == pb.Campaign.SUCCEEDED
    assert resolved.campaign.resolution.resolver == "user:demo"
    assert count_taken(deaf, before) == 1
    await eventually(is_reported, deadline=45)


@pytest.mark.timeout(150)
async def test_what_a_person_has_sent_again_goes_out_once_more(deaf: World) -> None:
    """Not before the first attempt's token has expired; then by a new row, which LINE delivers."""
    before = len(deaf.list_narrowcasts())
    uncertain = await lose(deaf)
    hear(deaf)
    with pytest.raises(RemoteError) as early:
        await resolve(deaf, uncertain, pb.Campaign.Resolution.SEND_AGAIN)
    deaf.stack.clock.advance(TOKEN_LIFETIME)

    async def send_again() -> Any:
        try:
            return await resolve(deaf, uncertain, pb.Campaign.Resolution.SEND_AGAIN)
        except RemoteError as error:
            # The audience service looks at its audiences anew after the move of the clock.
            if error.reason != "UNAVAILABLE":
                raise
            return None

    resolved = await eventually(send_again, deadline=45)
    await await_state(deaf, uncertain.name, pb.Campaign.SUCCEEDED)

    assert early.value.reason == "ATTEMPT_MAY_STILL_RUN"
    assert resolved is not None
    assert "people may get it twice" in resolved.warnings[0]
    assert count_taken(deaf, before) == 2
