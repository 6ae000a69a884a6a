"""Killing any one service during a send, and starting it again, ends in exactly one narrowcast."""

import asyncio
from collections.abc import Awaitable, Callable

import grpc
import pytest

from deploy.local.settings import SERVICES
from deploy.local.story.campaigns import TEXT, create, target
from deploy.local.story.world import World, new_request_id
from outreach.delivery.v1 import campaign_pb2
from outreach_client.errors import RemoteError
from tests.infrastructure.eventually import eventually

NARROWCAST = "/v2/bot/message/narrowcast"
PASSING = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED)
"""What a caller sees of a service that is killed and started again."""

SUCCEEDED = campaign_pb2.Campaign.SUCCEEDED


async def repeat(call: Callable[[], Awaitable[campaign_pb2.Campaign]]) -> campaign_pb2.Campaign:
    """Call as a caller does that knows its request id: again, until there is an answer."""

    async def attempt() -> campaign_pb2.Campaign | None:
        try:
            return await call()
        except RemoteError as error:
            if error.code not in PASSING:
                raise
            return None

    answer = await eventually(attempt, deadline=30.0)
    assert answer is not None
    return answer


async def draft_campaign(world: World) -> campaign_pb2.Campaign:
    """Create a draft; the services may still be on their way up after the crash before."""
    return await repeat(lambda: create(world, "killed", target(world, audience="タグ: 常連"), TEXT))


async def send_while(world: World, disturb: Callable[[], None]) -> str:
    """Send a campaign, with something that happens once the first call to LINE is on its way; return its name."""
    draft = await draft_campaign(world)
    request = campaign_pb2.SendCampaignRequest(name=draft.name, request_id=new_request_id())
    calls_before = world.count_narrowcast_calls()
    sending = asyncio.create_task(repeat(lambda: world.campaigns.SendCampaign(request)))
    await eventually(lambda: world.count_narrowcast_calls() > calls_before, deadline=20.0)
    disturb()
    await sending
    name: str = draft.name
    return name


async def await_success(world: World, name: str) -> None:
    """Wait until a campaign is delivered."""
    request = campaign_pb2.GetCampaignRequest(name=name)

    async def is_delivered() -> bool:
        campaign = await repeat(lambda: world.campaigns.GetCampaign(request))
        assert campaign.state in (campaign_pb2.Campaign.SENDING, SUCCEEDED), campaign
        return bool(campaign.state == SUCCEEDED)

    await eventually(is_delivered, deadline=45.0)


@pytest.mark.timeout(150)
@pytest.mark.parametrize("service", SERVICES)
async def test_killing_a_service_during_the_call_to_line_sends_once(world: World, service: str) -> None:
    """LINE takes the request, and the service that waits for the answer, or another one, is killed (I1, I2)."""
    narrowcasts_before = len(world.list_narrowcasts())
    world.control("/faults", {"path": NARROWCAST, "kind": "delay", "seconds": 2, "when": "after", "times": 1})

    def crash() -> None:
        world.stack.kill(service)
        world.stack.start(service)

    name = await send_while(world, crash)
    await await_success(world, name)

    assert len(world.list_narrowcasts()) == narrowcasts_before + 1


@pytest.mark.timeout(150)
@pytest.mark.parametrize("service", SERVICES)
async def test_killing_a_service_before_the_send_is_answered_sends_once(world: World, service: str) -> None:
    """The caller repeats its request with the same id after the crash, and one narrowcast leaves (AIP-155)."""
    narrowcasts_before = len(world.list_narrowcasts())
    draft = await draft_campaign(world)
    request = campaign_pb2.SendCampaignRequest(name=draft.name, request_id=new_request_id())
    sending = asyncio.create_task(repeat(lambda: world.campaigns.SendCampaign(request)))
    await asyncio.sleep(0)
    world.stack.kill(service)
    world.stack.start(service)
    await sending
    await await_success(world, draft.name)

    assert len(world.list_narrowcasts()) == narrowcasts_before + 1


@pytest.mark.timeout(150)
@pytest.mark.parametrize("service", SERVICES)
async def test_killing_a_service_before_line_has_taken_the_request_sends_once(world: World, service: str) -> None:
    """LINE takes the request of a service that is dead by then, and knows the repetition by its key (I2, I4)."""
    narrowcasts_before = len(world.list_narrowcasts())
    world.control("/faults", {"path": NARROWCAST, "kind": "delay", "seconds": 2, "when": "before", "times": 1})

    def crash() -> None:
        world.stack.kill(service)
        world.stack.start(service)

    name = await send_while(world, crash)
    await await_success(world, name)

    assert len(world.list_narrowcasts()) == narrowcasts_before + 1


@pytest.mark.timeout(150)
@pytest.mark.parametrize("service", SERVICES)
async def test_killing_a_service_after_the_send_is_answered_sends_once(world: World, service: str) -> None:
    """Progress is followed to the end by the service that comes back, and nothing is sent again (I1)."""
    narrowcasts_before = len(world.list_narrowcasts())
    draft = await draft_campaign(world)
    request = campaign_pb2.SendCampaignRequest(name=draft.name, request_id=new_request_id())
    await world.campaigns.SendCampaign(request)
    world.stack.kill(service)
    world.stack.start(service)
    again = await repeat(lambda: world.campaigns.SendCampaign(request))
    await await_success(world, draft.name)

    assert again.name == draft.name
    assert len(world.list_narrowcasts()) == narrowcasts_before + 1


@pytest.mark.timeout(90)
async def test_a_lost_answer_is_asked_for_again_with_the_same_key(world: World) -> None:
    """LINE takes the request and answers 500: the repetition's 409 decides, and one narrowcast leaves (I4)."""
    narrowcasts_before = len(world.list_narrowcasts())
    world.control("/faults", {"path": NARROWCAST, "kind": "answer", "status": 500, "when": "after"})

    name = await send_while(world, lambda: None)
    await await_success(world, name)

    assert len(world.list_narrowcasts()) == narrowcasts_before + 1
