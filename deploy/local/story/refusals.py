"""Chapters 2 to 4: what is never sent."""

from deploy.local.story.campaigns import TEXT, check, create, name_code, send, target
from deploy.local.story.world import World, announce, expect, expect_error, say
from outreach.delivery.v1 import campaign_pb2, targeting_pb2


async def refuse_without_list(world: World) -> None:
    """Tell that an audience alone is not enough (R3)."""
    announce(2, "An audience without a delivery list is refused")
    await _refuse(world, target(world, audience="春セールを開いた人", lists=()), TEXT, "CONTACT_LIST_REQUIRED")


async def refuse_contact_token(world: World) -> None:
    """Tell that LINE's choice of people leaves nobody to fill in (R8)."""
    announce(3, "A message with {{ contact.firstname }} is refused when LINE chooses the people")
    message = campaign_pb2.Message(text="{{ contact.firstname }}さん、春のセールです。")
    await _refuse(world, target(world, audience="春セールを開いた人"), message, "CONTACT_TOKEN_NOT_ALLOWED")


async def refuse_small_group(world: World) -> None:
    """Tell that a group below LINE's minimum is known beforehand (R7)."""
    announce(4, "Conditions that can't reach 50 people are refused, and LINE is not called")
    await _refuse(world, target(world, audience="タグ: VIP"), TEXT, "RECIPIENTS_BELOW_MINIMUM")
    expect(world.count_narrowcast_calls() == 0, "LINE was not called")
    say("the sandbox confirms: no narrowcast has been asked for")


async def _refuse(world: World, targeting: targeting_pb2.Targeting, message: campaign_pb2.Message, code: str) -> None:
    draft = await create(world, code, targeting, message)
    answer = await check(world, draft.name)
    expect(code in map(name_code, answer.findings), f"CheckCampaign finds {code}")
    error = await expect_error(send(world, draft.name), "POLICY_REFUSED")
    expect(code in [violation.type for violation in error.precondition_violations], f"SendCampaign names {code}")
    say(f"SendCampaign: {error.code.name} {error.reason} ({error.metadata['codes']})")
