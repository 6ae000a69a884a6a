"""Tests of the dead letters."""

from kit.events.dead_letters import DeadLetters, Redriven
from kit.events.envelope import Event
from kit.events.errors import PermanentFailure
from kit.store.engine import Database
from tests.fakes.events import make_event


async def bury(letters: DeadLetters, *events: Event, consumer: str = "reader") -> list[int]:
    """Bury events and return the ids of their letters."""
    for event in events:
        await letters.bury(consumer, event, reason="BAD", attempt_count=3)
    return [letter.id for letter in await letters.find(limit=1000)][-len(events) :]


async def test_buried_event_is_kept_whole(database: Database) -> None:
    """A dead letter holds the event as it came, and why it was given up."""
    letters = DeadLetters(database)
    event = make_event(body=b'{"n": 1}', traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")

    await bury(letters, event)

    (letter,) = await letters.find()
    assert letter.event == event
    assert (letter.consumer, letter.reason, letter.attempt_count) == ("reader", "BAD", 3)


async def test_burying_again_renews_the_reason(database: Database) -> None:
    """One event of one consumer is one dead letter, however often it fails."""
    letters = DeadLetters(database)
    event = make_event()
    await bury(letters, event)

    await letters.bury("reader", event, reason="WORSE", attempt_count=9)

    (letter,) = await letters.find()
    assert (letter.reason, letter.attempt_count) == ("WORSE", 9)


async def test_pages(database: Database) -> None:
    """Dead letters are read oldest first, page by page, or by id."""
    letters = DeadLetters(database)
    first, second, third = await bury(letters, make_event(), make_event(), make_event())

    assert [letter.id for letter in await letters.find(limit=2)] == [first, second]
    assert [letter.id for letter in await letters.find(after_id=second)] == [third]
    assert [letter.id for letter in await letters.find(ids=[third, first])] == [first, third]


async def test_redrive_of_all(database: Database) -> None:
    """All letters go through their handlers once; those handled leave, those that fail again stay with the reason."""
    letters = DeadLetters(database)
    good, bad = make_event(), make_event()
    good_id, bad_id = await bury(letters, good, bad)
    handled: list[Event] = []

    async def handle(event: Event) -> None:
        if event == bad:
            raise PermanentFailure("STILL_BAD")
        handled.append(event)

    result = await letters.redrive({"reader": handle})

    assert result == Redriven(handled=(good_id,), failed=(bad_id,))
    assert handled == [good]
    (left,) = await letters.find()
    assert (left.event, left.reason, left.attempt_count) == (bad, "STILL_BAD", 4)


async def test_redrive_of_some(database: Database) -> None:
    """Only the named letters are tried."""
    letters = DeadLetters(database)
    first, second = await bury(letters, make_event(), make_event())

    async def handle(_: Event) -> None:
        return

    assert await letters.redrive({"reader": handle}, ids=[second]) == Redriven(handled=(second,), failed=())
    assert [letter.id for letter in await letters.find()] == [first]


async def test_redrive_leaves_unknown_consumers_alone(database: Database) -> None:
    """A letter whose consumer this process doesn't have waits for one that has it."""
    letters = DeadLetters(database)
    await bury(letters, make_event(), consumer="elsewhere")

    assert await letters.redrive({}) == Redriven(handled=(), failed=())
    assert len(await letters.find()) == 1


async def test_redrive_reaches_every_page(database: Database) -> None:
    """More letters than a page holds are all tried."""
    letters = DeadLetters(database)
    buried = await bury(letters, *(make_event() for _ in range(101)))

    async def handle(_: Event) -> None:
        return

    assert (await letters.redrive({"reader": handle})).handled == tuple(buried)
