"""Campaigns, findings, plans and figures between proto and domain."""

import re
from collections.abc import Sequence

from delivery.application.campaigns.judge import Verdict
from delivery.application.campaigns.ordering import SendOrder
from delivery.application.line_port import BubbleFigures, LinkFigures
from delivery.application.sending.observing import Observation, RequestObservation
from delivery.domain.campaigns.campaign import Campaign
from delivery.domain.campaigns.draft import NewCampaign
from delivery.domain.content.canonical import canonical_json
from delivery.domain.content.inspection import inspect
from delivery.domain.policy.findings import Finding
from delivery.domain.policy.plan import Plan
from delivery.domain.sending.failures import Failure
from delivery.domain.sending.waiting import Waiting
from delivery.domain.targeting.narrowcast import LARGEST_LIMIT, require_line_audience
from delivery.domain.targeting.references import require_channel
from delivery.domain.targeting.trees import MalformedTargeting, Targeting
from delivery.entrypoints.times import read_moment, write_time
from delivery.entrypoints.translate_messages import read_messages, write_messages
from delivery.entrypoints.translate_order import write_course
from delivery.entrypoints.translate_targeting import locate, read_targeting, write_targeting
from kit.errors import Violations
from outreach.delivery.internal.v1 import send_observation_pb2 as observation_pb
from outreach.delivery.v1 import campaign_pb2 as pb
from outreach.delivery.v1 import finding_pb2

LONGEST_DISPLAY_NAME = 100
MOST_ACKNOWLEDGEMENTS = 50
LONGEST_TOKEN = 64

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def read_new_campaign(bad: Violations, request: pb.CreateCampaignRequest, *, name: str) -> NewCampaign:
    """Read a new campaign of the channel `request.parent`.

    Raises:
        InvalidRequest: fields are malformed; all of them are named, with those noted in `bad` before.
        TargetingModeUnsupported: for LIST_APPLIED and for targeting without `line_audience`.

    """
    campaign = request.campaign
    _check_display_name(bad, campaign.display_name)
    if not 0 <= campaign.recipient_limit <= LARGEST_LIMIT:
        bad.add("campaign.recipient_limit", f"must be 0 to {LARGEST_LIMIT}", "OUT_OF_RANGE")
    targeting = _read_targeting(bad, campaign, channel=request.parent)
    messages = read_messages(bad, campaign.messages, field="campaign.messages")
    bad.raise_if_any()
    require_line_audience(targeting)
    return NewCampaign(
        name=name,
        display_name=campaign.display_name,
        targeting=targeting,
        messages=canonical_json(messages),
        content=inspect(messages),
        notification_disabled=campaign.notification_disabled,
        recipient_limit=campaign.recipient_limit or None,
    )


def read_order(bad: Violations, request: pb.SendCampaignRequest) -> SendOrder:
    """Read a wish to send; what is malformed is noted."""
    acknowledgements = read_acknowledgements(bad, request.acknowledgements)
    not_after = read_moment(bad, request.not_after, "not_after") if request.HasField("not_after") else None
    return SendOrder(request.name, request.etag, acknowledgements, not_after)


def read_acknowledgements(bad: Violations, tokens: Sequence[str]) -> frozenset[str]:
    """Read tokens of findings that are accepted; what is malformed is noted."""
    if len(tokens) > MOST_ACKNOWLEDGEMENTS:
        bad.add("acknowledgements", f"must hold at most {MOST_ACKNOWLEDGEMENTS} tokens", "TOO_MANY")
    for index, token in enumerate(tokens[:MOST_ACKNOWLEDGEMENTS]):
        if not re.fullmatch(f"[0-9a-f]{{1,{LONGEST_TOKEN}}}", token):
            bad.add(f"acknowledgements[{index}]", "must be a Finding.acknowledgement", "MALFORMED_TOKEN")
    return frozenset(tokens)


def write_campaign(campaign: Campaign, waiting: Waiting | None = None) -> pb.Campaign:
    """Write a campaign, with why it waits where that was asked for."""
    draft = campaign.draft
    return pb.Campaign(
        name=campaign.name,
        display_name=draft.display_name,
        targeting=write_targeting(draft.targeting),
        messages=write_messages(draft.messages),
        notification_disabled=draft.notification_disabled,
        recipient_limit=draft.recipient_limit or 0,
        failure=None if campaign.failure is None else _write_failure(campaign.failure),
        revision=campaign.revision,
        create_time=write_time(campaign.create_time),
        update_time=write_time(campaign.update_time),
        etag=campaign.etag,
        **write_course(campaign, waiting),
    )


def write_verdict(verdict: Verdict) -> pb.CheckCampaignResponse:
    """Write what policy says, and what sending would do."""
    return pb.CheckCampaignResponse(
        revision=verdict.campaign.revision,
        findings=[_write_finding(finding) for finding in verdict.findings],
        plan=None if verdict.plan is None else _write_plan(verdict.plan),
    )


def write_observation(observation: Observation) -> observation_pb.ObserveSendResponse:
    """Write LINE's raw figures, for the reporting service alone."""
    return observation_pb.ObserveSendResponse(
        observations=[_write_request(request) for request in observation.requests],
        observe_time=write_time(observation.observe_time),
    )


def _check_display_name(bad: Violations, display_name: str) -> None:
    if not 1 <= len(display_name) <= LONGEST_DISPLAY_NAME:
        bad.add("campaign.display_name", f"must have 1 to {LONGEST_DISPLAY_NAME} characters", "OUT_OF_RANGE")
    elif _CONTROL.search(display_name):
        bad.add("campaign.display_name", "must hold no control characters", "MALFORMED_TEXT")


def _read_targeting(bad: Violations, campaign: pb.Campaign, *, channel: str) -> Targeting:
    if not campaign.HasField("targeting"):
        bad.add("campaign.targeting", "must be set", "REQUIRED")
        return Targeting()
    try:
        targeting = read_targeting(campaign.targeting)
    except MalformedTargeting as error:
        bad.add(locate(error, "campaign.targeting"), error.description, "MALFORMED_TARGETING")
        return Targeting()
    try:
        require_channel(targeting, channel)
    except MalformedTargeting as error:
        bad.add(locate(error, "campaign"), error.description, "FOREIGN_NAME")
    return targeting


def _write_failure(failure: Failure) -> pb.Campaign.Failure:
    return pb.Campaign.Failure(
        reason=pb.Campaign.Failure.Reason.Value(failure.reason.name),
        description=failure.reason.value,
        relax=failure.relax,
        codes=[finding_pb2.Finding.Code.Value(code.name) for code in failure.codes],
    )


def _write_finding(finding: Finding) -> finding_pb2.Finding:
    return finding_pb2.Finding(
        code=finding_pb2.Finding.Code.Value(finding.code.name),
        severity=finding_pb2.Finding.Severity.Value(finding.severity.name),
        field=finding.field,
        description=finding.description,
        numbers=finding.numbers,
        relax=finding.relax,
        requirement=finding.requirement,
        acknowledgement=finding.acknowledgement,
    )


def _write_plan(plan: Plan) -> pb.Plan:
    calls = [
        pb.Plan.Request(
            recipients=call.recipients,
            attributes=call.attributes,
            held_message_count=call.held_message_count,
            earliest_time=write_time(call.earliest_time),
        )
        for call in plan.calls
    ]
    return pb.Plan(requests=calls, unknowns=plan.unknowns)


def _write_request(observation: RequestObservation) -> observation_pb.RequestObservation:
    figures = observation.figures
    return observation_pb.RequestObservation(
        request=observation.request,
        accept_time=write_time(observation.accept_time),
        delivered=figures.delivered,
        unique_impression=figures.unique_impression,
        unique_click=figures.unique_click,
        unique_media_played=figures.unique_media_played,
        unique_media_played_100_percent=figures.unique_media_played_100_percent,
        bubbles=[_write_bubble(bubble) for bubble in figures.bubbles],
        links=[_write_link(link) for link in figures.links],
    )


def _write_bubble(bubble: BubbleFigures) -> observation_pb.RequestObservation.Bubble:
    return observation_pb.RequestObservation.Bubble(
        sequence=bubble.sequence,
        impression=bubble.impression,
        media_played=bubble.media_played,
        unique_media_played=bubble.unique_media_played,
        unique_media_played_100_percent=bubble.unique_media_played_100_percent,
    )


def _write_link(link: LinkFigures) -> observation_pb.RequestObservation.Link:
    return observation_pb.RequestObservation.Link(
        sequence=link.sequence,
        url=link.url,
        click=link.click,
        unique_click=link.unique_click,
        unique_click_of_request=link.unique_click_of_request,
    )
