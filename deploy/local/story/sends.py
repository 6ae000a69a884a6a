"""Chapters 5 to 8: what is sent, exactly once, and what fails."""

from typing import Any

from deploy.local.story.campaigns import (
    SALE,
    TERMS,
    WOMEN,
    check,
    create,
    flyer,
    name_code,
    name_state,
    send,
    target,
    watch,
)
from deploy.local.story.world import World, announce, expect, expect_error, say
from outreach.delivery.v1 import campaign_pb2, finding_pb2, targeting_pb2

ADULTS = targeting_pb2.AttributeNode(
    all_of=targeting_pb2.AttributeNode.Operands(
        nodes=[
            targeting_pb2.AttributeNode(age=targeting_pb2.AgeFilter(from_age=20, below_age=50)),
            targeting_pb2.AttributeNode(os=targeting_pb2.OsFilter(one_of=[targeting_pb2.OsFilter.IOS])),
        ]
    )
)


async def acknowledge_exclusion(world: World) -> None:
    """Tell that an exclusion list needs a yes when LINE can't apply it (R5)."""
    announce(5, "With an exclusion list: refused until somebody acknowledges that LINE does not apply it")
    targeting = target(world, audience="会員アップロード", excluded=["配信しない"])
    draft = await create(world, "お知らせ", targeting)
    answer = await check(world, draft.name)
    error = await expect_error(send(world, draft.name), "POLICY_REFUSED")
    expect("EXCLUSION_NOT_APPLIED" in error.metadata["codes"], "EXCLUSION_NOT_APPLIED refuses the send")
    say(f"SendCampaign without a yes: {error.reason} ({error.metadata['codes']})")
    tokens = [f.acknowledgement for f in answer.findings if f.severity == finding_pb2.Finding.ACKNOWLEDGE]
    await send(world, draft.name, tokens)
    sent = await watch(world, draft.name)
    expect(sent.state == campaign_pb2.Campaign.SUCCEEDED, f"it is delivered, not {name_state(sent)}")


async def send_to_audience_and_attributes(world: World) -> None:
    """Tell that exactly one narrowcast leaves, with both trees (R2, I2)."""
    announce(6, "An audience and attributes: accepted, watched to the end, exactly one narrowcast")
    world.control("/line/behaviour", {"open_share": 0.6, "click_shares": {SALE: 0.4, TERMS: 0.01}})
    before = world.list_narrowcasts()
    draft = await create(world, "春のセール", target(world, audience="春セールを開いた人", attributes=WOMEN), flyer())
    answer = await check(world, draft.name)
    plan = answer.plan.requests[0]
    say(f"plan: one narrowcast to {plan.recipients} where {plan.attributes}")
    await send(world, draft.name)
    sent = await watch(world, draft.name)
    expect(sent.state == campaign_pb2.Campaign.SUCCEEDED, f"it is delivered, not {name_state(sent)}")
    fresh = world.list_narrowcasts()[len(before) :]
    expect(len(fresh) == 1, "LINE accepted exactly one narrowcast")
    _expect_trees(world, fresh[0]["body"])
    say(f"the sandbox confirms: one narrowcast, retry key {fresh[0]['retry_key']}, with both trees")
    world.measured = draft.name


def _expect_trees(world: World, body: dict[str, Any]) -> None:
    group = int(world.audience_names["春セールを開いた人"].rpartition("/")[2])
    expect(body["recipient"] == {"type": "audience", "audienceGroupId": group}, "the recipient tree is the audience")
    expect(body["filter"]["demographic"] == {"type": "gender", "oneOf": ["female"]}, "the filter is the gender")


async def send_to_attributes(world: World) -> None:
    """Tell that attributes alone are enough, with a list (R2, R3)."""
    announce(7, "Attributes only, with a delivery list")
    draft = await create(world, "アプリのお知らせ", target(world, attributes=ADULTS, lists=["購入者"]))
    answer = await check(world, draft.name)
    say(f"plan: one narrowcast where {answer.plan.requests[0].attributes}")
    await send(world, draft.name)
    sent = await watch(world, draft.name)
    expect(sent.state == campaign_pb2.Campaign.SUCCEEDED, f"it is delivered, not {name_state(sent)}")


async def fail_with_too_few(world: World) -> None:
    """Tell that LINE may find too few only after it accepted (LP trap 1, R7)."""
    announce(8, "A send whose recipients turn out too few: 配信エラー")
    draft = await create(world, "高額商品", target(world, audience="高額商品の閲覧", attributes=WOMEN))
    answer = await check(world, draft.name)
    expect("RECIPIENTS_UNPROVEN" in map(name_code, answer.findings), "policy warns that 50 are not proven")
    await send(world, draft.name)
    sent = await watch(world, draft.name)
    expect(sent.state == campaign_pb2.Campaign.FAILED, f"it fails, not {name_state(sent)}")
    reason = campaign_pb2.Campaign.Failure.Reason.Name(sent.failure.reason)
    expect(reason == "RECIPIENTS_BELOW_MINIMUM", f"the reason is RECIPIENTS_BELOW_MINIMUM, not {reason}")
    say(f"FAILED, {reason}: {sent.failure.description}")
    say(f"条件を緩和: {', '.join(sent.failure.relax)}")
