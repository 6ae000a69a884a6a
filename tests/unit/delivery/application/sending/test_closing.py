"""An order ends in time, whatever becomes of the others of its channel."""

from datetime import timedelta

from delivery.application.line_port import InDoubt, LineCredentialsRefused
from delivery.domain.campaigns.campaign import CampaignState
from delivery.domain.sending.failures import FailureReason, UncertaintyReason
from delivery.domain.sending.settling import CREDENTIALS_PATIENCE
from delivery.domain.sending.values import KEY_LIFETIME, LONGEST_CALL
from tests.unit.delivery.application.handling import CHANNEL, Delivery

HOUR = timedelta(hours=1)
SICK, HEALTHY = f"{CHANNEL}/campaigns/sick", f"{CHANNEL}/campaigns/well"


async def close_all(delivery: Delivery) -> None:
    """End everything that has ended."""
    while await delivery.close():
        pass


async def test_an_order_behind_a_sick_one_ends_in_time(delivery: Delivery) -> None:
    """The older order keeps the channel's only turn; the younger one ends to the moment all the same."""
    delivery.line.answer_next(*[InDoubt("no answer")] * 1000)
    await delivery.order(SICK)
    await delivery.dispatch()
    end = delivery.clock.now() + HOUR
    await delivery.order(HEALTHY, not_after=end)
    delivery.advance(HOUR - LONGEST_CALL - timedelta(seconds=1))
    await delivery.dispatch()
    early = await delivery.close()
    waiting = (await delivery.sight(HEALTHY)).waiting
    delivery.advance(timedelta(seconds=1))
    await close_all(delivery)

    assert not early
    assert waiting is not None
    assert waiting.next_attempt_time <= end
    assert (await delivery.get(HEALTHY)).state is CampaignState.EXPIRED
    assert (await delivery.get(SICK)).state is CampaignState.SENDING


async def test_a_doubt_that_nothing_decides_any_more_waits_for_no_turn(delivery: Delivery) -> None:
    """A channel that rests keeps nobody from learning that a person has to decide."""
    delivery.line.answer_next(InDoubt("no answer"))
    name = await delivery.order()
    await delivery.dispatch()
    delivery.advance(KEY_LIFETIME)
    await close_all(delivery)
    campaign = await delivery.get(name)

    assert campaign.uncertainty is not None
    assert campaign.uncertainty.reason is UncertaintyReason.ANSWER_LOST


async def test_refused_credentials_end_after_an_hour_without_another_look(delivery: Delivery) -> None:
    """The channel rests for minutes by then; the hour is an hour."""
    delivery.line.refuse_tokens(*[LineCredentialsRefused(CHANNEL)] * 10)
    name = await delivery.order()
    await delivery.dispatch()
    delivery.advance(CREDENTIALS_PATIENCE)
    await close_all(delivery)
    campaign = await delivery.get(name)

    assert campaign.failure is not None
    assert campaign.failure.reason is FailureReason.LINE_CREDENTIALS_REFUSED


async def test_what_somebody_works_on_is_left_to_them(delivery: Delivery) -> None:
    """A row whose call is under way is ended by whoever made the call."""
    await delivery.order(not_after=delivery.clock.now() + HOUR)
    claim = await delivery.use_cases.dispatching.claim()
    delivery.advance(HOUR)

    assert claim is not None
    assert not await delivery.close()
