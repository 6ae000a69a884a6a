"""An order is cancelled as long as LINE has not taken it; a wish during a call waits for the answer."""

from datetime import timedelta

import pytest

from delivery.application.line_port import Phase, RateLimited, RefusalKind, Refused
from delivery.domain.campaigns.campaign import CampaignState
from delivery.domain.errors import CampaignInFlight, CampaignNotCancellable
from delivery.domain.sending.failures import UncertaintyReason
from delivery.domain.sending.values import RowState, WaitReason
from kit.errors import EtagMismatch, NotFound, RequestIdReused, Unavailable
from tests.fakes.delivery_line import LOST
from tests.unit.delivery.application.handling import CHANNEL, Delivery, make_once


async def test_an_order_that_waits_is_cancelled_at_once(delivery: Delivery) -> None:
    """Nothing leaves for LINE any more, and the end is told."""
    name = await delivery.order()
    cancelled = await delivery.cancel(name)
    delivery.advance(timedelta(hours=1))

    assert (cancelled.state, cancelled.complete_time) == (CampaignState.CANCELLED, cancelled.update_time)
    assert cancelled.cancel_request_time == cancelled.complete_time
    assert not await delivery.dispatch()
    assert delivery.line.attempts == []
    assert delivery.list_facts() == ["created", "sending", "cancelled"]
    assert delivery.list_log(name) == ["CANCELLED"]


async def test_an_order_that_line_put_off_is_cancelled_at_once(delivery: Delivery) -> None:
    """A definite "not now" leaves nothing in doubt."""
    delivery.line.answer_next(RateLimited("429"))
    name = await delivery.order()
    await delivery.dispatch()
    cancelled = await delivery.cancel(name)

    assert cancelled.state is CampaignState.CANCELLED
    assert delivery.line.narrowcasts == {}


async def test_a_cancel_during_a_call_that_line_takes_changes_nothing(delivery: Delivery) -> None:
    """The wish is noted, LINE's answer decides, and the campaign goes on to its end."""
    name = await delivery.order()
    noted = []

    async def cancel() -> None:
        noted.append(await delivery.cancel(name))

    delivery.line.during_next_send(cancel)
    await delivery.dispatch()
    taken = await delivery.get(name)
    delivery.line.move("line-request-1", Phase.SUCCEEDED)
    await delivery.follow()

    assert (noted[0].state, noted[0].cancel_request_time) == (CampaignState.SENDING, delivery.clock.now())
    assert (taken.state, taken.cancel_request_time) == (CampaignState.SENDING, delivery.clock.now())
    assert (await delivery.get(name)).state is CampaignState.SUCCEEDED
    assert delivery.list_facts() == ["created", "sending", "accepted", "succeeded"]


@pytest.mark.parametrize("answer", [Refused(RefusalKind.REQUEST_REFUSED, "400"), RateLimited("429")])
async def test_a_cancel_during_a_call_that_line_refuses_ends_the_order(
    delivery: Delivery, answer: Refused | RateLimited
) -> None:
    """LINE did nothing, for certain, and is not called again."""
    name = await delivery.order()
    delivery.line.answer_next(answer)
    delivery.line.during_next_send(lambda: delivery.cancel(name))
    await delivery.dispatch()
    delivery.advance(timedelta(hours=1))
    campaign = await delivery.get(name)

    assert campaign.state is CampaignState.CANCELLED
    assert campaign.failure is None
    assert not await delivery.dispatch()
    assert delivery.list_facts()[-1] == "cancelled"


@pytest.mark.parametrize("during", [True, False])
async def test_a_cancel_of_a_call_without_an_answer_leaves_it_to_a_person(
    delivery: Delivery,
    during: bool,  # noqa: FBT001 - drawn by name
) -> None:
    """Repetition ends at the next look, whether the wish came during the call or after it (I8)."""
    name = await delivery.order()
    delivery.line.lose_next_answer(accepted=True)
    if during:
        delivery.line.during_next_send(lambda: delivery.cancel(name))
    await delivery.dispatch()
    noted = await delivery.get(name) if during else await delivery.cancel(name)
    delivery.advance(timedelta(seconds=2))
    await delivery.dispatch()
    campaign = await delivery.get(name)

    assert noted.state is CampaignState.SENDING
    assert noted.cancel_request_time is not None
    assert campaign.state is CampaignState.UNCERTAIN
    assert campaign.uncertainty is not None
    assert campaign.uncertainty.reason is UncertaintyReason.CANCELLED
    assert len(delivery.line.attempts) == 1


async def test_an_answer_tells_why_the_campaign_still_waits(delivery: Delivery) -> None:
    """Cancelling a send in doubt returns the same campaign as looking it up."""
    name = await delivery.order()
    delivery.line.answer_next(LOST)
    await delivery.dispatch()
    sight = await delivery.use_cases.cancelling.cancel(name, make_once())

    assert sight.waiting is not None
    assert sight.waiting.reason is WaitReason.ANSWER_LOST
    assert sight == await delivery.sight(name)


async def test_what_line_has_accepted_cannot_be_cancelled(delivery: Delivery) -> None:
    """An accepted narrowcast can't be recalled, and one that has ended has ended."""
    name = await delivery.order()
    await delivery.dispatch()
    with pytest.raises(CampaignInFlight):
        await delivery.cancel(name)
    delivery.line.move("line-request-1", Phase.SUCCEEDED)
    await delivery.follow()
    with pytest.raises(CampaignNotCancellable) as refused:
        await delivery.cancel(name)

    assert refused.value.metadata == {"campaign": name, "state": "SUCCEEDED"}
    assert (await delivery.get(name)).cancel_request_time is None


async def test_what_was_never_ordered_cannot_be_cancelled(delivery: Delivery) -> None:
    """A draft stays a draft, and a name of nothing is not found."""
    name = await delivery.create()
    with pytest.raises(CampaignNotCancellable):
        await delivery.cancel(name)
    with pytest.raises(NotFound):
        await delivery.cancel(f"{CHANNEL}/campaigns/none")

    assert (await delivery.get(name)).state is CampaignState.DRAFT


async def test_a_cancel_is_bound_to_the_etag_that_its_caller_names(delivery: Delivery) -> None:
    """Who has seen another campaign is told, whatever the campaign's state (AIP-154)."""
    name = await delivery.order()
    ordered = await delivery.get(name)
    with pytest.raises(EtagMismatch):
        await delivery.cancel(name, etag="v1")
    cancelled = await delivery.cancel(name, etag=ordered.etag)
    with pytest.raises(EtagMismatch):
        await delivery.cancel(name, etag=ordered.etag)

    assert cancelled.state is CampaignState.CANCELLED


async def test_a_cancel_is_done_once(delivery: Delivery) -> None:
    """A repetition shows the campaign as it is now; the same id with another body is refused (AIP-155)."""
    name = await delivery.order()
    delivery.line.answer_next(LOST)
    await delivery.dispatch()
    cancel, request_id = delivery.use_cases.cancelling.cancel, "1"
    first = await cancel(name, make_once(request_id=request_id))
    delivery.advance(timedelta(seconds=2))
    await delivery.dispatch()
    again = await cancel(name, make_once(request_id=request_id))

    assert first.campaign.state is CampaignState.SENDING
    assert again.campaign.state is CampaignState.UNCERTAIN
    with pytest.raises(RequestIdReused):
        await cancel(name, make_once("other", request_id=request_id))


async def test_a_wish_keeps_its_first_time(delivery: Delivery) -> None:
    """A second cancel of a call in doubt is no other wish."""
    name = await delivery.order()
    delivery.line.answer_next(LOST)
    await delivery.dispatch()
    first = await delivery.cancel(name)
    delivery.advance(timedelta(seconds=1))
    second = await delivery.cancel(name)

    assert second.cancel_request_time == first.cancel_request_time


async def test_a_cancel_while_facts_are_asked_for_is_kept(delivery: Delivery) -> None:
    """A dispatcher that comes back from the audience service, with facts or without, leaves the end alone."""
    names = [await delivery.order(f"{CHANNEL}/campaigns/{title}") for title in ("may", "june")]
    delivery.facts.during_next(lambda: delivery.cancel(names[0]))
    await delivery.dispatch()
    delivery.facts.fail_next(Unavailable("audience"))
    delivery.facts.during_next(lambda: delivery.cancel(names[1]))
    await delivery.dispatch()
    rows = delivery.store.ledger.stored.values()

    assert {(row.state, row.next_time, row.wait) for row in rows} == {(RowState.CANCELLED, None, None)}
    assert [delivery.list_log(name) for name in names] == [["CANCELLED"], ["CANCELLED"]]
    assert delivery.line.attempts == []
