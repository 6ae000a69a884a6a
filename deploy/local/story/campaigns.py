"""Making, checking and sending campaigns, as the chapters do it."""

from collections.abc import Sequence
from typing import Any

from google.protobuf.struct_pb2 import Struct

from deploy.local.story.world import CHANNEL, World, new_request_id, say
from outreach.delivery.v1 import campaign_pb2, finding_pb2, targeting_pb2

SALE = "https://shop.example/spring"
TERMS = "https://shop.example/terms"
WOMEN = targeting_pb2.AttributeNode(gender=targeting_pb2.GenderFilter(one_of=[targeting_pb2.GenderFilter.FEMALE]))
TEXT = campaign_pb2.Message(text="春のセールがはじまりました。")


def flyer() -> campaign_pb2.Message:
    """Return a bubble with two links."""
    buttons = [
        {"type": "button", "action": {"type": "uri", "label": label, "uri": uri}}
        for label, uri in (("セールを見る", SALE), ("規約", TERMS))
    ]
    body = {"type": "box", "layout": "vertical", "contents": buttons}
    bubble: dict[str, Any] = {"type": "bubble", "body": body}
    message = Struct()
    message.update({"type": "flex", "altText": "春のセール", "contents": bubble})
    return campaign_pb2.Message(line_message=message)


def target(
    world: World,
    *,
    audience: str | None = None,
    attributes: targeting_pb2.AttributeNode | None = None,
    lists: Sequence[str] = ("メルマガ会員",),
    excluded: Sequence[str] = (),
) -> targeting_pb2.Targeting:
    """Return a targeting of what people call its parts."""
    chosen = targeting_pb2.LineAudience(
        audience=None if audience is None else targeting_pb2.AudienceNode(audience=world.audience_names[audience]),
        attributes=attributes,
    )
    return targeting_pb2.Targeting(
        contact_lists=[world.list_names[title] for title in lists],
        excluded_contact_lists=[world.list_names[title] for title in excluded],
        line_audience=chosen,
    )


async def create(world: World, title: str, targeting: targeting_pb2.Targeting, *messages: campaign_pb2.Message) -> Any:
    """Create a draft."""
    campaign = campaign_pb2.Campaign(display_name=title, targeting=targeting, messages=messages or [TEXT])
    return await world.campaigns.CreateCampaign(
        campaign_pb2.CreateCampaignRequest(parent=CHANNEL, campaign=campaign, request_id=new_request_id())
    )


async def check(world: World, name: str) -> Any:
    """Ask what policy says, and print it."""
    answer = await world.campaigns.CheckCampaign(campaign_pb2.CheckCampaignRequest(name=name))
    for finding in answer.findings:
        say(f"  {finding_pb2.Finding.Severity.Name(finding.severity):<11} {name_code(finding)}: {finding.description}")
    return answer


async def send(world: World, name: str, acknowledgements: Sequence[str] = ()) -> Any:
    """Order a send."""
    return await world.campaigns.SendCampaign(
        campaign_pb2.SendCampaignRequest(
            name=name, request_id=new_request_id(), acknowledgements=list(acknowledgements)
        )
    )


async def watch(world: World, name: str) -> Any:
    """Follow a campaign to its end, and return it as it is then."""
    states = []
    campaign = None
    async for update in world.campaigns.WatchCampaign(campaign_pb2.WatchCampaignRequest(name=name), timeout=60):
        campaign = update.campaign
        accepted = (
            " (accepted by LINE)" if campaign.HasField("accept_time") and not campaign.complete_time.seconds else ""
        )
        states.append(campaign_pb2.Campaign.State.Name(campaign.state) + accepted)
    say("watched: " + " → ".join(states))
    return campaign


def name_code(finding: finding_pb2.Finding) -> str:
    """Return the name of a finding's rule."""
    return finding_pb2.Finding.Code.Name(finding.code)


def name_state(campaign: Any) -> str:
    """Return the name of a campaign's state."""
    return campaign_pb2.Campaign.State.Name(campaign.state)
