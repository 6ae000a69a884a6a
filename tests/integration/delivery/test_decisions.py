"""Cancelling and resolving over gRPC: what an operator reads, decides and is told (architecture 5)."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import grpc
import pytest

from delivery.domain.sending.settling import MEMORY
from delivery.domain.sending.values import KEY_LIFETIME
from outreach.delivery.v1 import campaign_pb2 as pb
from outreach_client.errors import RemoteError
from tests.integration.delivery.handling import Delivery
from tests.integration.delivery.serving import OPERATOR, Api, Served

Resolution = pb.Campaign.Resolution
Uncertainty = pb.Campaign.Uncertainty


def resolve(campaign: Any, decided: Any, **changes: Any) -> pb.ResolveCampaignRequest:
    """Return a request to decide about a campaign as it is."""
    parts = {"name": campaign.name, "etag": campaign.etag, "request_id": str(uuid4()), "decision": decided, **changes}
    return pb.ResolveCampaignRequest(**parts)


def cancel(name: str, **changes: Any) -> pb.CancelCampaignRequest:
    """Return a request to cancel a campaign."""
    return pb.CancelCampaignRequest(**{"name": name, "request_id": str(uuid4()), **changes})


async def get(api: Api, name: str) -> Any:
    """Return a campaign as an operator reads it."""
    return await api.campaigns.GetCampaign(pb.GetCampaignRequest(name=name))


async def fail(call: Any) -> RemoteError:
    """Return how a call fails that must."""
    with pytest.raises(RemoteError) as failed:
        await call
    return failed.value


async def test_a_lost_answer_is_decided_by_a_person(delivery: Delivery, api: Api) -> None:
    """The evidence is shown, the decision is bound to it and signed by the token's subject."""
    name = await delivery.lose()
    uncertain = await get(api, name)
    answer = await api.campaigns.ResolveCampaign(resolve(uncertain, Resolution.SENT))
    evidence, decided = uncertain.uncertainty, answer.campaign

    assert uncertain.state == pb.Campaign.UNCERTAIN
    assert (evidence.reason, evidence.attempt_count) == (Uncertainty.ANSWER_LOST, 1)
    assert evidence.earliest_resend_time.seconds - evidence.last_attempt_time.seconds == 15 * 60
    assert (decided.state, decided.HasField("uncertainty")) == (pb.Campaign.SUCCEEDED, False)
    assert (decided.resolution.decision, decided.resolution.resolver) == (Resolution.SENT, "user:operator")
    assert decided.resolution.resolve_time == decided.complete_time
    assert list(answer.warnings) == ["LINE's id of it is not known, so its report has no figures."]
    assert decided == await get(api, name)


async def test_an_unknown_outcome_can_be_sent_again_with_a_warning(delivery: Delivery, api: Api) -> None:
    """LINE's ids are shown, and the answer says that people may get it twice."""
    name = await delivery.send()
    delivery.clock.advance(MEMORY)
    await delivery.follow()
    delivery.facts.refresh(at=delivery.clock.now())
    uncertain = await get(api, name)
    request = resolve(uncertain, Resolution.SEND_AGAIN)
    answer = await api.campaigns.ResolveCampaign(request)
    repeated = await api.campaigns.ResolveCampaign(request)

    assert uncertain.uncertainty.reason == Uncertainty.OUTCOME_UNKNOWN
    assert list(uncertain.uncertainty.line_request_ids) == ["line-request-1"]
    assert (answer.campaign.state, answer.campaign.HasField("accept_time")) == (pb.Campaign.SENDING, False)
    assert answer.campaign.end_time.seconds - answer.campaign.order_time.seconds == 24 * 3600
    assert "people may get it twice" in answer.warnings[0]
    assert repeated == answer


async def test_sending_again_waits_until_the_last_attempt_can_no_longer_run(delivery: Delivery, api: Api) -> None:
    """The refusal tells when, in its metadata and as a time to wait; so does the campaign."""
    delivery.line.lose_next_answer(accepted=True)
    name = await delivery.send()
    noted = await api.campaigns.CancelCampaign(cancel(name))
    delivery.clock.advance(timedelta(minutes=5))
    await delivery.dispatch()
    uncertain = await get(api, name)
    error = await fail(api.campaigns.ResolveCampaign(resolve(uncertain, Resolution.SEND_AGAIN)))
    earliest = uncertain.uncertainty.earliest_resend_time.ToDatetime()

    assert (noted.state, noted.HasField("cancel_request_time")) == (pb.Campaign.SENDING, True)
    assert noted.waiting.reason == pb.Campaign.Waiting.ANSWER_LOST
    assert uncertain.uncertainty.reason == Uncertainty.CANCELLED
    assert (error.code, error.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "ATTEMPT_MAY_STILL_RUN")
    assert error.metadata == {"campaign": name, "until": f"{earliest.isoformat(timespec='seconds')}+00:00"}
    assert error.retry_after == timedelta(minutes=10)
    assert await get(api, name) == uncertain


async def test_an_order_is_cancelled(delivery: Delivery, api: Api) -> None:
    """A repetition shows the same, and what LINE has accepted is refused by name."""
    name = await delivery.create()
    ordered = await delivery.order(name)
    request = cancel(name, etag=ordered.etag)
    cancelled = await api.campaigns.CancelCampaign(request)
    repeated = await api.campaigns.CancelCampaign(request)
    ended = await fail(api.campaigns.CancelCampaign(cancel(name)))
    stale = await fail(api.campaigns.CancelCampaign(cancel(name, etag="v1")))
    accepted = await fail(api.campaigns.CancelCampaign(cancel(await delivery.send())))

    assert (cancelled.state, cancelled.HasField("complete_time")) == (pb.Campaign.CANCELLED, True)
    assert repeated == cancelled
    assert (ended.code, ended.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "CAMPAIGN_NOT_CANCELLABLE")
    assert (accepted.code, accepted.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "CAMPAIGN_IN_FLIGHT")
    assert (stale.code, stale.reason) == (grpc.StatusCode.ABORTED, "ETAG_MISMATCH")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "channels/acme"}, "name"),
        ({"name": "channels/acme/campaigns/M"}, "name"),
        ({"request_id": ""}, "request_id"),
        ({"request_id": "1"}, "request_id"),
        ({"etag": ""}, "etag"),
        ({"decision": Resolution.DECISION_UNSPECIFIED}, "decision"),
        ({"decision": 99}, "decision"),
        ({"acknowledgements": ["no"]}, "acknowledgements[0]"),
        ({"acknowledgements": ["a"] * 51}, "acknowledgements"),
    ],
)
async def test_a_decision_that_is_malformed_decides_nothing(
    delivery: Delivery, api: Api, changes: dict[str, Any], field: str
) -> None:
    """Each bad field is named; unspecified is no decision (N4)."""
    name = await delivery.lose()
    before = await get(api, name)
    error = await fail(api.campaigns.ResolveCampaign(resolve(before, Resolution.SENT, **changes)))

    assert (error.code, error.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST")
    assert [violation.field for violation in error.field_violations] == [field]
    assert await get(api, name) == before


async def test_all_bad_fields_of_a_decision_are_named_at_once(api: Api) -> None:
    """A caller corrects them in one go (N4)."""
    error = await fail(api.campaigns.ResolveCampaign(pb.ResolveCampaignRequest(name="channels/acme/campaigns/M")))

    assert {violation.field for violation in error.field_violations} == {"name", "request_id", "etag", "decision"}


async def test_deciding_needs_a_scope_of_its_own(delivery: Delivery, served: Served) -> None:
    """Who may send may cancel, and not decide."""
    name = await delivery.lose()
    async with served.call_as(**{**OPERATOR, "scope": "campaign.read campaign.send"}) as sender:
        campaign = await get(sender, name)
        error = await fail(sender.campaigns.ResolveCampaign(resolve(campaign, Resolution.SENT)))
    async with served.call_as(**{**OPERATOR, "channels": ["other"]}) as stranger:
        foreign = await fail(stranger.campaigns.ResolveCampaign(resolve(campaign, Resolution.SENT)))

    assert (error.code, error.reason) == (grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING")
    assert error.metadata == {"scope": "campaign.resolve"}
    assert (foreign.code, foreign.reason) == (grpc.StatusCode.PERMISSION_DENIED, "PERMISSION_DENIED")


async def test_a_watch_ends_with_uncertainty_and_begins_anew_after_a_decision(delivery: Delivery, api: Api) -> None:
    """UNCERTAIN is final until a person decides."""
    delivery.line.lose_next_answer(accepted=False)
    name = await delivery.send()
    delivery.clock.advance(KEY_LIFETIME)
    await delivery.dispatch()
    watch = pb.WatchCampaignRequest(name=name)
    before = [change.campaign.state async for change in api.campaigns.WatchCampaign(watch)]
    await api.campaigns.ResolveCampaign(resolve(await get(api, name), Resolution.NOT_SENT_GIVE_UP))
    after = [change.campaign async for change in api.campaigns.WatchCampaign(watch)]

    assert before == [pb.Campaign.UNCERTAIN]
    assert [campaign.state for campaign in after] == [pb.Campaign.FAILED]
    assert after[0].failure.reason == pb.Campaign.Failure.GIVEN_UP
