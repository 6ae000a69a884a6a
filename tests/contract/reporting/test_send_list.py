"""Delivery's list of sends, as reporting reads it: it tells what events tell, and loses nothing that comes late."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from delivery.application.campaigns.ordering import SendOrder
from delivery.application.line_port import Phase, QuotaHeld, RefusalKind, Refused
from delivery.domain.campaigns.campaign import Decision
from delivery.domain.sending.failures import NarrowcastFailure
from delivery.domain.sending.settling import MEMORY
from kit.events.envelope import Event
from reporting.adapters.send_list import DeliverySendList
from reporting.domain.errors import PageTokenRefused
from reporting.domain.reconciliation import BEGINNING, OVERLAP, Reconciliation
from reporting.domain.rounds import Fact, FactKind, Heard
from reporting.domain.sends import Send
from reporting.entrypoints.consumers import apply_event
from tests.fakes.reporting_store import FakeTransaction
from tests.integration.delivery.handling import CHANNEL, Delivery, make_once

MINUTE = timedelta(minutes=1)


async def order(delivery: Delivery) -> str:
    """Order a send that waits."""
    name = await delivery.create()
    await delivery.order(name)
    return name


async def accept(delivery: Delivery) -> str:
    """Let LINE take a send, of which it tells nothing yet."""
    name = await delivery.send()
    delivery.clock.advance(MINUTE)
    return name


async def confirm(delivery: Delivery) -> str:
    """Let LINE tell when it took a send."""
    name = await accept(delivery)
    await delivery.follow()
    return name


async def succeed(delivery: Delivery) -> str:
    """Let LINE deliver a send."""
    name = await accept(delivery)
    delivery.line.move("line-request-1", Phase.SUCCEEDED)
    await delivery.follow()
    return name


async def fail(delivery: Delivery) -> str:
    """Let LINE find too few people."""
    name = await accept(delivery)
    delivery.line.move("line-request-1", Phase.FAILED, failure=NarrowcastFailure.RECIPIENTS_BELOW_MINIMUM)
    await delivery.follow()
    return name


async def refuse(delivery: Delivery) -> str:
    """Let LINE refuse a send."""
    delivery.line.answer_next(Refused(RefusalKind.REQUEST_REFUSED, "400"))
    return await delivery.send()


async def cancel(delivery: Delivery) -> str:
    """Cancel an order."""
    name = await order(delivery)
    delivery.clock.advance(MINUTE)
    await delivery.cancel(name)
    return name


async def expire(delivery: Delivery) -> str:
    """Let an order end before LINE takes it."""
    name = await delivery.create()
    wish = SendOrder(name, "", frozenset(), not_after=delivery.clock.now() + MINUTE)
    await delivery.use_cases.ordering.order(wish, make_once())
    delivery.line.answer_next(QuotaHeld("429"))
    await delivery.dispatch()
    delivery.clock.advance(MINUTE)
    await delivery.dispatch()
    return name


async def lose(delivery: Delivery) -> str:
    """Lose an answer for good."""
    return await delivery.lose()


async def forget(delivery: Delivery) -> str:
    """Let LINE tell no outcome for 14 days."""
    name = await delivery.send()
    delivery.clock.advance(MEMORY)
    await delivery.follow()
    return name


async def give_up(delivery: Delivery) -> str:
    """Give up what LINE tells no outcome of."""
    name = await forget(delivery)
    delivery.clock.advance(MINUTE)
    await delivery.resolve(name, Decision.NOT_SENT_GIVE_UP, etag=(await delivery.get(name)).etag)
    return name


async def know(delivery: Delivery) -> str:
    """Decide that a send whose answer was lost was sent."""
    name = await lose(delivery)
    delivery.clock.advance(MINUTE)
    await delivery.resolve(name, Decision.SENT, etag=(await delivery.get(name)).etag)
    return name


async def hear_events(delivery: Delivery) -> Heard:
    """Return what reporting makes of all events of the one campaign there is."""
    tx = FakeTransaction()
    query = "SELECT event_id, source, type, subject, resource, event_time, body FROM outbox ORDER BY id"
    for row in await delivery.connection.fetch(query):
        event = Event(
            id=row["event_id"],
            source=row["source"],
            type=row["type"],
            subject=row["subject"],
            resource=row["resource"],
            time=row["event_time"],
            body=row["body"],
        )
        await apply_event(tx, event)
    (campaign,) = tx.campaigns.stored.values()
    return campaign.heard


@pytest.mark.parametrize(
    "live",
    [order, accept, confirm, succeed, fail, refuse, cancel, expire, lose, forget, give_up, know],
    ids=lambda live: live.__name__,
)
async def test_the_list_tells_what_events_tell(
    delivery: Delivery, sends: DeliverySendList, live: Callable[[Delivery], Awaitable[str]]
) -> None:
    """Whatever becomes of a campaign, who missed all of its events makes the same of it."""
    name = await live(delivery)
    page = await sends.page(since=BEGINNING, page_token="")

    assert [send.campaign for send in page.sends] == [name]
    assert Heard(frozenset(page.sends[0].facts)).rounds == (await hear_events(delivery)).rounds


async def test_a_send_that_was_sent_again_is_told_by_its_last_order(
    delivery: Delivery, sends: DeliverySendList
) -> None:
    """A reader that knows of the first order learns of the second one, as a round of its own."""
    name = await forget(delivery)
    before = await sends.page(since=BEGINNING, page_token="")
    delivery.clock.advance(MINUTE)
    delivery.facts.refresh(at=delivery.clock.now())
    await delivery.resolve(name, Decision.SEND_AGAIN, etag=(await delivery.get(name)).etag)
    await delivery.dispatch()
    after = await sends.page(since=BEGINNING, page_token="")
    rounds = Heard(frozenset((*before.sends[0].facts, *after.sends[0].facts))).rounds

    assert [part.counted for part in rounds] == [True, True]
    assert rounds == (await hear_events(delivery)).rounds


async def test_drafts_and_other_channels_are_left_out(delivery: Delivery, sends: DeliverySendList) -> None:
    """What was not ordered was not sent."""
    await delivery.create()
    name = await order(delivery)
    own = await sends.page(since=BEGINNING, page_token="", channel=CHANNEL)
    other = await sends.page(since=BEGINNING, page_token="", channel="channels/bee")

    assert [send.campaign for send in own.sends] == [name]
    assert other.sends == []


async def test_a_token_is_good_for_the_list_that_it_was_given_for(delivery: Delivery, sends: DeliverySendList) -> None:
    """Another one begins again, rather than to leave something out."""
    await order(delivery)
    with pytest.raises(PageTokenRefused):
        await sends.page(since=BEGINNING, page_token="bm8")


async def read_pass(
    sends: DeliverySendList, state: Reconciliation, delivery: Delivery
) -> tuple[list[Send], Reconciliation]:
    """Read a whole pass, as reporting does, and return what it told and where the next one begins."""
    found: list[Send] = []
    while True:
        part = state.begin(delivery.clock.now())
        page = await sends.page(since=part.since_time, page_token=part.page_token)
        found += page.sends
        state = state.advance(part, page.next_page_token)
        if state.running is None:
            return found, state


async def test_a_change_that_is_committed_late_is_heard_by_the_next_pass(
    delivery: Delivery, sends: DeliverySendList
) -> None:
    """Its time lies before changes that were read long ago, by as much as a transaction may take."""
    late, early = [await order(delivery) for _ in range(2)]
    delivery.clock.advance(timedelta(days=1))
    _, state = await read_pass(sends, Reconciliation("delivery", BEGINNING), delivery)
    delivery.clock.advance(timedelta(days=1))
    async with delivery.uow() as tx:
        campaign = await tx.campaigns.hold(late)
        assert campaign is not None
        row = await tx.ledger.hold_newest(late)
        assert row is not None
        changed = campaign.follow(row.cancel(at=delivery.clock.now()), at=delivery.clock.now())
        await tx.campaigns.save(changed)
        delivery.clock.advance(OVERLAP - timedelta(seconds=1))
        await delivery.cancel(early)
        delivery.clock.advance(timedelta(seconds=1))
        missed, state = await read_pass(sends, state, delivery)
    delivery.clock.advance(timedelta(days=1))
    heard, _ = await read_pass(sends, state, delivery)
    ended = Fact(FactKind.ENDED, changed.update_time)

    assert [send.campaign for send in missed] == [early]
    assert [send.campaign for send in heard] == [late, early]
    assert ended in heard[0].facts
