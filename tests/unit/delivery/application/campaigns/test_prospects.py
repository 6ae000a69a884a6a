"""What an order would meet: the month's messages, the channel's turn, its own end (R11, R14)."""

from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from delivery.application.campaigns.judge import Verdict
from delivery.application.campaigns.ordering import SendOrder
from delivery.application.campaigns.prospects import QUOTA_PAUSE, Stake, look_ahead
from delivery.application.line_port import LineCredentialsRefused, LineUnavailable, Phase, RefusalKind, Refused
from delivery.application.quota import OLDEST_SIZE
from delivery.domain.campaigns.campaign import CampaignState, Decision
from delivery.domain.policy.clearance import PolicyRefused
from delivery.domain.policy.facts import ChannelFacts
from delivery.domain.policy.findings import Code, Finding, Severity
from delivery.domain.sending.lanes import Endpoint
from delivery.domain.sending.quota import Allowance, Usage
from delivery.domain.sending.values import LONGEST_CALL, Deadline, RowState
from delivery.domain.targeting.trees import AgeFilter, AllBut, Audience
from kit.errors import Unavailable
from tests.strategies.policy import NOW, make_targeting, name_audience
from tests.unit.delivery.application.handling import CHANNEL, Delivery, make_once

MAY = f"{CHANNEL}/campaigns/may"
JUNE = f"{CHANNEL}/campaigns/june"
BEE = "channels/bee"
NEEDED = 5500
"""What a send to the 5,000 people of the audience 101 may take: `limit.max`."""
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
MIDNIGHT = datetime(2026, 5, 1, 15, 0, tzinfo=UTC)
"""The end of the day in Japan at which the tests begin."""


async def check(delivery: Delivery, name: str = MAY) -> Verdict:
    """Check a campaign."""
    return await delivery.use_cases.checking.check(name)


async def find(delivery: Delivery, code: Code, name: str = MAY) -> list[Finding]:
    """Return what one rule says of a campaign."""
    return [finding for finding in (await check(delivery, name)).findings if finding.code is code]


async def send(delivery: Delivery, name: str, **order: Any) -> None:
    """Order the send of a draft."""
    await delivery.use_cases.ordering.order(SendOrder(name, "", frozenset(), **order), make_once())


async def refusals(delivery: Delivery, name: str = MAY, **order: Any) -> list[Code]:
    """Rehearse and order the send of a draft; return the codes for which both are refused, none when both are not."""
    wish = SendOrder(name, "", frozenset(), **order)
    rehearsed = await _refusals(delivery.use_cases.ordering.rehearse(wish))
    ordered = await _refusals(delivery.use_cases.ordering.order(wish, make_once()))
    assert ordered == rehearsed
    assert ((await delivery.get(name)).state is CampaignState.DRAFT) == bool(ordered)
    return ordered


async def _refusals(attempt: Awaitable[object]) -> list[Code]:
    try:
        await attempt
    except PolicyRefused as refused:
        return [finding.code for finding in refused.findings]
    return []


@pytest.mark.parametrize(("left", "codes"), [(NEEDED, []), (NEEDED - 1, [Code.QUOTA_INSUFFICIENT])])
async def test_the_month_must_hold_the_whole_bound(delivery: Delivery, left: int, codes: list[Code]) -> None:
    """What fits exactly goes, one message too few is known before: by the check, the rehearsal and the order."""
    delivery.line.quota = Allowance(size=10_000 + left, used=10_000)
    await delivery.create()
    findings = await find(delivery, Code.QUOTA_INSUFFICIENT)

    assert [finding.numbers for finding in findings] == [{"needed": NEEDED, "left": left}] * len(codes)
    assert await refusals(delivery) == codes


@pytest.mark.parametrize(
    ("changes", "needed"),
    [
        ({"recipient_limit": 1000}, 1000),
        ({"targeting": make_targeting(attributes=AgeFilter(20))}, 3000),
        ({"targeting": make_targeting(audience=AllBut(Audience(name_audience(101))), attributes=AgeFilter(20))}, 3000),
    ],
    ids=["own limit", "hold of attributes", "hold of a negation"],
)
async def test_the_bound_is_the_limit_or_the_hold(delivery: Delivery, changes: dict[str, Any], needed: int) -> None:
    """A send without a bound needs what the plan shows as its hold."""
    delivery.line.quota = Allowance(size=needed - 1, used=0)
    await delivery.create(**changes)
    (finding,) = await find(delivery, Code.QUOTA_INSUFFICIENT)

    assert finding.severity is Severity.ERROR
    assert finding.numbers == {"needed": needed, "left": needed - 1}


@pytest.mark.parametrize(("left", "codes"), [(1, []), (0, [Code.QUOTA_INSUFFICIENT])])
async def test_what_nothing_bounds_needs_that_some_are_left(delivery: Delivery, left: int, codes: list[Code]) -> None:
    """Without a limit and without a reach nothing is known, so nothing is reserved."""
    delivery.facts.put(ChannelFacts(CHANNEL, None, "jp", 24 * HOUR, "U-acme"))
    delivery.line.quota = Allowance(size=left, used=0)
    await delivery.create(targeting=make_targeting(attributes=AgeFilter(20)))

    assert await refusals(delivery) == codes
    assert all(row.reservation is None for row in delivery.store.ledger.stored.values())


async def test_two_hundred_left_hold_no_thousand(delivery: Delivery) -> None:
    """An order that LINE would never take is not made."""
    delivery.line.quota = Allowance(size=1000, used=800)
    await delivery.create(recipient_limit=1000)

    assert await refusals(delivery) == [Code.QUOTA_INSUFFICIENT]


async def test_our_own_orders_count_over_all_channels_of_an_account(delivery: Delivery) -> None:
    """Two channels of one Official Account share its month; a channel of another one does not."""
    delivery.facts.put(
        ChannelFacts(BEE, 3000, "jp", 24 * HOUR, "U-acme"),
        ChannelFacts("channels/sea", 3000, "jp", 24 * HOUR, "U-sea"),
    )
    delivery.line.quota = Allowance(size=2 * NEEDED - 1, used=0)
    for name in (MAY, f"{BEE}/campaigns/may", "channels/sea/campaigns/may"):
        await delivery.create(name)

    assert await refusals(delivery, MAY) == []
    assert await refusals(delivery, f"{BEE}/campaigns/may") == [Code.QUOTA_INSUFFICIENT]
    assert await refusals(delivery, "channels/sea/campaigns/may") == []


async def test_an_order_is_not_in_its_own_way(delivery: Delivery) -> None:
    """Checking a campaign that is on its way does not count what it has reserved itself."""
    delivery.line.quota = Allowance(size=NEEDED, used=0)
    await delivery.order()

    assert await find(delivery, Code.QUOTA_INSUFFICIENT) == []


async def test_a_plan_without_limit_holds_everything(delivery: Delivery) -> None:
    """What may be sent without end is reserved all the same, should the plan be changed."""
    await delivery.create(recipient_limit=2**31 - 1)

    assert await refusals(delivery) == []
    assert [row.reservation is None for row in delivery.store.ledger.stored.values()] == [False]


async def test_the_published_usage_stands_for_a_day(delivery: Delivery) -> None:
    """What is sent meanwhile shows at midnight in Japan, not before: nobody learns how many were sent to (V7)."""
    delivery.line.quota = Allowance(size=NEEDED, used=0)
    await delivery.create()
    before = await find(delivery, Code.QUOTA_INSUFFICIENT)
    delivery.line.quota = Allowance(size=NEEDED, used=1)
    delivery.advance(MIDNIGHT - NOW - timedelta(microseconds=1))
    same_day = await find(delivery, Code.QUOTA_INSUFFICIENT)
    delivery.advance(timedelta(microseconds=1))
    next_day = await find(delivery, Code.QUOTA_INSUFFICIENT)

    assert (before, same_day) == ([], [])
    assert [finding.numbers["left"] for finding in next_day] == [NEEDED - 1]


async def test_a_month_begins_in_japan(delivery: Delivery) -> None:
    """At the end of a month all is used up; a moment later LINE counts anew, and the old usage counts for nothing."""
    delivery.advance(datetime(2026, 5, 31, 14, 59, tzinfo=UTC) - NOW)
    delivery.line.quota = Allowance(size=NEEDED, used=NEEDED)
    await delivery.create()
    in_may = await find(delivery, Code.QUOTA_INSUFFICIENT)
    delivery.line.quota = Allowance(size=NEEDED, used=0)
    delivery.advance(MINUTE)

    assert [finding.numbers["left"] for finding in in_may] == [0]
    assert await refusals(delivery) == []


async def test_a_plan_that_grows_helps_within_five_minutes(delivery: Delivery) -> None:
    """The plan's size is as LINE tells it now, give or take five minutes; the usage is not asked for anew."""
    delivery.line.quota = Allowance(size=NEEDED - 1, used=0)
    await delivery.create()
    before = await find(delivery, Code.QUOTA_INSUFFICIENT)
    delivery.line.quota = Allowance(size=NEEDED, used=NEEDED)
    delivery.advance(OLDEST_SIZE)
    soon = await find(delivery, Code.QUOTA_INSUFFICIENT)
    delivery.advance(timedelta(microseconds=1))
    later = await find(delivery, Code.QUOTA_INSUFFICIENT)

    assert [len(findings) for findings in (before, soon, later)] == [1, 1, 0]
    assert len(delivery.line.quota_calls) == 2


async def test_a_reservation_is_freed_by_a_usage_that_covers_it(delivery: Delivery) -> None:
    """A send that has ended holds its bound for the day, whatever it took; the next day its usage stands for it."""
    delivery.line.quota = Allowance(size=NEEDED + 1000, used=0)
    await delivery.order()
    await delivery.create(JUNE, recipient_limit=1001)
    await delivery.dispatch()
    delivery.line.move("line-request-1", Phase.SUCCEEDED)
    await delivery.follow()
    delivery.line.quota = Allowance(size=NEEDED + 1000, used=4000)
    same_day = await find(delivery, Code.QUOTA_INSUFFICIENT, JUNE)
    delivery.advance(MIDNIGHT - NOW)

    assert (await delivery.get(MAY)).state is CampaignState.SUCCEEDED
    assert [finding.numbers["left"] for finding in same_day] == [1000]
    assert await find(delivery, Code.QUOTA_INSUFFICIENT, JUNE) == []


async def test_a_usage_read_before_a_send_ended_frees_nothing(delivery: Delivery) -> None:
    """What ends after midnight is not surely in the usage that was read at midnight."""
    delivery.line.quota = Allowance(size=NEEDED + 1000, used=0)
    await delivery.order()
    await delivery.create(JUNE, recipient_limit=1001)
    await delivery.dispatch()
    delivery.advance(MIDNIGHT - NOW)
    at_midnight = await find(delivery, Code.QUOTA_INSUFFICIENT, JUNE)
    delivery.advance(MINUTE)
    delivery.line.move("line-request-1", Phase.SUCCEEDED)
    await delivery.follow()
    after_the_end = await find(delivery, Code.QUOTA_INSUFFICIENT, JUNE)
    delivery.advance(24 * HOUR)

    assert [len(findings) for findings in (at_midnight, after_the_end)] == [1, 1]
    assert await find(delivery, Code.QUOTA_INSUFFICIENT, JUNE) == []


async def test_what_line_has_refused_holds_its_bound_too(delivery: Delivery) -> None:
    """LINE's refusal is no different from a success here: neither shows by a remainder that moves."""
    delivery.line.quota = Allowance(size=NEEDED + 1000, used=0)
    delivery.line.answer_next(Refused(RefusalKind.REQUEST_REFUSED, "400"))
    await delivery.order()
    await delivery.create(JUNE, recipient_limit=1001)
    await delivery.dispatch()

    assert (await delivery.get(MAY)).state is CampaignState.FAILED
    assert len(await find(delivery, Code.QUOTA_INSUFFICIENT, JUNE)) == 1


async def test_what_line_was_never_asked_for_frees_its_bound_at_once(delivery: Delivery) -> None:
    """An order that expires has taken nothing."""
    delivery.line.quota = Allowance(size=NEEDED, used=0)
    await delivery.order(not_after=NOW + MINUTE)
    await delivery.create(JUNE)
    before = await find(delivery, Code.QUOTA_INSUFFICIENT, JUNE)
    delivery.advance(MINUTE)
    await delivery.dispatch()

    assert len(before) == 1
    assert (await delivery.get(MAY)).state is CampaignState.EXPIRED
    assert await refusals(delivery, JUNE) == []


async def test_without_lines_answer_there_is_neither_verdict_nor_order(delivery: Delivery) -> None:
    """Not known is not enough, and not too little: the caller is told to come back."""
    await delivery.create()
    delivery.line.refuse_quota(LineUnavailable(), LineUnavailable(retry_after=MINUTE), LineUnavailable())
    pauses = []
    for _ in range(2):
        with pytest.raises(Unavailable) as unknown:
            await check(delivery)
        pauses.append(unknown.value.retry_after)
    with pytest.raises(Unavailable):
        await send(delivery, MAY)

    assert pauses == [QUOTA_PAUSE, MINUTE]
    assert (await delivery.get(MAY)).state is CampaignState.DRAFT


async def test_refused_credentials_are_told_as_such(delivery: Delivery) -> None:
    """They can be corrected, where an outage can only be waited for."""
    await delivery.create()
    delivery.line.refuse_quota(LineCredentialsRefused(CHANNEL))

    with pytest.raises(LineCredentialsRefused):
        await check(delivery)


@pytest.mark.parametrize("usage", [None, Usage("U-acme", 0, MIDNIGHT - timedelta(microseconds=1))])
async def test_a_usage_of_yesterday_decides_nothing(delivery: Delivery, usage: Usage | None) -> None:
    """An order that is made while a day begins is not weighed by the day before."""
    stake = Stake(MAY, "U-acme", needed_count=1, plan_size=1000)
    if usage is not None:
        await delivery.store.quota.publish(usage)

    with pytest.raises(Unavailable):
        await look_ahead(delivery.store, stake, Deadline(MIDNIGHT + HOUR), at=MIDNIGHT)


async def close_gate(delivery: Delivery) -> None:
    """Let LINE have refused a call of the channel for its rate just now: one call a minute may go."""
    lanes = delivery.store.lanes
    lane = await lanes.hold(CHANNEL, Endpoint.NARROWCAST, at=delivery.clock.now())
    await lanes.save(lane.shut(delivery.clock.now()), at=delivery.clock.now())


async def test_a_later_turn_is_told_and_does_not_refuse(delivery: Delivery) -> None:
    """The check tells how long and when; behind two orders the third minute is the turn."""
    await close_gate(delivery)
    for number in range(2):
        await delivery.order(f"{CHANNEL}/campaigns/c{number}")
    await delivery.create()
    verdict = await check(delivery)
    (finding,) = await find(delivery, Code.RATE_BUDGET_EXHAUSTED)

    assert finding.severity is Severity.WARNING
    assert finding.numbers == {"wait_seconds": 180}
    assert verdict.plan is not None
    assert [call.earliest_time for call in verdict.plan.calls] == [NOW + 3 * MINUTE]
    assert await refusals(delivery) == []


async def test_an_open_gate_is_not_spoken_of(delivery: Delivery) -> None:
    """What can go at once can go now."""
    await delivery.create()
    verdict = await check(delivery)

    assert await find(delivery, Code.RATE_BUDGET_EXHAUSTED) == []
    assert verdict.plan is not None
    assert [call.earliest_time for call in verdict.plan.calls] == [NOW]


@pytest.mark.parametrize("callers_own", [True, False])
async def test_an_end_that_cannot_be_kept_is_refused_whoever_set_it(
    delivery: Delivery,
    callers_own: bool,  # noqa: FBT001 - drawn by name
) -> None:
    """The turn must come before the last moment at which a call may begin."""
    wait = 60 * MINUTE
    delivery.facts.put(ChannelFacts(CHANNEL, 3000, "jp", wait + LONGEST_CALL, "U-acme"))
    await close_gate(delivery)
    for number in range(59):
        await delivery.order(f"{CHANNEL}/campaigns/c{number}")
    await delivery.create(MAY)
    refused = await refusals(delivery, not_after=NOW + wait + LONGEST_CALL if callers_own else None)
    checked = await find(delivery, Code.DEADLINE_UNREACHABLE)

    assert refused == [Code.DEADLINE_UNREACHABLE]
    assert [finding.severity for finding in checked] == [Severity.ERROR]
    assert await refusals(delivery, not_after=NOW + wait + LONGEST_CALL + timedelta(microseconds=1)) == []


async def test_an_end_too_near_for_a_call_is_refused(delivery: Delivery) -> None:
    """Also where the channel's turn is now."""
    await delivery.create()

    assert await refusals(delivery, not_after=NOW + LONGEST_CALL) == [Code.DEADLINE_UNREACHABLE]


async def test_a_row_holds_its_full_bound_from_the_order_on(delivery: Delivery) -> None:
    """What the check found to fit is taken by the order, not by the call."""
    await delivery.order()
    (row,) = delivery.store.ledger.stored.values()

    assert row.state is RowState.READY
    assert row.reservation is not None
    assert (row.reservation.account, row.reservation.message_count) == ("U-acme", NEEDED)


async def test_what_is_sent_again_has_to_fit_again(delivery: Delivery) -> None:
    """A decision to send again is weighed like an order: by the month beside others, and by the end that is left."""
    end = NOW + 2 * HOUR
    delivery.line.quota = Allowance(size=NEEDED, used=0)
    delivery.line.lose_next_answer(accepted=False)
    await delivery.order(not_after=end)
    await delivery.dispatch()
    delivery.advance(end - LONGEST_CALL - MINUTE - NOW)
    await delivery.cancel(MAY)
    await delivery.dispatch()
    delivery.line.quota = Allowance(size=NEEDED - 1, used=0)
    await close_gate(delivery)
    with pytest.raises(PolicyRefused) as refused:
        await delivery.resolve(MAY, Decision.SEND_AGAIN)

    assert [finding.code for finding in refused.value.findings] == [Code.QUOTA_INSUFFICIENT, Code.DEADLINE_UNREACHABLE]
    assert (await delivery.get(MAY)).state is CampaignState.UNCERTAIN
