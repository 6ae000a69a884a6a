"""A person decides about an uncertain send, and it is kept who decided what, and by what evidence (I8)."""

from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from delivery.application.campaigns.resolving import Ruling
from delivery.application.line_port import Phase
from delivery.domain.campaigns.campaign import CampaignState, Decision
from delivery.domain.campaigns.events import CampaignFailed, CampaignSending, CampaignSucceeded
from delivery.domain.errors import (
    AttemptMayStillRun,
    CampaignInFlight,
    CampaignNotAccepted,
    CampaignNotUncertain,
    DeadlinePassed,
)
from delivery.domain.policy.clearance import PolicyRefused
from delivery.domain.policy.facts import AudienceState, ChannelFacts
from delivery.domain.sending.failures import FailureReason, UncertaintyReason
from delivery.domain.sending.settling import MEMORY
from delivery.domain.sending.values import LONGEST_CALL, TOKEN_LIFETIME, RowState
from kit.errors import EtagMismatch, NotFound, RequestIdReused, Unavailable
from tests.strategies.policy import make_audience
from tests.unit.delivery.application.handling import CHANNEL, Delivery, make_once

HOUR = timedelta(hours=1)
AGAIN = Decision.SEND_AGAIN


async def doubt_and_cancel(delivery: Delivery, **order: Any) -> str:
    """Order a send whose answer is lost, cancel it, and return the campaign's name; it is uncertain at once."""
    delivery.line.lose_next_answer(accepted=True)
    name = await delivery.order(**order)
    await delivery.dispatch()
    await delivery.cancel(name)
    delivery.advance(timedelta(seconds=2))
    await delivery.dispatch()
    return name


async def test_what_a_person_knows_was_sent_has_succeeded(delivery: Delivery) -> None:
    """The campaign ends well, at the time of the decision, and its report has no id to ask LINE by."""
    name = await delivery.lose()
    resolved = await delivery.resolve(name, Decision.SENT)
    campaign = resolved.sight.campaign
    event = delivery.store.outbox.events[-1]

    assert (campaign.state, campaign.complete_time) == (CampaignState.SUCCEEDED, delivery.clock.now())
    assert campaign.uncertainty is None
    assert campaign.resolution is not None
    assert (campaign.resolution.decision, campaign.resolution.resolver) == (Decision.SENT, "user:operator")
    assert isinstance(event, CampaignSucceeded)
    assert (event.time, event.acceptance.accept_time) == (delivery.clock.now(), None)
    assert len(resolved.warnings) == 1
    with pytest.raises(CampaignNotAccepted):
        await delivery.use_cases.observing.observe(name)


async def test_what_a_person_gives_up_has_failed_with_that_reason(delivery: Delivery) -> None:
    """The event names it too, so that nobody takes it for a send that surely reached nobody."""
    name = await delivery.lose()
    resolved = await delivery.resolve(name, Decision.NOT_SENT_GIVE_UP)
    campaign = resolved.sight.campaign
    event = delivery.store.outbox.events[-1]

    assert campaign.state is CampaignState.FAILED
    assert campaign.failure is not None
    assert campaign.failure.reason is FailureReason.GIVEN_UP
    assert isinstance(event, CampaignFailed)
    assert event.reason is FailureReason.GIVEN_UP
    assert resolved.warnings
    assert not await delivery.dispatch()


async def test_what_is_sent_again_has_a_row_and_a_key_of_its_own(delivery: Delivery) -> None:
    """The new row names the old one in its log, goes out by itself, and the person is told of the risk."""
    name = await delivery.lose()
    resolved = await delivery.resolve(name, AGAIN)
    restarted = resolved.sight.campaign
    assert await delivery.dispatch()
    first, second = delivery.line.attempts
    delivery.line.move("line-request-1", Phase.SUCCEEDED)
    await delivery.follow()
    rows = await delivery.store.ledger.list_of_campaign(name)
    openings = [line for line in delivery.store.ledger.lines if line.entry == "OPENED"]

    assert (restarted.state, restarted.complete_time, restarted.uncertainty) == (CampaignState.SENDING, None, None)
    assert first.retry_key != second.retry_key
    assert [row.state for row in rows] == [RowState.SUPERSEDED, RowState.DELIVERED]
    assert [(line.row, rows[0].name in line.evidence) for line in openings] == [(rows[1].name, True)]
    assert "twice" in resolved.warnings[0]
    assert (await delivery.get(name)).state is CampaignState.SUCCEEDED
    facts = ["created", "sending", "uncertain", "sending", "accepted", "succeeded"]
    assert delivery.list_facts() == facts
    assert [event.time for event in delivery.store.outbox.events if isinstance(event, CampaignSending)][1] == (
        restarted.order.time if restarted.order else None
    )


async def test_the_new_end_is_one_lifetime_after_the_decision(delivery: Delivery) -> None:
    """It is the lifetime that the channel had at the order, and a caller's own end is never passed."""
    delivery.facts.put(ChannelFacts(CHANNEL, 3000, "jp", 2 * HOUR, "U-acme"))
    own_end = delivery.clock.now() + 25 * HOUR
    name = await delivery.lose()
    delivery.facts.put(ChannelFacts(CHANNEL, 3000, "jp", 9 * HOUR, "U-acme"))
    free = (await delivery.resolve(name, AGAIN)).sight.campaign
    bound = await doubt_and_cancel(delivery, name=f"{CHANNEL}/campaigns/june", not_after=own_end)
    delivery.advance(TOKEN_LIFETIME)
    kept = (await delivery.resolve(bound, AGAIN)).sight.campaign

    assert free.order is not None
    assert free.order.deadline.time == free.order.time + 2 * HOUR
    assert kept.order is not None
    assert (kept.order.deadline.time, kept.order.deadline.callers_own) == (own_end, True)
    assert (await delivery.store.ledger.list_of_campaign(bound))[1].deadline == kept.order.deadline


async def test_nothing_is_sent_again_while_the_last_attempt_may_still_run(delivery: Delivery) -> None:
    """Its token has to expire first; the refusal says when, and changes nothing (I3)."""
    name = await doubt_and_cancel(delivery)
    before = await delivery.get(name)
    assert before.uncertainty is not None
    earliest = before.uncertainty.earliest_resend_time
    assert earliest is not None
    with pytest.raises(AttemptMayStillRun) as refused:
        await delivery.resolve(name, AGAIN)
    unchanged = await delivery.get(name)
    delivery.advance(earliest - delivery.clock.now())
    resolved = await delivery.resolve(name, AGAIN)

    assert refused.value.retry_after == timedelta(minutes=15, seconds=-2)
    assert refused.value.metadata["until"] == earliest.isoformat(timespec="seconds")
    assert unchanged == before
    assert resolved.sight.campaign.state is CampaignState.SENDING


async def test_the_other_decisions_need_not_wait(delivery: Delivery) -> None:
    """Only a new call could meet the old one."""
    name = await doubt_and_cancel(delivery)
    resolved = await delivery.resolve(name, Decision.SENT)

    assert resolved.sight.campaign.state is CampaignState.SUCCEEDED


@pytest.mark.parametrize("early", [timedelta(0), LONGEST_CALL])
async def test_nothing_is_sent_again_after_the_callers_own_end(delivery: Delivery, early: timedelta) -> None:
    """Nor so shortly before it that no call could be begun any more."""
    end = delivery.clock.now() + HOUR
    name = await doubt_and_cancel(delivery, not_after=end)
    delivery.advance(end - early - delivery.clock.now())
    with pytest.raises(DeadlinePassed):
        await delivery.resolve(name, AGAIN)
    given_up = await delivery.resolve(name, Decision.NOT_SENT_GIVE_UP)

    assert given_up.sight.campaign.state is CampaignState.FAILED


async def test_what_line_accepted_without_an_outcome_is_shown_with_its_ids(delivery: Delivery) -> None:
    """After 14 days without an outcome a person sees LINE's ids, and is warned that people may get it twice."""
    name = await delivery.order()
    await delivery.dispatch()
    delivery.advance(MEMORY)
    await delivery.follow()
    uncertain = await delivery.get(name)
    resolved = await delivery.resolve(name, AGAIN)
    await delivery.dispatch()

    assert uncertain.uncertainty is not None
    assert uncertain.uncertainty.reason is UncertaintyReason.OUTCOME_UNKNOWN
    assert uncertain.uncertainty.line_request_ids == ("line-request-1",)
    assert uncertain.uncertainty.attempt_count == 1
    assert "accepted it before" in resolved.warnings[0]
    assert "twice" in resolved.warnings[0]
    assert resolved.sight.campaign.accept_time is None
    assert set(delivery.line.narrowcasts) == {"line-request-1", "line-request-2"}
    assert (await delivery.get(name)).accept_time == delivery.clock.now()


async def test_figures_of_both_sends_can_be_observed(delivery: Delivery) -> None:
    """LINE may have delivered either."""
    name = await delivery.order()
    await delivery.dispatch()
    delivery.advance(MEMORY)
    await delivery.follow()
    await delivery.resolve(name, AGAIN)
    await delivery.dispatch()
    observation = await delivery.use_cases.observing.observe(name)

    assert delivery.line.insight_calls == ["line-request-1", "line-request-2"]
    assert [request.request for request in observation.requests] == [f"{name}/requests/1", f"{name}/requests/2"]


async def test_a_late_answer_to_the_old_row_leaves_the_new_one_alone(delivery: Delivery) -> None:
    """A worker that comes back with an acceptance has it written down; the campaign follows its newest row."""
    name = await delivery.order()
    resumed = []

    async def stand_still() -> None:
        await delivery.cancel(name)
        delivery.store.ledger.expire()
        delivery.advance(TOKEN_LIFETIME)
        assert await delivery.dispatch()
        resumed.append((await delivery.resolve(name, AGAIN)).sight.campaign)

    delivery.line.during_next_send(stand_still)
    await delivery.dispatch()
    rows = await delivery.store.ledger.list_of_campaign(name)

    assert rows[0].state is RowState.SUPERSEDED
    assert rows[0].acceptance is not None
    assert rows[0].acceptance.ids == ("line-request-1",)
    assert rows[1].state is RowState.READY
    assert await delivery.get(name) == resumed[0]


async def test_a_late_answer_changes_the_evidence(delivery: Delivery) -> None:
    """Who decides by what they saw before it is told to look again (AIP-154)."""
    name = await delivery.order()
    seen = []

    async def stand_still() -> None:
        await delivery.cancel(name)
        delivery.store.ledger.expire()
        delivery.advance(timedelta(minutes=1))
        assert await delivery.dispatch()
        seen.append(await delivery.get(name))

    delivery.line.during_next_send(stand_still)
    await delivery.dispatch()
    with pytest.raises(EtagMismatch):
        await delivery.resolve(name, Decision.NOT_SENT_GIVE_UP, etag=seen[0].etag)
    uncertain = await delivery.get(name)
    resolved = await delivery.resolve(name, Decision.SENT)
    observation = await delivery.use_cases.observing.observe(name)

    assert seen[0].state is uncertain.state is CampaignState.UNCERTAIN
    assert uncertain.uncertainty is not None
    assert uncertain.uncertainty.line_request_ids == ("line-request-1",)
    assert resolved.warnings == ()
    assert len(observation.requests) == 1


@pytest.mark.parametrize("decision", [Decision.SENT, Decision.NOT_SENT_GIVE_UP])
async def test_an_answer_after_the_decision_is_kept(delivery: Delivery, decision: Decision) -> None:
    """The decision stands, and what LINE turns out to have accepted can be observed."""
    name = await delivery.order()

    async def stand_still() -> None:
        await delivery.cancel(name)
        delivery.store.ledger.expire()
        delivery.advance(timedelta(minutes=1))
        assert await delivery.dispatch()
        await delivery.resolve(name, decision)

    delivery.line.during_next_send(stand_still)
    await delivery.dispatch()
    campaign = await delivery.get(name)

    assert campaign.state is (CampaignState.SUCCEEDED if decision is Decision.SENT else CampaignState.FAILED)
    assert campaign.accept_time is not None
    assert len((await delivery.use_cases.observing.observe(name)).requests) == 1


async def test_policy_judges_what_is_sent_again_before_anything_changes(delivery: Delivery) -> None:
    """Refused or without facts it stays uncertain, since nobody knows more of the first send than before."""
    name = await delivery.lose()
    before = await delivery.get(name)
    delivery.facts.put(make_audience(state=AudienceState.EXPIRED))
    with pytest.raises(PolicyRefused):
        await delivery.resolve(name, AGAIN)
    delivery.facts.fail_next(Unavailable("audience"))
    with pytest.raises(Unavailable):
        await delivery.resolve(name, AGAIN)
    unchanged = await delivery.get(name)
    other = await delivery.resolve(name, Decision.SENT)

    assert unchanged == before
    assert delivery.store.decisions.lines[0].resolution.decision is Decision.SENT
    assert other.sight.campaign.state is CampaignState.SUCCEEDED


async def test_a_decision_is_bound_to_what_the_person_has_seen(delivery: Delivery) -> None:
    """Whatever has changed since may change their mind (AIP-154)."""
    name = await delivery.lose()
    before = await delivery.get(name)
    for decision in Decision:
        with pytest.raises(EtagMismatch):
            await delivery.resolve(name, decision, etag="v1")

    assert await delivery.get(name) == before
    assert delivery.store.decisions.lines == []


@pytest.mark.parametrize("decision", list(Decision))
async def test_only_an_uncertain_campaign_is_decided_about(delivery: Delivery, decision: Decision) -> None:
    """Drafts, orders on their way and campaigns that have ended are not; a name of nothing is not found."""
    name = await delivery.order()
    draft = await delivery.create(f"{CHANNEL}/campaigns/june")
    for campaign, state in ((name, "SENDING"), (draft, "DRAFT")):
        with pytest.raises(CampaignNotUncertain) as refused:
            await delivery.resolve(campaign, decision)
        assert refused.value.metadata == {"campaign": campaign, "state": state}
    await delivery.cancel(name)
    with pytest.raises(CampaignNotUncertain):
        await delivery.resolve(name, decision)
    with pytest.raises(NotFound):
        await delivery.resolve(f"{CHANNEL}/campaigns/none", decision, etag="v1")


async def test_a_decision_is_taken_once(delivery: Delivery) -> None:
    """A repetition shows the campaign as it is now with the same warnings; another body is refused (AIP-155)."""
    name = await delivery.lose()
    ruling = Ruling(name, (await delivery.get(name)).etag, AGAIN, "user:operator")
    resolve = delivery.use_cases.resolving.resolve
    first = await resolve(ruling, make_once(request_id="1"))
    await delivery.dispatch()
    again = await resolve(ruling, make_once(request_id="1"))

    assert again.sight.campaign.accept_time is not None
    assert again.warnings == first.warnings
    assert len(await delivery.store.ledger.list_of_campaign(name)) == 2
    assert len(delivery.store.decisions.lines) == 1
    with pytest.raises(RequestIdReused):
        await resolve(ruling, make_once("other", request_id="1"))


async def test_what_is_sent_again_can_be_cancelled_and_become_uncertain_again(delivery: Delivery) -> None:
    """The new row is a row like any other, and each decision is kept with what was known then."""
    name = await delivery.lose()
    delivery.line.lose_next_answer(accepted=True)
    await delivery.resolve(name, AGAIN)
    await delivery.dispatch()
    await delivery.cancel(name)
    delivery.advance(timedelta(seconds=2))
    await delivery.dispatch()
    await delivery.resolve(name, Decision.SENT)
    first, second = delivery.store.decisions.lines

    assert (await delivery.get(name)).state is CampaignState.SUCCEEDED
    assert (first.row, second.row) == (f"{name}/requests/1", f"{name}/requests/2")
    assert first.uncertainty.reason is UncertaintyReason.ANSWER_LOST
    assert second.uncertainty.reason is UncertaintyReason.CANCELLED
    assert (first.resolution.resolver, first.resolution.decision) == ("user:operator", AGAIN)


async def test_once_line_has_accepted_it_again_it_cannot_be_cancelled(delivery: Delivery) -> None:
    """The second send is as irrevocable as the first."""
    name = await delivery.lose()
    await delivery.resolve(name, AGAIN)
    await delivery.dispatch()

    with pytest.raises(CampaignInFlight):
        await delivery.cancel(name)


async def test_the_log_tells_who_decided_what(delivery: Delivery) -> None:
    """One line for each decision, after it was stored, and none for one that was refused."""
    name = await delivery.lose()
    with capture_logs() as lines:
        with pytest.raises(EtagMismatch):
            await delivery.resolve(name, Decision.SENT, etag="v1")
        await delivery.resolve(name, Decision.SENT)

    assert [line for line in lines if line["event"] == "campaign_resolved"] == [
        {
            "event": "campaign_resolved",
            "log_level": "info",
            "campaign": name,
            "row": f"{name}/requests/1",
            "decision": "SENT",
            "resolver": "user:operator",
        }
    ]
