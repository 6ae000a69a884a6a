"""A restored ledger is noticed, and a harmless failover passes by itself."""

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from delivery.application.restores.watching import OUTCRY_INTERVAL, PATIENCE
from delivery.application.restores.witness import BATCH, MEMORY, MOST_RECENT
from delivery.domain.campaigns.campaign import Decision
from delivery.domain.errors import LedgerNotFenced
from delivery.domain.sending.restores import DUE_MARGIN, LONGEST_SILENCE, Doubt, LedgerState
from kit.errors import Unavailable
from tests.unit.delivery.application.handling import CHANNEL, Delivery

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def publish(delivery: Delivery, *ids: str, known: bool = True) -> None:
    """Let the stream hold events, which the ledger knows or has forgotten."""
    delivery.stream.store(*ids, at=delivery.machine_clock.now())
    if known:
        delivery.store.ledger_state.known |= set(ids)


async def look(delivery: Delivery, *, after: timedelta = SECOND) -> LedgerState:
    """Look until there is nothing more to do at once; return how the ledger is then."""
    delivery.advance(after)
    while await delivery.use_cases.watching.look():
        pass
    return delivery.store.ledger_state.inspection.state


async def settle_in(delivery: Delivery, *ids: str) -> None:
    """Let the process find all in order, with these events published."""
    publish(delivery, *ids)
    assert await look(delivery) is LedgerState.OPEN


def doubt_of(delivery: Delivery) -> Doubt | None:
    """Return why the ledger is closed."""
    return delivery.store.ledger_state.inspection.doubt


async def test_a_failover_that_lost_nothing_passes_by_itself(delivery: Delivery) -> None:
    """Orders are held up for the moment of the check, and nobody has to act."""
    await settle_in(delivery, "a")
    name = await delivery.create()
    publish(delivery, "b")
    delivery.store.ledger_state.restart_server()
    with pytest.raises(Unavailable):
        await delivery.order(f"{CHANNEL}/campaigns/june")
    state = await look(delivery)
    await delivery.order_again(name)

    assert state is LedgerState.OPEN
    assert await delivery.dispatch()


async def test_an_event_that_the_ledger_does_not_know_closes_it(delivery: Delivery) -> None:
    """What was published and is not in the outbox was forgotten: orders, drafts and calls are refused."""
    await settle_in(delivery, "a")
    await delivery.order()
    publish(delivery, "sent since", known=False)
    delivery.store.ledger_state.restart_server()
    state = await look(delivery)

    assert (state, doubt_of(delivery)) == (LedgerState.CLOSED, Doubt.EVENTS_FORGOTTEN)
    assert not await delivery.dispatch()
    may, june = f"{CHANNEL}/campaigns/may", f"{CHANNEL}/campaigns/june"
    for refused in (delivery.create(june), delivery.order_again(may), delivery.cancel(may)):
        with pytest.raises(LedgerNotFenced):
            await refused


@pytest.mark.parametrize("decision", list(Decision))
async def test_nothing_is_decided_while_the_ledger_is_closed(delivery: Delivery, decision: Decision) -> None:
    """Somebody may have decided already, and had it sent again."""
    await settle_in(delivery)
    name = await delivery.lose()
    delivery.advance(HOUR)
    publish(delivery, "forgotten", known=False)
    delivery.store.ledger_state.restart_server()
    await look(delivery)

    with pytest.raises(LedgerNotFenced):
        await delivery.resolve(name, decision)


async def test_nothing_is_called_before_the_server_was_checked(delivery: Delivery) -> None:
    """From the first transaction on the changed server on no row is taken for a call, whoever looks when."""
    await settle_in(delivery, "a")
    await delivery.order()
    delivery.store.ledger_state.restart_server()

    assert not await delivery.dispatch()
    assert delivery.line.attempts == []


async def test_a_call_that_waits_for_its_token_is_not_begun_on_a_changed_server(delivery: Delivery) -> None:
    """The transaction that writes an attempt down asks once more: the claim may be the restored copy's own."""
    await settle_in(delivery, "a")
    await delivery.order()
    claim = await delivery.use_cases.dispatching.claim()
    delivery.store.ledger_state.restart_server()
    assert claim is not None
    await delivery.use_cases.dispatching.work(claim)

    assert delivery.line.attempts == []


async def test_progress_is_asked_for_while_the_ledger_is_closed(delivery: Delivery) -> None:
    """A look-up sends nothing."""
    await settle_in(delivery, "a")
    await delivery.order()
    await delivery.dispatch()
    publish(delivery, "forgotten", known=False)
    delivery.store.ledger_state.restart_server()
    await look(delivery)

    assert await delivery.follow()


@pytest.mark.parametrize("loss", ["another", "none", "purged", "fallen back"])
async def test_a_stream_that_was_lost_vouches_for_nothing(delivery: Delivery, loss: str) -> None:
    """Another stream, none, one without the events that count, or an older copy of it: a person has to look."""
    await settle_in(delivery, "a", "b", "c")
    publish(delivery, "d", "e")
    match loss:
        case "another":
            delivery.stream.incarnation = "second"
        case "none":
            delivery.stream.incarnation = None
        case "purged":
            delivery.stream.first_sequence, delivery.stream.events = 6, []
        case "fallen back":
            delivery.stream.events = delivery.stream.events[:2]
    delivery.store.ledger_state.restart_server()
    await look(delivery)

    assert doubt_of(delivery) is Doubt.STREAM_LOST


async def test_an_event_that_is_gone_vouches_for_nothing(delivery: Delivery) -> None:
    """An event that an operator has deleted might be the one that the ledger has forgotten."""
    await settle_in(delivery, "a")
    publish(delivery, "b", "c")
    delivery.stream.events[1] = None
    delivery.store.ledger_state.restart_server()
    await look(delivery)

    assert doubt_of(delivery) is Doubt.STREAM_LOST


async def test_events_of_others_are_passed_over(delivery: Delivery) -> None:
    """Whoever else publishes to the stream says nothing about the ledger."""
    await settle_in(delivery, "a")
    delivery.stream.store("foreign", source="somebody.else", at=delivery.machine_clock.now())
    delivery.store.ledger_state.restart_server()

    assert await look(delivery) is LedgerState.OPEN


async def test_a_stream_that_cannot_be_asked_is_waited_for(delivery: Delivery) -> None:
    """For a while calls are held up; then an operator is called, and the ledger still opens when the stream answers."""
    await settle_in(delivery, "a")
    delivery.stream.available = False
    delivery.store.ledger_state.restart_server()
    states = [await look(delivery), await look(delivery, after=PATIENCE)]
    doubt = doubt_of(delivery)
    delivery.stream.available = True
    states.append(await look(delivery))

    assert states == [LedgerState.CHECKING, LedgerState.CLOSED, LedgerState.OPEN]
    assert doubt is Doubt.STREAM_UNREACHABLE


async def test_a_server_that_recovers_is_waited_for(delivery: Delivery) -> None:
    """It can be read before it can be written, and has not ended its recovery: nothing is decided yet."""
    await settle_in(delivery, "a")
    delivery.store.ledger_state.restart_server(timeline="")
    states = [await look(delivery)]
    noticed = delivery.store.ledger_state.inspection.notice_time
    delivery.store.ledger_state.restart_server(timeline="00000002")
    states.append(await look(delivery))

    assert states == [LedgerState.CHECKING, LedgerState.OPEN]
    assert noticed is None


async def test_an_outage_of_the_stream_alone_stops_nothing(delivery: Delivery) -> None:
    """As long as the server is the same, sends go on without the stream."""
    delivery.stream.available = False
    await look(delivery)
    await delivery.order()

    assert await delivery.dispatch()


@pytest.mark.parametrize("due", [True, False])
async def test_a_long_silence_needs_a_person_where_calls_were_due(
    delivery: Delivery,
    due: bool,  # noqa: FBT001 - drawn by name
) -> None:
    """Nobody looked for more than ten minutes before the change: an attempt that left no event may be forgotten."""
    await settle_in(delivery, "a")
    if due:
        await delivery.order()
    delivery.store.ledger_state.restart_server()
    await look(delivery, after=LONGEST_SILENCE + MINUTE)

    assert doubt_of(delivery) is (Doubt.SILENT_TOO_LONG if due else None)


async def test_silence_counts_until_the_change_is_noticed(delivery: Delivery) -> None:
    """How long the stream has to be waited for afterwards adds nothing."""
    await settle_in(delivery, "a")
    await delivery.order()
    delivery.stream.available = False
    delivery.store.ledger_state.restart_server()
    await look(delivery)
    await look(delivery, after=HOUR)
    delivery.stream.available = True

    assert await look(delivery) is LedgerState.OPEN


async def test_what_becomes_due_after_the_change_does_not_count(delivery: Delivery) -> None:
    """A row whose next look was to come later than the change cannot have been sent and forgotten."""
    await settle_in(delivery, "a")
    await delivery.order()
    row = next(iter(delivery.store.ledger.stored.values()))
    later = delivery.clock.now() + LONGEST_SILENCE + MINUTE + DUE_MARGIN + SECOND
    await delivery.store.ledger.save(row.look_again(later))
    delivery.store.ledger_state.restart_server()

    assert await look(delivery, after=LONGEST_SILENCE + MINUTE) is LedgerState.OPEN


async def test_a_new_process_asks_the_stream_though_the_server_is_the_same(delivery: Delivery) -> None:
    """A dump may have been loaded while nobody worked; events older than the outbox keeps them tell nothing."""
    publish(delivery, "of long ago", known=False)
    delivery.advance(MEMORY + SECOND)
    publish(delivery, "forgotten", known=False)
    await look(delivery)

    assert doubt_of(delivery) is Doubt.EVENTS_FORGOTTEN


async def test_a_new_process_reads_no_more_than_the_newest_events(delivery: Delivery) -> None:
    """Neither old events nor very many hold a start up."""
    publish(delivery, "of long ago", known=False)
    delivery.advance(MEMORY + SECOND)
    publish(delivery, *(f"event-{number}" for number in range(MOST_RECENT + 5 * BATCH)))
    assert await look(delivery) is LedgerState.OPEN
    reads = delivery.stream.reads
    await look(delivery)

    assert reads == MOST_RECENT
    assert delivery.stream.reads == reads


async def test_a_first_start_finds_nothing_to_ask(delivery: Delivery) -> None:
    """Without a stream nothing was published, and nothing can have been forgotten; not after a restart either."""
    delivery.stream.incarnation = None
    states = [await look(delivery)]
    delivery.store.ledger_state.restart_server()
    states.append(await look(delivery))

    assert states == [LedgerState.OPEN, LedgerState.OPEN]


async def test_a_database_made_anew_beside_an_old_stream_is_closed(delivery: Delivery) -> None:
    """An empty ledger knows nothing of what the stream tells, the names that were given among it."""
    publish(delivery, "forgotten", known=False)
    delivery.store.ledger_state.restart_server()
    await look(delivery)

    assert doubt_of(delivery) is Doubt.EVENTS_FORGOTTEN


async def test_a_closed_ledger_is_told_of_again_and_again(delivery: Delivery) -> None:
    """Each process says every half minute what has to be done."""
    await settle_in(delivery)
    publish(delivery, "forgotten", known=False)
    delivery.store.ledger_state.restart_server()
    with capture_logs() as logs:
        for _ in range(4):
            await look(delivery, after=OUTCRY_INTERVAL / 2)

    told = [line for line in logs if line["event"] == "ledger_not_fenced"]
    assert [line["log_level"] for line in told] == ["critical", "critical"]
    assert told[0]["reason"] == "EVENTS_FORGOTTEN"


async def test_calls_wait_for_the_first_look(delivery: Delivery) -> None:
    """A process begins to call once it has looked."""
    await look(delivery)

    await delivery.use_cases.watching.wait_for_first_look()
