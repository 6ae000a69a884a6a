"""Cancels, orders and dispatchers that meet in PostgreSQL agree on what has happened (architecture 5)."""

import asyncio

import pytest

from delivery.application.campaigns.ordering import SendOrder
from delivery.domain.campaigns.campaign import CampaignState
from delivery.domain.errors import CampaignInFlight, CampaignNotCancellable, CampaignNotDraft
from kit.errors import ServiceError
from tests.integration.delivery.handling import Delivery, make_once


async def _try(delivery: Delivery, name: str) -> type[ServiceError] | None:
    try:
        await delivery.cancel(name)
    except ServiceError as error:
        return type(error)
    return None


async def test_cancels_and_dispatchers_that_meet_agree(delivery: Delivery) -> None:
    """Whoever comes first: what was cancelled never reaches LINE, what LINE took is on its way, nothing is stuck."""
    names = [await delivery.create() for _ in range(24)]
    for name in names:
        await delivery.order(name)

    async def dispatch_all() -> None:
        while await delivery.dispatch():
            pass

    refusals = dict(
        zip(
            names,
            (await asyncio.gather(*(_try(delivery, name) for name in names), dispatch_all(), dispatch_all()))[:24],
            strict=True,
        )
    )
    await dispatch_all()
    states = {name: (await delivery.get(name)).state for name in names}
    sent = {narrowcast.cleared.row.rsplit("/", 2)[0] for narrowcast in delivery.line.narrowcasts.values()}

    assert sent == {name for name in names if states[name] is CampaignState.SENDING}
    assert set(states.values()) <= {CampaignState.SENDING, CampaignState.CANCELLED}
    assert {refusals[name] for name in sent} <= {None, CampaignInFlight}
    assert {refusals[name] for name in names if name not in sent} <= {None}


async def test_cancels_and_orders_that_meet_agree(delivery: Delivery) -> None:
    """A cancel that meets the order finds a draft or an order, never anything in between, and never waits for ever."""
    names = [await delivery.create() for _ in range(12)]

    async def order_twice(name: str) -> None:
        await delivery.order(name)
        with pytest.raises(CampaignNotDraft):
            await delivery.use_cases.ordering.order(SendOrder(name, "", frozenset()), make_once())

    results = await asyncio.gather(*(call for name in names for call in (order_twice(name), _try(delivery, name))))
    refusals = dict(zip(names, results[1::2], strict=True))
    states = {name: (await delivery.get(name)).state for name in names}

    assert set(refusals.values()) <= {None, CampaignNotCancellable}
    for name in names:
        expected = CampaignState.CANCELLED if refusals[name] is None else CampaignState.SENDING
        assert states[name] is expected
