"""Fencing on PostgreSQL: in small transactions, one release beside the next, and on from where it broke off."""

from datetime import timedelta

import pytest

from delivery.adapters.events import SOURCE
from delivery.application.restores.fencing import Fence, Fenced, Fencing
from delivery.application.restores.witness import Witness
from delivery.domain.campaigns.campaign import CampaignState
from delivery.domain.sending.restores import Doubt, LedgerState
from kit.store.errors import StoreUnavailable
from tests.integration.delivery.handling import Delivery

HOUR = timedelta(hours=1)


async def close(delivery: Delivery) -> None:
    """Close the ledger."""
    async with delivery.uow() as tx:
        seen = await tx.ledger_state.inspect()
        await tx.ledger_state.close(seen, Doubt.EVENTS_FORGOTTEN, at=delivery.clock.now())


async def fence(delivery: Delivery) -> Fenced:
    """Fence the ledger in one step, two rows in each transaction."""
    witness = Witness(uow=delivery.uow, stream=delivery.stream, source=SOURCE)
    fencing = Fencing(uow=delivery.uow, witness=witness, clock=delivery.clock, batch=2)
    return await fencing.fence(Fence(delivery.clock.now() - HOUR, (), complete=True))


async def test_a_row_of_the_last_release_is_fenced_too(delivery: Delivery) -> None:
    """A replica of it may have written it just before, and finds nothing due there any more."""
    name = await delivery.create()
    await delivery.order(name)
    await delivery.connection.execute(
        "UPDATE send_requests SET next_time = due_time, due_time = NULL, order_time = NULL, end_time = NULL"
    )
    await close(delivery)
    fenced = await fence(delivery)
    row = await delivery.connection.fetchrow("SELECT state, next_time, due_time FROM send_requests")

    assert fenced.uncertain_campaign_count == 1
    assert row is not None
    assert tuple(row) == ("UNCERTAIN", None, None)
    assert (await delivery.get(name)).state is CampaignState.UNCERTAIN


async def test_a_fence_that_broke_off_goes_on(delivery: Delivery) -> None:
    """What was done stays done, the ledger stays closed, and the next try does the rest."""
    names = [await delivery.create() for _ in range(5)]
    for name in names:
        await delivery.order(name)
    await close(delivery)
    await delivery.connection.execute(
        f"""
        CREATE FUNCTION break_off() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'gone' USING ERRCODE = '57P01'; END $$;
        CREATE TRIGGER break_off BEFORE UPDATE ON campaigns FOR EACH ROW
        WHEN (NEW.name = '{names[-1]}') EXECUTE FUNCTION break_off()
        """
    )
    with pytest.raises(StoreUnavailable):
        await fence(delivery)
    state = (await delivery.use_cases.fencing.get()).inspection.state
    done = [name for name in names if (await delivery.get(name)).state is CampaignState.UNCERTAIN]
    await delivery.connection.execute("DROP TRIGGER break_off ON campaigns")
    fenced = await fence(delivery)

    assert state is LedgerState.CLOSED
    assert len(done) in (2, 4)
    assert fenced.uncertain_campaign_count == len(names) - len(done)
    assert {(await delivery.get(name)).state for name in names} == {CampaignState.UNCERTAIN}
