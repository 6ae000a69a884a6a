"""A restored ledger is put in order so that nothing is sent twice, and no name is given twice."""

from datetime import datetime, timedelta

import pytest

from delivery.application.restores.fencing import BATCH, Fence, Fenced
from delivery.domain.campaigns.campaign import CampaignState
from delivery.domain.errors import LedgerNotFenced
from delivery.domain.sending.failures import UncertaintyReason
from delivery.domain.sending.restores import Doubt, LedgerState
from delivery.domain.sending.values import KEY_LIFETIME, RowState
from kit.errors import AlreadyExists, Conflict, InvalidRequest, Unavailable
from tests.fakes.delivery_line import LOST
from tests.unit.delivery.application.handling import CHANNEL, Delivery

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
MAY = f"{CHANNEL}/campaigns/may"


async def restore(delivery: Delivery) -> datetime:
    """Let the database come up without what the stream tells of; return the moment that it went back to."""
    restored = delivery.clock.now() - MINUTE
    delivery.stream.store("forgotten", at=delivery.machine_clock.now())
    delivery.store.ledger_state.restart_server()
    while await delivery.use_cases.watching.look():
        pass
    assert delivery.store.ledger_state.inspection.doubt is Doubt.EVENTS_FORGOTTEN
    return restored


async def fence(delivery: Delivery, since: datetime, *names: str, complete: bool = True) -> Fenced:
    """Do a step of fencing."""
    return await delivery.use_cases.fencing.fence(Fence(since, names, complete))


def row_state(delivery: Delivery, campaign: str = MAY) -> RowState:
    """Return how far a campaign's row is."""
    return delivery.store.ledger.stored[f"{campaign}/requests/1"].state


async def test_what_was_due_becomes_uncertain_and_the_ledger_opens(delivery: Delivery) -> None:
    """An order that may have been sent since is left to a person, told of as such, and never sent by itself."""
    await delivery.order()
    since = await restore(delivery)
    fenced = await fence(delivery, since)
    campaign = await delivery.get(MAY)
    dispatched = await delivery.dispatch()
    await delivery.order(f"{CHANNEL}/campaigns/june")

    assert fenced == Fenced(refused_name_count=0, uncertain_campaign_count=1)
    assert campaign.state is CampaignState.UNCERTAIN
    assert campaign.uncertainty is not None
    assert campaign.uncertainty.reason is UncertaintyReason.LEDGER_RESTORED
    assert not dispatched
    assert delivery.list_facts()[:3] == ["created", "sending", "uncertain"]
    assert await delivery.dispatch()


async def test_what_is_in_doubt_becomes_uncertain(delivery: Delivery) -> None:
    """Its answer may have come and led to another call, under another key, that is forgotten."""
    delivery.line.answer_next(LOST)
    await delivery.order()
    await delivery.dispatch()
    await fence(delivery, await restore(delivery))
    delivery.advance(HOUR)

    assert row_state(delivery) is RowState.UNCERTAIN
    assert not await delivery.dispatch()


async def test_what_line_has_accepted_stays_so(delivery: Delivery) -> None:
    """An acceptance can't be undone; its progress is asked for as ever."""
    await delivery.order()
    await delivery.dispatch()
    fenced = await fence(delivery, await restore(delivery))

    assert (row_state(delivery), fenced.uncertain_campaign_count) == (RowState.ACCEPTED, 0)
    assert await delivery.follow()


async def test_what_was_not_due_goes_on(delivery: Delivery) -> None:
    """A row that was to be looked at only later cannot have been called for."""
    await delivery.order()
    row = delivery.store.ledger.stored[f"{MAY}/requests/1"]
    await delivery.store.ledger.save(row.look_again(delivery.clock.now() + HOUR))
    await fence(delivery, await restore(delivery))
    delivery.advance(HOUR)

    assert await delivery.dispatch()


async def test_what_was_uncertain_is_so_for_another_reason(delivery: Delivery) -> None:
    """Somebody may have decided about it since, and had it sent again; whoever decides now is told."""
    delivery.line.answer_next(LOST)
    await delivery.order()
    await delivery.dispatch()
    delivery.advance(KEY_LIFETIME)
    await delivery.dispatch()
    before = await delivery.get(MAY)
    await fence(delivery, await restore(delivery))
    after = await delivery.get(MAY)

    assert before.uncertainty is not None
    assert after.uncertainty is not None
    assert (before.uncertainty.reason, after.uncertainty.reason) == (
        UncertaintyReason.ANSWER_LOST,
        UncertaintyReason.LEDGER_RESTORED,
    )
    assert before.uncertainty.attempt_count == after.uncertainty.attempt_count == 1


async def test_whoever_was_at_work_has_lost_its_claim(delivery: Delivery) -> None:
    """A call that was under way ends without an effect on what is uncertain, save that an acceptance is kept."""
    await delivery.order()
    claim = await delivery.use_cases.dispatching.claim()
    await fence(delivery, await restore(delivery))
    assert claim is not None
    await delivery.use_cases.dispatching.work(claim)

    assert row_state(delivery) is RowState.UNCERTAIN
    assert delivery.line.attempts == []


async def test_forgotten_names_are_never_given_again(delivery: Delivery) -> None:
    """Names that others have heard of are refused for ever; those that the ledger knows stay what they are."""
    await delivery.order()
    since = await restore(delivery)
    steps = [await fence(delivery, since, MAY, f"{CHANNEL}/campaigns/june", complete=False) for _ in range(2)]
    with pytest.raises(LedgerNotFenced):
        await delivery.create(f"{CHANNEL}/campaigns/july")
    await fence(delivery, since)
    with pytest.raises(AlreadyExists):
        await delivery.create(f"{CHANNEL}/campaigns/june")

    assert [step.refused_name_count for step in steps] == [1, 0]
    assert await delivery.create(f"{CHANNEL}/campaigns/july")


async def test_a_draft_that_others_have_heard_of_was_ordered(delivery: Delivery) -> None:
    """It may have been sent, so it can't be ordered as if nothing had happened."""
    await delivery.create()
    await delivery.create(f"{CHANNEL}/campaigns/june")
    since = await restore(delivery)
    step = await fence(delivery, since, MAY, complete=False)
    await fence(delivery, since)
    campaign = await delivery.get(MAY)

    assert step.uncertain_campaign_count == 1
    assert campaign.state is CampaignState.UNCERTAIN
    assert campaign.order is not None
    assert delivery.list_facts() == ["created", "created", "uncertain"]
    assert (await delivery.get(f"{CHANNEL}/campaigns/june")).state is CampaignState.DRAFT
    assert not await delivery.dispatch()


async def test_all_rows_are_fenced_however_many(delivery: Delivery) -> None:
    """Each transaction is small, and the last finds nothing more to do."""
    names = [f"{CHANNEL}/campaigns/c{number:03}" for number in range(BATCH + 5)]
    for name in names:
        await delivery.order(name)
    fenced = await fence(delivery, await restore(delivery))

    assert fenced.uncertain_campaign_count == len(names)
    assert {row_state(delivery, name) for name in names} == {RowState.UNCERTAIN}


async def test_an_operator_may_say_that_nothing_was_lost(delivery: Delivery) -> None:
    """A database that went back to no earlier moment than that of its change has forgotten nothing."""
    await delivery.order()
    await restore(delivery)
    fenced = await fence(delivery, delivery.clock.now())

    assert fenced.uncertain_campaign_count == 0
    assert await delivery.dispatch()


async def test_an_open_ledger_keeps_the_names_alone(delivery: Delivery) -> None:
    """What needs no fence is not fenced."""
    await delivery.order()
    await delivery.create(f"{CHANNEL}/campaigns/june")
    fenced = await fence(delivery, delivery.clock.now() - HOUR, f"{CHANNEL}/campaigns/june", f"{CHANNEL}/campaigns/old")

    assert fenced == Fenced(refused_name_count=1, uncertain_campaign_count=0)
    assert (await delivery.get(f"{CHANNEL}/campaigns/june")).state is CampaignState.DRAFT
    assert await delivery.dispatch()


async def test_a_check_under_way_is_waited_for(delivery: Delivery) -> None:
    """Whether a fence is needed is not known yet."""
    delivery.store.ledger_state.restart_server()

    with pytest.raises(Unavailable):
        await fence(delivery, delivery.clock.now())


async def test_a_server_that_changes_meanwhile_is_not_opened(delivery: Delivery) -> None:
    """Rows were fenced in a copy that may be gone again."""
    await delivery.order()
    since = await restore(delivery)
    delivery.stream.when_measured(delivery.store.ledger_state.restart_server)
    with pytest.raises(Conflict):
        await fence(delivery, since)

    assert delivery.store.ledger_state.inspection.state is LedgerState.CLOSED


async def test_the_future_is_no_moment_to_go_back_to(delivery: Delivery) -> None:
    """A wrong clock would have everything taken for sent, or nothing."""
    with pytest.raises(InvalidRequest) as caught:
        await fence(delivery, delivery.clock.now() + SECOND)

    assert [field.field for field in caught.value.fields] == ["restore_time"]


async def test_a_fenced_ledger_stays_open_over_the_next_restart(delivery: Delivery) -> None:
    """Events that were forgotten once do not count again."""
    await fence(delivery, await restore(delivery))
    await delivery.use_cases.watching.look()
    delivery.store.ledger_state.restart_server()
    while await delivery.use_cases.watching.look():
        pass

    assert delivery.store.ledger_state.inspection.state is LedgerState.OPEN


async def test_a_process_that_starts_after_the_fence_finds_all_in_order(delivery: Delivery) -> None:
    """What the stream still tells of the forgotten days was dealt with."""
    await fence(delivery, await restore(delivery))
    await delivery.restart().look()

    assert delivery.store.ledger_state.inspection.state is LedgerState.OPEN


async def test_a_ledger_can_be_fenced_without_its_stream(delivery: Delivery) -> None:
    """A stream that is away need not come back first; its place is noted when it does."""
    since = await restore(delivery)
    delivery.stream.available = False
    await fence(delivery, since)
    delivery.stream.available = True
    await delivery.restart().look()
    delivery.store.ledger_state.restart_server()
    while await delivery.use_cases.watching.look():
        pass

    assert delivery.store.ledger_state.inspection.state is LedgerState.OPEN


async def test_the_ledger_tells_how_it_is(delivery: Delivery) -> None:
    """An operator learns up to when it remembers."""
    delivery.store.ledger_state.last_change_time = delivery.clock.now()
    sight = await delivery.use_cases.fencing.get()

    assert (sight.inspection.state, sight.last_change_time) == (LedgerState.OPEN, delivery.clock.now())
