"""A campaign is sent once, or not at all, whatever LINE and the facts do meanwhile (architecture 5)."""

import asyncio
from datetime import timedelta

import pytest

from delivery.application.campaigns.ordering import SendOrder
from delivery.application.line_port import Phase, QuotaHeld, RefusalKind, Refused
from delivery.application.ports import PagePosition
from delivery.domain.campaigns.campaign import CampaignState
from delivery.domain.errors import CampaignNotAccepted, CampaignNotDraft, InsightBudgetExhausted
from delivery.domain.policy.clearance import PolicyRefused
from delivery.domain.policy.facts import AudienceState
from delivery.domain.policy.findings import Code
from delivery.domain.sending.failures import FailureReason, NarrowcastFailure, UncertaintyReason
from delivery.domain.sending.settling import MEMORY
from delivery.domain.sending.values import KEY_LIFETIME
from delivery.domain.targeting.sizes import Size
from kit.errors import AlreadyExists, EtagMismatch, NotFound, RequestIdReused, Unavailable
from tests.integration.delivery.handling import CHANNEL, Delivery, make_once
from tests.strategies.policy import make_audience


async def follow(delivery: Delivery, name: str) -> CampaignState:
    """Ask LINE for the progress once, and return the campaign's state."""
    await delivery.follow()
    return (await delivery.get(name)).state


async def test_a_draft_is_sent_and_followed_to_its_end(delivery: Delivery) -> None:
    """One narrowcast leaves with the stored bytes, and the facts are told in their order."""
    name = await delivery.send()
    accepted = await delivery.get(name)
    delivery.line.move("line-request-1", Phase.SUCCEEDED)
    state = await follow(delivery, name)

    assert (accepted.state, accepted.accept_time) == (CampaignState.SENDING, delivery.clock.now())
    assert state is CampaignState.SUCCEEDED
    assert len(delivery.line.narrowcasts) == 1
    assert await delivery.list_facts() == ["created", "sending", "accepted", "succeeded"]


@pytest.mark.parametrize("accepted", [True, False])
async def test_a_lost_answer_is_repeated_with_the_same_key_and_bytes(
    delivery: Delivery,
    accepted: bool,  # noqa: FBT001 - drawn by name
) -> None:
    """Whether LINE took the first attempt or not, people receive it once (I2, I4)."""
    delivery.line.lose_next_answer(accepted=accepted)
    name = await delivery.send()
    delivery.clock.advance(timedelta(minutes=1))
    await delivery.dispatch()
    first, second = delivery.line.attempts

    assert (first.retry_key, first.cleared.body) == (second.retry_key, second.cleared.body)
    assert len(delivery.line.narrowcasts) == 1
    assert (await delivery.get(name)).accept_time is not None


async def test_a_doubt_older_than_its_key_is_left_to_a_person(delivery: Delivery) -> None:
    """After 23 hours LINE is not called again: it would take the request for a new one (I3, I8)."""
    delivery.line.lose_next_answer(accepted=True)
    name = await delivery.send()
    delivery.clock.advance(KEY_LIFETIME)
    await delivery.dispatch()
    delivery.clock.advance(timedelta(days=30))

    assert (await delivery.get(name)).state is CampaignState.UNCERTAIN
    assert not await delivery.dispatch()
    assert len(delivery.line.attempts) == 1
    assert (await delivery.list_facts())[-1] == "uncertain"


@pytest.mark.parametrize("kind", list(RefusalKind))
async def test_a_refusal_fails_the_campaign_with_its_reason(delivery: Delivery, kind: RefusalKind) -> None:
    """LINE's definite no to the first attempt is final, and is told by name."""
    delivery.line.answer_next(Refused(kind, "400"))
    name = await delivery.send()
    campaign = await delivery.get(name)

    assert campaign.state is CampaignState.FAILED
    assert campaign.failure is not None
    assert campaign.failure.reason.name == kind.name
    assert not await delivery.dispatch()


async def test_a_deferred_send_follows_later_with_a_key_of_its_own(delivery: Delivery) -> None:
    """A 429 to the first attempt sends nothing; the row is looked at again after two minutes (I2)."""
    delivery.line.answer_next(QuotaHeld("429"))
    name = await delivery.send()
    too_early = await delivery.dispatch()
    delivery.clock.advance(timedelta(minutes=2))
    await delivery.dispatch()

    assert not too_early
    assert len({attempt.retry_key for attempt in delivery.line.attempts}) == 2
    assert (await delivery.get(name)).accept_time is not None


async def test_policy_refuses_once_more_just_before_the_call(delivery: Delivery) -> None:
    """Facts that changed since the order keep the campaign from LINE."""
    name = await delivery.create()
    await delivery.order(name)
    delivery.facts.put(make_audience(state=AudienceState.EXPIRED))
    await delivery.dispatch()
    campaign = await delivery.get(name)

    assert campaign.failure is not None
    assert campaign.failure.reason is FailureReason.POLICY_REFUSED
    assert campaign.failure.codes == (Code.AUDIENCE_UNUSABLE,)
    assert delivery.line.attempts == []


async def test_a_row_waits_for_facts_that_cannot_be_had(delivery: Delivery) -> None:
    """Without fresh facts nothing is sent, and nothing fails."""
    name = await delivery.create()
    await delivery.order(name)
    delivery.facts.fail_next(Unavailable("audience"))
    await delivery.dispatch()
    state_without_facts = (await delivery.get(name)).state
    delivery.clock.advance(timedelta(seconds=5))
    await delivery.dispatch()

    assert state_without_facts is CampaignState.SENDING
    assert len(delivery.line.narrowcasts) == 1


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (NarrowcastFailure.LINE_INTERNAL, FailureReason.LINE_INTERNAL),
        (NarrowcastFailure.RECIPIENTS_BELOW_MINIMUM, FailureReason.RECIPIENTS_BELOW_MINIMUM),
        (NarrowcastFailure.ABOVE_LIMIT, FailureReason.RECIPIENTS_ABOVE_LIMIT),
    ],
)
async def test_failures_become_reasons(delivery: Delivery, failure: NarrowcastFailure, reason: FailureReason) -> None:
    """An accepted narrowcast may fail minutes later (LP 4.8)."""
    name = await delivery.send()
    delivery.line.move("line-request-1", Phase.FAILED, failure=failure)
    await follow(delivery, name)
    campaign = await delivery.get(name)

    assert campaign.failure is not None
    assert campaign.failure.reason is reason
    assert await delivery.list_facts() == ["created", "sending", "accepted", "failed"]


async def test_a_duplicate_asks_again_with_the_same_key(delivery: Delivery) -> None:
    """A duplicate is no failure: the 409 of a repetition names the request to follow (I6)."""
    name = await delivery.send()
    delivery.line.move("line-request-1", Phase.FAILED, failure=NarrowcastFailure.DUPLICATE)
    state = await follow(delivery, name)
    await delivery.dispatch()

    assert state is CampaignState.SENDING
    assert len({attempt.retry_key for attempt in delivery.line.attempts}) == 1
    assert len(delivery.line.narrowcasts) == 1


async def test_no_outcome_for_14_days_is_left_to_a_person(delivery: Delivery) -> None:
    """LINE tells the progress for 14 days (LP 4.8); it may have delivered, so it is no failure (R13)."""
    name = await delivery.send()
    delivery.clock.advance(MEMORY)
    await follow(delivery, name)
    campaign = await delivery.get(name)

    assert campaign.state is CampaignState.UNCERTAIN
    assert campaign.uncertainty is not None
    assert campaign.uncertainty.reason is UncertaintyReason.OUTCOME_UNKNOWN
    assert campaign.uncertainty.line_request_ids == ("line-request-1",)


async def test_a_send_is_ordered_once(delivery: Delivery) -> None:
    """One request id has one effect, and shows the campaign as it is now; another one finds no draft (AIP-155)."""
    name = await delivery.create()
    order, request_id = SendOrder(name, "", frozenset()), "1"
    first = await delivery.use_cases.ordering.order(order, make_once(request_id=request_id))
    assert await delivery.dispatch()
    again = await delivery.use_cases.ordering.order(order, make_once(request_id=request_id))

    assert first.accept_time is None
    assert again.accept_time is not None
    assert again == await delivery.get(name)
    with pytest.raises(RequestIdReused):
        await delivery.use_cases.ordering.order(order, make_once("other", request_id=request_id))
    with pytest.raises(CampaignNotDraft):
        await delivery.order(name)
    assert await delivery.connection.fetchval("SELECT count(*) FROM send_requests") == 1


async def test_orders_that_do_not_fit_are_refused_without_effect(delivery: Delivery) -> None:
    """A wrong etag, an unknown name and a finding that is an error leave the draft as it is."""
    name = await delivery.create()
    with pytest.raises(EtagMismatch):
        await delivery.use_cases.ordering.order(SendOrder(name, "v9", frozenset()), make_once())
    with pytest.raises(NotFound):
        await delivery.order(f"{CHANNEL}/campaigns/none")
    delivery.facts.put(make_audience(size=Size(30, 30)))
    with pytest.raises(PolicyRefused):
        await delivery.order(name)

    assert (await delivery.get(name)).state is CampaignState.DRAFT
    assert await delivery.list_facts() == ["created"]


async def test_dispatchers_side_by_side_call_line_once(delivery: Delivery) -> None:
    """Any number of replicas may work on one ledger."""
    name = await delivery.create()
    await delivery.order(name)
    worked = await asyncio.gather(*(delivery.dispatch() for _ in range(5)))

    assert sorted(worked) == [False, False, False, False, True]
    assert len(delivery.line.attempts) == 1


async def test_a_name_is_taken_once(delivery: Delivery) -> None:
    """A second campaign of one name is refused."""
    name = await delivery.create()

    with pytest.raises(AlreadyExists):
        await delivery.create(name=name)


async def test_pages_hold_the_newest_first(delivery: Delivery) -> None:
    """Pages follow one another without a gap, also where campaigns were made at one moment."""
    names = [await delivery.create() for _ in range(2)]
    delivery.clock.advance(timedelta(seconds=1))
    names.append(await delivery.create())
    first = await delivery.use_cases.campaigns.page(CHANNEL, after=None, size=2)
    last = first[-1].campaign
    position = PagePosition(last.create_time, last.name)
    second = await delivery.use_cases.campaigns.page(CHANNEL, after=position, size=2)

    assert [sight.campaign.name for sight in (*first, *second)] == names[::-1]


async def test_the_insight_budget_is_60_calls_an_hour(delivery: Delivery) -> None:
    """The 61st call within an hour is refused with the time to wait, and possible after it (LP 1.6)."""
    name = await delivery.send()
    for _ in range(60):
        await delivery.use_cases.observing.observe(name)
    with pytest.raises(InsightBudgetExhausted) as refused:
        await delivery.use_cases.observing.observe(name)
    assert refused.value.retry_after is not None
    delivery.clock.advance(refused.value.retry_after)
    await delivery.use_cases.observing.observe(name)

    assert len(delivery.line.insight_calls) == 61


async def test_what_line_has_not_accepted_cannot_be_observed(delivery: Delivery) -> None:
    """A draft has no statistics."""
    name = await delivery.create()

    with pytest.raises(CampaignNotAccepted):
        await delivery.use_cases.observing.observe(name)
