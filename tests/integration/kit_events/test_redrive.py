"""The operator's command for dead letters, as a process of its own."""

from functools import partial

from kit.events.dead_letters import DeadLetters
from kit.store.engine import Database
from tests.fakes.events import make_event
from tests.integration.kit_events.commands import run_command

run = partial(run_command, "kit.events.redrive")


async def test_list(database: Database, environment: dict[str, str]) -> None:
    """A list tells what is buried and why, without bodies, and changes nothing."""
    letters = DeadLetters(database)
    await letters.bury("reader", make_event(body=b'{"secret": 1}'), reason="BAD", attempt_count=3)

    status, output = await run(environment, "--list")

    (letter,) = await letters.find()
    event = letter.event
    assert status == 0
    assert output == f"{letter.id}\treader\t{event.type}\t{event.resource}\t3\tBAD\n"


async def test_redrive(database: Database, environment: dict[str, str]) -> None:
    """What can be handled leaves the table; what fails again stays, is named, and makes the command fail."""
    letters = DeadLetters(database)
    await letters.bury("reader", make_event(), reason="BAD", attempt_count=3)
    await letters.bury("reader", make_event(resource="channels/bad"), reason="BAD", attempt_count=3)

    status, output = await run(environment)

    (left,) = await letters.find()
    assert status == 1
    assert output == f"handled: 1, failed again: 1\nstill dead: {left.id}\n"
    assert left.reason == "STILL_BAD"


async def test_redrive_of_some(database: Database, environment: dict[str, str]) -> None:
    """Only the named ids are handled."""
    letters = DeadLetters(database)
    for _ in range(2):
        await letters.bury("reader", make_event(), reason="BAD", attempt_count=3)
    first, second = [letter.id for letter in await letters.find()]

    status, _ = await run(environment, str(second))

    assert status == 0
    assert [letter.id for letter in await letters.find()] == [first]


async def test_bad_settings(environment: dict[str, str]) -> None:
    """The command stops at bad settings like the service itself."""
    del environment["OUTREACH_DATABASE_URL"]

    status, _ = await run(environment)

    assert status == 78
