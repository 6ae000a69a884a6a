"""The end that a caller names with an order."""

from datetime import timedelta

import pytest

from delivery.application.campaigns.ordering import LONGEST_ORDER, SendOrder
from delivery.domain.campaigns.campaign import CampaignState
from kit.errors import InvalidRequest
from tests.strategies.policy import NOW
from tests.unit.delivery.application.handling import Delivery, make_once

MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize("ahead", [-timedelta(days=1), timedelta(0), LONGEST_ORDER + MOMENT])
async def test_an_end_must_be_ahead_and_not_far(delivery: Delivery, ahead: timedelta) -> None:
    """A moment that has passed, now itself, and one beyond 7 days are no ends; nothing is asked of anybody."""
    name = await delivery.create()
    for attempt in (
        delivery.use_cases.ordering.rehearse,
        lambda order: delivery.use_cases.ordering.order(order, make_once()),
    ):
        with pytest.raises(InvalidRequest) as refused:
            await attempt(SendOrder(name, "", frozenset(), not_after=NOW + ahead))
        assert [violation.field for violation in refused.value.fields] == ["not_after"]

    assert delivery.line.validated == []
    assert (await delivery.get(name)).state is CampaignState.DRAFT


async def test_the_longest_order(delivery: Delivery) -> None:
    """7 days to the moment are taken, and are the caller's own."""
    name = await delivery.order(not_after=NOW + LONGEST_ORDER)
    order = (await delivery.get(name)).order

    assert order is not None
    assert (order.deadline.time, order.deadline.callers_own) == (NOW + LONGEST_ORDER, True)


async def test_a_repeated_order_is_not_judged_again(delivery: Delivery) -> None:
    """A caller that repeats an order after its end learns what became of it (AIP-155)."""
    name = await delivery.create()
    order = SendOrder(name, "", frozenset(), not_after=NOW + timedelta(minutes=1))
    first = await delivery.use_cases.ordering.order(order, make_once(request_id="1"))
    delivery.advance(timedelta(minutes=2))
    again = await delivery.use_cases.ordering.order(order, make_once(request_id="1"))

    assert again == first
