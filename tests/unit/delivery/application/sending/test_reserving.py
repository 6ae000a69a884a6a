"""The month's messages at dispatch: what does not fit waits, is looked at, and ends in time (R14)."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from delivery.application.campaigns.ordering import SendOrder
from delivery.application.line_port import LineCredentialsRefused, LineUnavailable, Phase, QuotaHeld
from delivery.domain.campaigns.campaign import CampaignState
from delivery.domain.policy.facts import ChannelFacts
from delivery.domain.sending.quota import Allowance
from delivery.domain.sending.row import SendRow
from delivery.domain.sending.values import WaitReason
from delivery.domain.targeting.sizes import Size
from delivery.domain.targeting.trees import AgeFilter
from kit.errors import ServiceError
from tests.strategies.policy import NOW, make_audience, make_targeting
from tests.unit.delivery.application.handling import CHANNEL, Delivery, make_once

MAY = f"{CHANNEL}/campaigns/may"
JUNE = f"{CHANNEL}/campaigns/june"
NEEDED = 5500
"""What a send to the 5,000 people of the audience 101 may take: `limit.max`."""
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
MIDNIGHT = datetime(2026, 5, 1, 15, 0, tzinfo=UTC)
"""The end of the day in Japan at which the tests begin."""


async def waits_for(delivery: Delivery, name: str = MAY) -> WaitReason | None:
    """Return why a campaign waits."""
    waiting = (await delivery.sight(name)).waiting
    return waiting.reason if waiting else None


async def look(delivery: Delivery, *, until: timedelta) -> list[timedelta]:
    """Let workers work, a minute at a time; return when rows were looked at, counted from now."""
    start, looks = delivery.clock.now(), []
    while delivery.clock.now() < start + until:
        while await delivery.dispatch():
            looks.append(delivery.clock.now() - start)
        delivery.advance(MINUTE)
    return looks


def row_of(delivery: Delivery, name: str = MAY) -> SendRow:
    """Return a campaign's row."""
    return next(row for row in delivery.store.ledger.stored.values() if row.campaign == name)


def reserved(delivery: Delivery, name: str = MAY) -> int | None:
    """Return how many messages a campaign's row holds."""
    reservation = row_of(delivery, name).reservation
    return reservation.message_count if reservation else None


async def test_what_became_too_large_waits_and_expires(delivery: Delivery) -> None:
    """200 left of the 1,000 that are needed: nothing goes out, not within a day and not in the next month."""
    delivery.line.quota = Allowance(size=1000, used=0)
    await delivery.create(recipient_limit=1000)
    await delivery.use_cases.ordering.order(SendOrder(MAY, "", frozenset()), make_once())
    delivery.line.quota = Allowance(size=1000, used=800)
    await look(delivery, until=2 * HOUR)
    reason = await waits_for(delivery)
    await look(delivery, until=21 * HOUR)
    delivery.line.quota = Allowance(size=1000, used=0)
    delivery.advance(timedelta(days=35))
    await delivery.dispatch()

    assert reason is WaitReason.QUOTA_HELD
    assert not await delivery.dispatch()
    assert (await delivery.get(MAY)).state is CampaignState.EXPIRED
    assert delivery.line.attempts == []


async def test_looks_come_ever_less_often(delivery: Delivery) -> None:
    """After 2, 4, 8 and 16 minutes, and then every half hour; each asks LINE anew, and none sends."""
    delivery.line.quota = Allowance(size=NEEDED, used=0)
    await delivery.order()
    delivery.line.quota = Allowance(size=NEEDED, used=1)
    looks = await look(delivery, until=3 * HOUR)
    asked = len(delivery.line.quota_calls)

    assert [(later - earlier) // MINUTE for earlier, later in pairwise(looks)] == [2, 4, 8, 16, 30, 30, 30, 30]
    assert asked == 1 + len(looks)
    assert delivery.line.attempts == []


async def test_it_goes_out_once_the_live_remainder_holds_its_limit(delivery: Delivery) -> None:
    """The look that finds enough calls LINE at once; one message too few is too few."""
    delivery.line.quota = Allowance(size=2 * NEEDED, used=0)
    await delivery.order()
    delivery.line.quota = Allowance(size=2 * NEEDED, used=NEEDED + 1)
    await look(delivery, until=2 * MINUTE)
    delivery.line.quota = Allowance(size=2 * NEEDED, used=NEEDED)
    looks = await look(delivery, until=10 * MINUTE)

    assert looks == [timedelta(0)]
    assert len(delivery.line.narrowcasts) == 1


async def test_line_refuses_what_fits(delivery: Delivery) -> None:
    """Another tool's running send holds messages that no count shows: each look that fits makes one call, no more."""
    delivery.line.quota = Allowance(size=NEEDED, used=0)
    delivery.line.answer_next(QuotaHeld("429"), QuotaHeld("429"))
    await delivery.order()
    looks = await look(delivery, until=HOUR)

    assert [(later - earlier) // MINUTE for earlier, later in pairwise(looks)] == [2, 4]
    assert len(delivery.line.attempts) == 3
    assert len(delivery.line.narrowcasts) == 1


async def test_a_row_that_line_refused_is_not_sent_without_a_look(delivery: Delivery) -> None:
    """After a refusal the count decides again, before every call."""
    delivery.line.quota = Allowance(size=NEEDED, used=0)
    delivery.line.answer_next(QuotaHeld("429"))
    await delivery.order()
    await delivery.dispatch()
    delivery.line.quota = Allowance(size=NEEDED, used=NEEDED)
    await look(delivery, until=5 * HOUR)

    assert len(delivery.line.attempts) == 1
    assert await waits_for(delivery) is WaitReason.QUOTA_HELD


async def test_what_others_have_reserved_is_not_taken(delivery: Delivery) -> None:
    """Where the plan shrinks below what is promised, the oldest order goes and the younger one waits."""
    delivery.line.quota = Allowance(size=2 * NEEDED, used=0)
    await delivery.order(MAY)
    delivery.advance(MINUTE)
    await delivery.order(JUNE)
    delivery.line.quota = Allowance(size=2 * NEEDED - 1, used=0)
    await look(delivery, until=10 * MINUTE)

    assert [sent.cleared.row.rsplit("/", 2)[0] for sent in delivery.line.narrowcasts.values()] == [MAY]
    assert await waits_for(delivery, JUNE) is WaitReason.QUOTA_HELD


async def test_who_waits_is_not_overtaken_for_its_messages(delivery: Delivery) -> None:
    """An older order that waits for something else keeps its part of the month."""
    delivery.line.quota = Allowance(size=2 * NEEDED, used=0)
    await delivery.order(MAY)
    delivery.facts.put(make_audience(jobs_unfinished=None))
    await delivery.dispatch()
    delivery.facts.put(make_audience())
    delivery.advance(timedelta(seconds=1))
    await delivery.order(JUNE)
    delivery.line.quota = Allowance(size=2 * NEEDED - 1, used=0)
    await delivery.dispatch()

    assert await waits_for(delivery, MAY) is WaitReason.FACTS_UNKNOWN
    assert await waits_for(delivery, JUNE) is WaitReason.QUOTA_HELD


async def test_the_published_remainder_decides_beside_the_live_one(delivery: Delivery) -> None:
    """A send that LINE has not counted yet still holds its bound, on the next day too."""
    delivery.line.quota = Allowance(size=2 * NEEDED, used=0)
    await delivery.order(MAY)
    await delivery.dispatch()
    delivery.advance(MIDNIGHT - NOW)
    delivery.line.quota = Allowance(size=2 * NEEDED, used=0)
    await delivery.order(JUNE)
    delivery.line.quota = Allowance(size=2 * NEEDED - 1, used=0)
    await delivery.dispatch()
    waited = await waits_for(delivery, JUNE)
    delivery.line.move("line-request-1", Phase.SUCCEEDED)
    await delivery.follow()
    await look(delivery, until=HOUR)

    assert waited is WaitReason.QUOTA_HELD
    assert await waits_for(delivery, JUNE) is WaitReason.QUOTA_HELD


async def test_a_new_day_is_published_by_the_look_itself(delivery: Delivery) -> None:
    """A row that waits over midnight is weighed by the usage of the new day."""
    delivery.line.quota = Allowance(size=NEEDED, used=0)
    await delivery.order()
    delivery.line.quota = Allowance(size=NEEDED, used=NEEDED)
    await delivery.dispatch()
    delivery.line.quota = Allowance(size=NEEDED, used=0)
    delivery.advance(MIDNIGHT - NOW)
    await delivery.dispatch()

    assert delivery.store.quota.stored["U-acme"].read_time == MIDNIGHT
    assert len(delivery.line.narrowcasts) == 1


async def test_a_larger_bound_by_fresh_facts_is_reserved(delivery: Delivery) -> None:
    """An audience that has grown since the order takes more, where that fits."""
    delivery.line.quota = Allowance(size=6600, used=0)
    await delivery.order()
    delivery.facts.put(make_audience(size=Size(6000, 6000)))
    await delivery.dispatch()

    assert reserved(delivery) == 6600
    assert len(delivery.line.narrowcasts) == 1


async def test_a_larger_bound_that_does_not_fit_holds_no_more_than_before(delivery: Delivery) -> None:
    """What waits for more messages than there are keeps what it had, and others may have the rest."""
    delivery.line.quota = Allowance(size=6599, used=0)
    await delivery.order()
    delivery.facts.put(make_audience(size=Size(6000, 6000)))
    await delivery.dispatch()

    assert await waits_for(delivery) is WaitReason.QUOTA_HELD
    assert reserved(delivery) == NEEDED


async def test_a_smaller_bound_by_fresh_facts_tells_nothing(delivery: Delivery) -> None:
    """What LINE alone knows of an audience's size does not show by the remainder at which a row goes out (V7)."""
    delivery.line.quota = Allowance(size=NEEDED, used=0)
    await delivery.order()
    delivery.facts.put(make_audience(size=Size(600, 600)))
    delivery.line.quota = Allowance(size=NEEDED, used=1)
    await delivery.dispatch()
    waited = await waits_for(delivery)
    delivery.line.quota = Allowance(size=NEEDED, used=0)
    delivery.advance(2 * MINUTE)
    await delivery.dispatch()

    assert waited is WaitReason.QUOTA_HELD
    assert reserved(delivery) == NEEDED
    assert len(delivery.line.narrowcasts) == 1


@pytest.mark.parametrize(("left", "sent"), [(1, 1), (0, 0)])
async def test_what_nothing_bounds_goes_while_some_are_left(delivery: Delivery, left: int, sent: int) -> None:
    """It reserves nothing, and LINE decides whether what is left is enough."""
    delivery.facts.put(ChannelFacts(CHANNEL, None, "jp", 24 * HOUR, "U-acme"))
    delivery.line.quota = Allowance(size=10, used=0)
    await delivery.create(targeting=make_targeting(attributes=AgeFilter(20)))
    await delivery.use_cases.ordering.order(SendOrder(MAY, "", frozenset()), make_once())
    delivery.line.quota = Allowance(size=10, used=10 - left)
    await delivery.dispatch()

    assert len(delivery.line.narrowcasts) == sent
    assert reserved(delivery) is None


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (LineUnavailable(), WaitReason.LINE_UNAVAILABLE),
        (LineCredentialsRefused(CHANNEL), WaitReason.CREDENTIALS_REFUSED),
    ],
)
async def test_a_month_that_is_not_known_is_waited_for(
    delivery: Delivery, error: ServiceError, reason: WaitReason
) -> None:
    """Without LINE's count nothing is sent and nothing fails; the channel rests meanwhile."""
    await delivery.order()
    delivery.line.refuse_quota(error)
    await delivery.dispatch()
    waited, attempts = await waits_for(delivery), len(delivery.line.attempts)
    delivery.advance(5 * MINUTE)
    await delivery.dispatch()

    assert (waited, attempts) == (reason, 0)
    assert len(delivery.line.narrowcasts) == 1


async def test_a_day_that_ends_between_look_and_call_is_waited_for(delivery: Delivery) -> None:
    """By yesterday's usage nothing is sent."""
    delivery.line.quota = Allowance(size=NEEDED, used=0)
    delivery.advance(MIDNIGHT - NOW - MINUTE)
    await delivery.order()
    delivery.line.on_quota = lambda: delivery.advance(MINUTE)
    await delivery.dispatch()
    waited = await waits_for(delivery)
    delivery.line.on_quota = lambda: None
    delivery.advance(MINUTE)
    await delivery.dispatch()

    assert waited is WaitReason.FACTS_UNKNOWN
    assert len(delivery.line.narrowcasts) == 1


async def test_a_repetition_asks_for_nothing_anew(delivery: Delivery) -> None:
    """What LINE may have taken is asked for again whatever is left: the same bytes, the same key (I4)."""
    delivery.line.quota = Allowance(size=NEEDED, used=0)
    delivery.line.lose_next_answer(accepted=True)
    await delivery.order()
    await delivery.dispatch()
    asked = len(delivery.line.quota_calls)
    delivery.line.quota = Allowance(size=NEEDED, used=NEEDED)
    delivery.advance(MINUTE)
    await delivery.dispatch()

    assert len(delivery.line.attempts) == 2
    assert len(delivery.line.quota_calls) == asked
    assert (await delivery.get(MAY)).accept_time is not None
