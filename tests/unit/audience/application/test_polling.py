"""The catalog is kept fresh without being asked, and a channel in trouble waits."""

from datetime import timedelta

import pytest

from audience.domain.catalog import CatalogFailure
from audience.domain.errors import LineAudiencesForbidden
from tests.unit.audience.application.conftest import ACME, World
from tests.unit.audience.application.test_catalog_reader import make_audience

MINUTE = timedelta(minutes=1)


async def count_turns(acme: World, minutes: int) -> int:
    """Let time go by, minute by minute; return how many readings there were."""
    turns = 0
    for _ in range(minutes):
        acme.clock.advance(MINUTE)
        while await acme.polling.run_once():
            turns += 1
    return turns


async def test_polling(acme: World) -> None:
    """A new channel is read at once, and each every four minutes."""
    acme.line.audiences = {1: make_audience()}
    turns = [await acme.polling.run_once(), await acme.polling.run_once()]
    later = await count_turns(acme, 12)

    assert turns == [True, False]
    assert later == 3
    assert list(acme.tx.audiences.entries) == [f"{ACME}/audiences/1"]


async def test_refused_channel(acme: World) -> None:
    """A channel that LINE refuses is asked for ever more seldom, its token included, and at once when somebody asks."""
    acme.line.secret = "changed"
    turns = await count_turns(acme, 120)
    asked = acme.line.issue_count
    acme.line.secret = "line-secret"
    await acme.catalog.sync(ACME, insist=True)

    assert turns < 10
    assert asked - 1 <= turns
    assert acme.channel.problems == ()
    assert acme.channel.catalog.trouble is None


async def test_account_without_audiences(acme: World) -> None:
    """An account that may use no audiences says so once, works for what needs none, and is asked ever more seldom."""
    acme.line.audiences = {1: make_audience()}
    acme.line.failures["list_audiences"] = LineAudiencesForbidden()
    turns = await count_turns(acme, 120)
    token = await acme.tokens.issue(ACME, caller="service:delivery")

    assert turns < 10
    assert token.value == "token"
    assert [known.problem.name for known in acme.channel.problems] == ["LINE_AUDIENCES_FORBIDDEN"]
    assert len(acme.tx.outbox.events) == 3  # the audience that the first page told of, and the channel that changed


async def test_fault(acme: World) -> None:
    """A channel whose reading meets a fault each time is tried ever more seldom, and says so."""
    acme.line.audiences = {1: make_audience()}
    acme.line.failures["list_audiences"] = ZeroDivisionError()
    turns = await count_turns(acme, 20)

    assert turns <= 5
    assert acme.channel.catalog.trouble is not None
    assert acme.channel.catalog.trouble.failure is CatalogFailure.SERVICE_FAULT


async def test_channel_that_goes(acme: World) -> None:
    """A channel that is deleted while it is read is no fault."""
    acme.tx.channels.sealed.clear()

    assert await acme.polling.run_once()
    assert acme.channel.catalog.trouble is None


@pytest.mark.parametrize("failure", [LineAudiencesForbidden(), ZeroDivisionError()])
async def test_recovery(acme: World, failure: Exception) -> None:
    """The first reading that succeeds ends the trouble, its problem included."""
    acme.line.audiences = {1: make_audience()}
    acme.line.failures["list_audiences"] = failure
    await count_turns(acme, 10)
    acme.line.failures.clear()
    await count_turns(acme, 10)

    assert (acme.channel.catalog.trouble, acme.channel.problems) == (None, ())
    assert acme.channel.catalog.sync_time is not None
