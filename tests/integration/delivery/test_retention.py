"""How long delivery keeps what it attempted."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from delivery.adapters.retention import RULES
from delivery.adapters.tables import SEND_ATTEMPTS
from delivery.application.line_port import Phase
from kit.store.engine import Database, open_database
from kit.store.retention import Retention, sweep
from tests.integration.delivery.handling import Delivery

(OF_ATTEMPTS,) = [rule for rule in RULES if rule.table is SEND_ATTEMPTS and isinstance(rule, Retention)]


@pytest.fixture
async def database(delivery_url: str) -> AsyncIterator[Database]:
    """Give the service's pools."""
    database = open_database(delivery_url, application_name="tests")
    yield database
    await database.close()


async def end(delivery: Delivery, name: str) -> None:
    """Follow a campaign until it has ended."""
    delivery.line.move("line-request-1", Phase.SUCCEEDED)
    while (await delivery.get(name)).complete_time is None:
        delivery.clock.advance(timedelta(minutes=1))
        await delivery.follow()


async def count_attempts(delivery: Delivery) -> int:
    """Return how many lines the log of attempts has."""
    count: int = await delivery.connection.fetchval("SELECT count(*) FROM send_attempts")
    return count


async def test_attempts_age_from_their_campaigns_end(delivery: Delivery, database: Database) -> None:
    """The evidence of a campaign is there as a whole until the campaign has ended long enough ago."""
    name = await delivery.send()
    delivery.clock.advance(timedelta(days=10))
    await end(delivery, name)
    count = await count_attempts(delivery)
    ended = (await delivery.get(name)).complete_time
    assert ended is not None

    delivery.clock.set(ended + OF_ATTEMPTS.keep)
    kept = await sweep(database.writer, OF_ATTEMPTS, clock=delivery.clock)
    # What was noted last came a little after the end that LINE tells.
    delivery.clock.advance(timedelta(minutes=2))
    swept = await sweep(database.writer, OF_ATTEMPTS, clock=delivery.clock)

    assert (kept, swept) == (0, count)
    assert await count_attempts(delivery) == 0


@pytest.mark.parametrize("state", ["READY", "CALLING", "ACCEPTED", "UNCERTAIN"])
async def test_attempts_of_what_is_not_settled_stay(delivery: Delivery, database: Database, state: str) -> None:
    """While a row is open or a person has to look, nothing of its campaign goes, whatever its age."""
    name = await delivery.send()
    await end(delivery, name)
    await delivery.connection.execute("UPDATE send_requests SET state = $1", state)
    delivery.clock.advance(2 * OF_ATTEMPTS.keep)

    assert await sweep(database.writer, OF_ATTEMPTS, clock=delivery.clock) == 0
    assert await count_attempts(delivery)
