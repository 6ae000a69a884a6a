"""Tests of how a campaign is followed."""

from datetime import UTC, datetime, timedelta
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.domain.campaigns import FIRST_RETRY, MOST_FAILURES, Campaign, ReportState, Slot
from reporting.domain.rounds import Fact, FactKind
from tests.strategies.reporting import ANY_FACTS, stories

ORDERED = datetime(2026, 5, 1, 1, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ACCEPTED = ORDERED + MINUTE
DAY = timedelta(days=1)
NAME = "channels/acme/campaigns/may"


def follow(*facts: Fact) -> Campaign:
    """Return the campaign that facts make, heard one after another."""
    return reduce(Campaign.hear, facts, Campaign(NAME, facts[0].time))


def at(kind: FactKind, time: datetime = ACCEPTED) -> Fact:
    """Return a fact."""
    return Fact(kind, time)


ACCEPTANCE = (at(FactKind.ORDERED, ORDERED), at(FactKind.ACCEPTED))


def publish_all(campaign: Campaign) -> Campaign:
    """Return the campaign after all its publications."""
    while campaign.next_publish_time is not None:
        slot = campaign.find_open_slot(campaign.next_publish_time)
        assert slot is not None
        campaign = campaign.publish(slot)
    return campaign


@given(facts=stories() | ANY_FACTS, data=st.data())
def test_any_order(facts: list[Fact], data: st.DataObject) -> None:
    """What was heard leads to the same campaign in any order, with repeats, one by one or at once."""
    told_in_order = follow(*facts)
    told_anyhow = follow(*data.draw(st.permutations(facts + facts[::2])))

    assert told_anyhow == told_in_order
    assert Campaign(NAME, max(fact.time for fact in facts)).hear(*facts) == told_in_order
    assert told_in_order.start_time == min(fact.time for fact in facts)


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        ([], ReportState.PENDING),
        ([FactKind.ACCEPTED], ReportState.PENDING),
        ([FactKind.ACCEPTED, FactKind.SENT], ReportState.PENDING),
        ([FactKind.UNCERTAIN], ReportState.PENDING),
        ([FactKind.ACCEPTED, FactKind.UNCERTAIN], ReportState.PENDING),
        ([FactKind.ACCEPTED, FactKind.GIVEN_UP], ReportState.PENDING),
        ([FactKind.ENDED], ReportState.NOT_DELIVERED),
        ([FactKind.ACCEPTED, FactKind.ENDED], ReportState.NOT_DELIVERED),
        ([FactKind.UNCERTAIN, FactKind.GIVEN_UP], ReportState.NOT_DELIVERED),
        ([FactKind.UNCERTAIN, FactKind.SENT], ReportState.NO_FIGURES),
    ],
)
def test_states(outcome: list[FactKind], state: ReportState) -> None:
    """Before anything is published the state says whether figures are to be expected."""
    campaign = follow(at(FactKind.ORDERED, ORDERED), *map(at, outcome))
    is_counted = FactKind.ACCEPTED in outcome and state is ReportState.PENDING

    assert campaign.state is state
    assert campaign.next_publish_time == campaign.attempt_time == (ACCEPTED + DAY if is_counted else None)


def test_accepted() -> None:
    """An accepted campaign is due after a day."""
    campaign = follow(*ACCEPTANCE)

    assert (campaign.accept_time, campaign.start_time) == (ACCEPTED, ORDERED)
    assert campaign.next_publish_time == campaign.attempt_time == ACCEPTED + DAY
    assert campaign.channel == "channels/acme"


def test_failed_after_acceptance() -> None:
    """A campaign that LINE accepted and failed to deliver still tells when that was."""
    campaign = follow(*ACCEPTANCE, at(FactKind.ENDED, ACCEPTED + MINUTE))

    assert campaign.accept_time == ACCEPTED
    assert campaign.find_open_slot(ACCEPTED + DAY) is None


def test_published() -> None:
    """Each publication names the next one, and the fourth is final."""
    campaign = follow(*ACCEPTANCE)
    seen = []
    for day in (1, 3, 7, 14):
        campaign = campaign.publish(Slot(1, ACCEPTED, day)).hear(at(FactKind.ACCEPTED))
        seen.append((campaign.state, campaign.next_publish_time))

    assert seen == [
        (ReportState.COUNTING, ACCEPTED + 3 * DAY),
        (ReportState.COUNTING, ACCEPTED + 7 * DAY),
        (ReportState.COUNTING, ACCEPTED + 14 * DAY),
        (ReportState.FINAL, None),
    ]


@pytest.mark.parametrize("published", [(), (1,), (1, 3)])
def test_slots_move(published: tuple[int, ...]) -> None:
    """LINE's own time moves the slots that were not published, and leaves those that were."""
    learned = ORDERED + 20 * timedelta(hours=1)
    campaign = follow(at(FactKind.ORDERED, ORDERED), at(FactKind.ACCEPTED, learned))
    for day in published:
        campaign = campaign.publish(Slot(1, learned, day))
    moved = campaign.hear(at(FactKind.CONFIRMED, ACCEPTED))

    next_day = next(day for day in (1, 3, 7) if day not in published)
    assert (moved.published, moved.accept_time) == (campaign.published, ACCEPTED)
    assert moved.next_publish_time == moved.attempt_time == ACCEPTED + next_day * DAY
    assert moved.find_open_slot(ACCEPTED + next_day * DAY) == Slot(1, ACCEPTED, next_day)
    assert moved.find_open_slot(ACCEPTED + (next_day - 0.1) * DAY) is None


def test_final_stays_final() -> None:
    """LINE's own time that comes after the last publication brings no further one."""
    final = publish_all(follow(at(FactKind.ORDERED, ORDERED), at(FactKind.ACCEPTED, ORDERED + DAY)))
    moved = final.hear(at(FactKind.CONFIRMED, ACCEPTED))

    assert (moved.state, moved.attempt_time) == (ReportState.FINAL, None)
    assert moved.find_open_slot(ORDERED + 40 * DAY) is None


def test_sent_again_after_the_last_publication() -> None:
    """A campaign that a person has sent again is counted anew, in slots of a round of its own."""
    first = publish_all(follow(*ACCEPTANCE, at(FactKind.UNCERTAIN, ACCEPTED + 14 * DAY)))
    again = first.hear(at(FactKind.ORDERED, ORDERED + 15 * DAY))
    accepted = again.hear(at(FactKind.ACCEPTED, ACCEPTED + 15 * DAY))
    counted = publish_all(accepted)

    assert [part.state for part in (first, again, accepted, counted)] == [
        ReportState.FINAL,
        ReportState.COUNTING,
        ReportState.COUNTING,
        ReportState.FINAL,
    ]
    assert accepted.next_publish_time == ACCEPTED + 16 * DAY
    assert counted.published == Slot(2, ACCEPTED + 15 * DAY, 14)


@pytest.mark.parametrize("outcome", [FactKind.ENDED, FactKind.SENT])
def test_sent_again_without_an_acceptance(outcome: FactKind) -> None:
    """When LINE is not known to have taken the second order, the first one's figures are the last."""
    first = publish_all(follow(*ACCEPTANCE, at(FactKind.UNCERTAIN, ACCEPTED + 14 * DAY)))
    second = first.hear(at(FactKind.ORDERED, ORDERED + 15 * DAY), at(outcome, ORDERED + 16 * DAY))

    assert second.state is ReportState.FINAL


def test_comes_alive_again() -> None:
    """A report that said NOT_DELIVERED is counted when a later order is accepted."""
    dead = follow(*ACCEPTANCE, at(FactKind.ENDED, ACCEPTED + MINUTE))
    ordered = dead.hear(at(FactKind.ORDERED, ORDERED + DAY))
    accepted = ordered.hear(at(FactKind.ACCEPTED, ACCEPTED + DAY))

    assert [part.state for part in (dead, ordered, accepted)] == [
        ReportState.NOT_DELIVERED,
        ReportState.PENDING,
        ReportState.PENDING,
    ]
    assert accepted.attempt_time == ACCEPTED + 2 * DAY


def test_skipped() -> None:
    """A missed slot is left for the next one; after the last one nothing is asked for any more."""
    campaign = follow(*ACCEPTANCE)

    assert campaign.skip(ACCEPTED + 2 * DAY).attempt_time == ACCEPTED + 3 * DAY
    assert campaign.skip(ACCEPTED + 20 * DAY).attempt_time is None
    assert Campaign(NAME, ACCEPTED).skip(ACCEPTED + DAY).attempt_time is None


def test_postponed() -> None:
    """An attempt comes again after what was asked for, or after pauses that double up to an hour."""
    now = ACCEPTED + DAY
    campaign = follow(*ACCEPTANCE)
    pauses = []
    for _ in range(14):
        campaign = campaign.postpone(now, wait=None)
        pauses.append(((campaign.attempt_time or now) - now).total_seconds())

    assert pauses == [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600, 3600]
    assert campaign.postpone(now, wait=DAY).attempt_time == now + DAY
    assert campaign.postpone(now, wait=timedelta()).attempt_time == now + FIRST_RETRY
    assert campaign.next_publish_time == ACCEPTED + DAY


@pytest.mark.parametrize(
    ("days", "published", "state"),
    [
        ((), None, ReportState.NO_FIGURES),
        ((1, 3), 3, ReportState.FINAL),
    ],
)
def test_given_up(days: tuple[int, ...], published: int | None, state: ReportState) -> None:
    """Figures that can't be had long after the last slot are given up, and what is out is the last of it."""
    campaign = follow(*ACCEPTANCE)
    for day in days:
        campaign = campaign.publish(Slot(1, ACCEPTED, day))
    in_time, late = ACCEPTED + 27 * DAY, ACCEPTED + 28 * DAY
    for _ in range(MOST_FAILURES):
        campaign = campaign.postpone(in_time, wait=None)
    given_up = campaign.postpone(late, wait=None)

    assert campaign.postpone(in_time, wait=None).attempt_time is not None
    assert (given_up.attempt_time, given_up.published_day, given_up.state) == (None, published, state)
    assert given_up.hear(at(FactKind.ACCEPTED)) == given_up


def test_late_news_are_tried() -> None:
    """A campaign that was heard of long after its last slot is not given up after its first failure."""
    campaign = follow(*ACCEPTANCE).postpone(ACCEPTED + 90 * DAY, wait=None)

    assert (campaign.state, campaign.attempt_time) == (ReportState.PENDING, ACCEPTED + 90 * DAY + FIRST_RETRY)


def test_nothing_to_postpone() -> None:
    """A campaign that turned out not to be delivered is not asked for again."""
    dead = follow(*ACCEPTANCE, at(FactKind.ENDED))

    assert dead.postpone(ACCEPTED + DAY, wait=None).attempt_time is None
