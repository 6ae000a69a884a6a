"""Whatever made a send uncertain, a decision ends it or opens one more row that can't collide with the old one (I8)."""

import uuid
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.domain.campaigns.campaign import Campaign, CampaignState, Decision, Order, Resolution, open_campaign
from delivery.domain.campaigns.draft import NewCampaign
from delivery.domain.campaigns.resolving import decide, require_decidable, warn
from delivery.domain.errors import AttemptMayStillRun, CampaignNotUncertain, DeadlinePassed
from delivery.domain.sending.failures import FailureReason, UncertaintyReason
from delivery.domain.sending.row import SendRow, open_row
from delivery.domain.sending.values import (
    KEY_LIFETIME,
    TOKEN_LIFETIME,
    Deadline,
    Reservation,
    RowState,
    make_retry_key,
)
from tests.strategies.policy import MESSAGES, make_content, make_targeting
from tests.strategies.rows import CAMPAIGN, LIFETIME, START, UID, begin

OTHERS = (Decision.SENT, Decision.NOT_SENT_GIVE_UP)


def make_order(*, own_end: timedelta | None = None) -> Order:
    """Return an order of the start, with an end of the caller's own or without."""
    deadline = Deadline(START + LIFETIME) if own_end is None else Deadline(START + own_end, callers_own=True)
    return Order(START, deadline, LIFETIME)


def make_uncertain(
    *, order: Order, reason: UncertaintyReason, calls: int = 1, line_ids: tuple[str, ...] = ()
) -> tuple[Campaign, SendRow]:
    """Return a campaign and its row after some calls a minute apart, of which LINE is known to have taken some."""
    draft = NewCampaign(CAMPAIGN, "春のセール", make_targeting(), MESSAGES, make_content())
    campaign = open_campaign(draft, uid=UID, at=START).start(order, frozenset({"a1"}))
    held = Reservation("U-acme", 5500)
    row = open_row(CAMPAIGN, uid=UID, number=1, deadline=order.deadline, at=START, reservation=held)
    at = START
    for number in range(calls):
        at = START + timedelta(minutes=number)
        row = begin(row, at=at).doubt(at=at)
    for line_id in line_ids:
        row = row.accept(line_id, at=at)
    row = row.give_up(reason, at=at) if calls else row.forget(at=at)
    return campaign.follow(row, at=at), row


def rule(decision: Decision, at: datetime) -> Resolution:
    """Return a decision of the operator's."""
    return Resolution(decision, at, "user:operator")


@given(
    decision=st.sampled_from(Decision),
    reason=st.sampled_from(UncertaintyReason),
    calls=st.integers(1, 5),
    line_ids=st.sampled_from([(), ("line-1",), ("line-1", "line-2")]),
    later=st.integers(16, 60 * 24 * 30).map(lambda minutes: timedelta(minutes=minutes)),
    own_end=st.none() | st.integers(0, 60 * 24 * 7).map(lambda minutes: timedelta(minutes=minutes)),
)
def test_a_decision_ends_a_row_and_opens_at_most_one(
    decision: Decision,
    reason: UncertaintyReason,
    calls: int,
    line_ids: tuple[str, ...],
    later: timedelta,
    own_end: timedelta | None,
) -> None:
    """The old row never goes on; a new one has the next number, a key of its own and an end that nobody passes."""
    campaign, row = make_uncertain(order=make_order(own_end=own_end), reason=reason, calls=calls, line_ids=line_ids)
    at = START + timedelta(minutes=calls) + later
    assert campaign.order is not None
    try:
        decided = decide(campaign, row, rule(decision, at))
    except DeadlinePassed:
        assert decision is Decision.SEND_AGAIN
        assert own_end is not None
        assert at >= campaign.order.deadline.last_start
        return
    after, successor = decided.campaign, decided.successor

    assert (decided.record.row, decided.record.uncertainty) == (row.name, campaign.uncertainty)
    assert after.resolution == decided.record.resolution == rule(decision, at)
    assert after.etag != campaign.etag
    assert not decided.row.state.is_open
    assert decided.row.acceptance == row.acceptance
    assert after.uncertainty is None
    assert (successor is not None) == (decision is Decision.SEND_AGAIN) == (after.state is CampaignState.SENDING)
    if successor is not None:
        keys = {make_retry_key(row.key_seed, generation) for generation in range(1, row.generation + 2)}
        assert after.order is not None
        assert (successor.number, successor.state, successor.attempt) == (2, RowState.READY, None)
        assert successor.retry_key not in keys
        assert successor.reservation == row.reservation
        assert successor.deadline == after.order.deadline
        assert at < successor.deadline.time <= at + LIFETIME
        assert own_end is None or successor.deadline.time <= START + own_end
        assert decided.row.state is RowState.SUPERSEDED


@pytest.mark.parametrize("calls", [1, 3])
def test_the_last_attempts_token_decides_when_it_may_be_sent_again(calls: int) -> None:
    """From the moment on at which it has expired, counted from the last call and not from the first (I3)."""
    campaign, row = make_uncertain(order=make_order(), reason=UncertaintyReason.CANCELLED, calls=calls)
    expiry = START + timedelta(minutes=calls - 1) + TOKEN_LIFETIME
    early = rule(Decision.SEND_AGAIN, expiry - timedelta(microseconds=1))
    with pytest.raises(AttemptMayStillRun) as refused:
        decide(campaign, row, early)

    assert refused.value.retry_after == timedelta(microseconds=1)
    assert decide(campaign, row, replace(early, time=expiry)).successor is not None
    for decision in OTHERS:
        assert decide(campaign, row, rule(decision, START)).successor is None


def test_a_restored_ledger_may_have_forgotten_attempts() -> None:
    """They may run until a token after the restore was noticed, whatever attempts the ledger knows."""
    campaign, row = make_uncertain(order=make_order(), reason=UncertaintyReason.LEDGER_RESTORED, calls=0)
    with pytest.raises(AttemptMayStillRun):
        decide(campaign, row, rule(Decision.SEND_AGAIN, START + timedelta(minutes=1)))
    decided = decide(campaign, row, rule(Decision.SEND_AGAIN, START + TOKEN_LIFETIME))

    assert row.attempt is None
    assert decided.successor is not None


def test_the_callers_own_end_comes_before_the_wait_for_a_token() -> None:
    """Waiting would not help any more, so that is what the refusal says."""
    order = make_order(own_end=timedelta(minutes=1))
    campaign, row = make_uncertain(order=order, reason=UncertaintyReason.DEADLINE_PASSED)

    with pytest.raises(DeadlinePassed):
        decide(campaign, row, rule(Decision.SEND_AGAIN, order.deadline.last_start))


def test_the_default_end_does_not_keep_it_from_being_sent_again() -> None:
    """It bounds first attempts, and the decision opens another one (R11)."""
    campaign, row = make_uncertain(order=make_order(), reason=UncertaintyReason.ANSWER_LOST)
    at = START + KEY_LIFETIME + LIFETIME
    decided = decide(campaign, row, rule(Decision.SEND_AGAIN, at))

    assert decided.successor is not None
    assert decided.successor.deadline == Deadline(at + LIFETIME)


def test_what_was_acknowledged_stays_so() -> None:
    """The new row is cleared by the order's acknowledgements and those of the decision."""
    campaign, row = make_uncertain(order=make_order(), reason=UncertaintyReason.ANSWER_LOST)
    resolution = rule(Decision.SEND_AGAIN, START + LIFETIME)
    decided = decide(campaign, row, resolution, acknowledgements=frozenset({"b2"}))

    assert decided.campaign.acknowledgements == frozenset({"a1", "b2"})


def test_each_decision_has_an_end_of_its_own() -> None:
    """What a person gives up has failed with that reason; what they know was sent has succeeded."""
    campaign, row = make_uncertain(order=make_order(), reason=UncertaintyReason.ANSWER_LOST)
    sent, given_up = (decide(campaign, row, rule(decision, START + LIFETIME)) for decision in OTHERS)

    assert (sent.campaign.state, sent.row.state) == (CampaignState.SUCCEEDED, RowState.DELIVERED)
    assert (given_up.campaign.state, given_up.row.state) == (CampaignState.FAILED, RowState.FAILED)
    assert given_up.campaign.failure is not None
    assert given_up.campaign.failure.reason is FailureReason.GIVEN_UP


@pytest.mark.parametrize("decision", list(Decision))
def test_nobody_decides_about_what_is_certain(decision: Decision) -> None:
    """A campaign on its way, or one that was decided, needs nobody."""
    campaign, row = make_uncertain(order=make_order(), reason=UncertaintyReason.ANSWER_LOST)
    decided = decide(campaign, row, rule(Decision.SENT, START + LIFETIME))

    with pytest.raises(CampaignNotUncertain):
        decide(decided.campaign, decided.row, rule(decision, START + LIFETIME))
    with pytest.raises(CampaignNotUncertain):
        decide(campaign, None, rule(decision, START + LIFETIME))


@given(reason=st.sampled_from(UncertaintyReason), line_ids=st.sampled_from([(), ("line-1",), ("line-1", "line-2")]))
def test_whoever_sends_again_is_warned(reason: UncertaintyReason, line_ids: tuple[str, ...]) -> None:
    """People may get it twice, and the more so where LINE is known to have accepted it."""
    campaign, _ = make_uncertain(order=make_order(), reason=reason, line_ids=line_ids)
    uncertainty = require_decidable(campaign, Decision.SENT, at=START)
    again = warn(Decision.SEND_AGAIN, uncertainty)

    assert "twice" in again[0]
    assert ("accepted" in again[0]) == bool(line_ids)
    assert warn(Decision.NOT_SENT_GIVE_UP, uncertainty)
    assert bool(warn(Decision.SENT, uncertainty)) == (len(line_ids) != 1)


def test_keys_of_a_campaigns_rows_never_meet() -> None:
    """They are made of the campaign's uid, the row's number and its generation (I2)."""
    seeds = [
        open_row(CAMPAIGN, uid=uuid.UUID(int=n), number=k, deadline=Deadline(START), at=START)
        for n in (1, 2)
        for k in (1, 2)
    ]
    keys = {make_retry_key(row.key_seed, generation) for row in seeds for generation in (1, 2)}

    assert len(keys) == 8
