"""What the last release has left goes on, and none of its replicas works on what this release has begun (ST 6.9)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import asyncpg

from delivery.application.line_port import Phase
from delivery.bootstrap import DELIVERY
from delivery.domain.campaigns.campaign import CampaignState
from delivery.domain.policy.clearance import clear_repeat
from delivery.domain.sending.row import SendRow
from delivery.domain.sending.values import RowState
from kit.store.migrate import upgrade
from tests.fakes.delivery_line import Sent
from tests.integration.delivery import last_release
from tests.integration.delivery.handling import CHANNEL, Delivery, open_delivery
from tests.integration.delivery.last_release import HOUR, NOW, OldRow

LONG_AGO = NOW - timedelta(days=3)


def name(campaign: str) -> str:
    """Return a campaign's name."""
    return f"{CHANNEL}/campaigns/{campaign}"


READY = OldRow(campaign=name("ready"), state="READY")
AGAIN = OldRow(campaign=name("again"), state="READY", generation=3)
TAKEN = OldRow(campaign=name("taken"), state="CALLING", attempted=True)
LOST = OldRow(campaign=name("lost"), state="CALLING", attempted=True, generation=2)
FOLLOWED = OldRow(campaign=name("followed"), state="ACCEPTED", attempted=True, line_request_id="line-request-1")
UNNAMED = OldRow(campaign=name("unnamed"), state="ACCEPTED", attempted=True)
OPEN = (READY, AGAIN, TAKEN, LOST, FOLLOWED, UNNAMED)
ENDED = (
    OldRow(campaign=name("delivered"), state="DELIVERED", is_open=False, attempted=True, line_request_id="line-0"),
    OldRow(campaign=name("failed"), state="FAILED", is_open=False, attempted=True, failure="LINE_INTERNAL"),
    OldRow(campaign=name("refused"), state="REFUSED", is_open=False, failure="POLICY_REFUSED"),
    OldRow(campaign=name("uncertain"), state="UNCERTAIN", is_open=False, attempted=True),
)


@asynccontextmanager
async def upgraded(database_url: str, *rows: OldRow) -> AsyncIterator[Delivery]:
    """Give this release on a database that the last one has filled; LINE has what was accepted."""
    await upgrade(database_url, DELIVERY.migrations, revision=last_release.REVISION)
    connection = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    try:
        for row in rows:
            await last_release.store(connection, row, ordered=LONG_AGO)
    finally:
        await connection.close()
    await upgrade(database_url, DELIVERY.migrations)
    async with open_delivery(database_url) as delivery:
        delivery.clock.set(NOW)
        delivery.facts.refresh(at=NOW)
        for row in rows:
            if row in (FOLLOWED, TAKEN, UNNAMED):
                await take(delivery, row)
        yield delivery


async def take(delivery: Delivery, row: OldRow) -> None:
    """Let LINE take a row under the key of the last release."""
    cleared = clear_repeat(channel=CHANNEL, row=row.name, body=last_release.BODY, sha256=last_release.SHA256)
    await delivery.line.attempt(Sent(cleared, row.retry_key))


async def read_row(delivery: Delivery, row: OldRow) -> SendRow:
    """Return a row as it is now."""
    async with delivery.uow.read() as tx:
        (kept,) = await tx.ledger.list_of_campaign(row.campaign)
    return kept


async def work_off(delivery: Delivery) -> None:
    """Do all that is due."""
    while await delivery.dispatch() or await delivery.follow():
        pass


async def test_open_rows_go_on_under_their_old_keys(database_url: str) -> None:
    """Each row is sent, repeated or followed as its state says, and nothing under a key that LINE has not seen (I2)."""
    async with upgraded(database_url, FOLLOWED, READY, AGAIN, TAKEN, LOST, UNNAMED) as delivery:
        earlier = len(delivery.line.attempts)
        delivery.line.move("line-request-1", Phase.SUCCEEDED)
        await delivery.use_cases.dispatching.review()
        await work_off(delivery)
        keys = {attempt.cleared.row: attempt.retry_key for attempt in delivery.line.attempts[earlier:]}
        states = {row: (await read_row(delivery, row)).state for row in OPEN}

        assert keys == {row.name: row.retry_key for row in (READY, AGAIN, TAKEN, LOST, UNNAMED)}
        assert states.pop(FOLLOWED) is RowState.DELIVERED
        assert set(states.values()) == {RowState.ACCEPTED}
        assert len(delivery.line.narrowcasts) == len(OPEN)


async def test_orders_end_one_lifetime_after_the_first_look(database_url: str) -> None:
    """An order of the last release knew no end, and gets one by business time: what is ordered long ago still goes."""
    async with upgraded(database_url, READY, TAKEN) as delivery:
        await delivery.use_cases.dispatching.review()
        ends = [(await read_row(delivery, row)).deadline for row in (READY, TAKEN)]
        delivery.clock.advance(24 * HOUR)
        await work_off(delivery)

        assert [(end.time, end.callers_own) for end in ends] == [(NOW + 24 * HOUR, False)] * 2
        assert (await delivery.get(READY.campaign)).state is CampaignState.EXPIRED
        assert (await delivery.get(TAKEN.campaign)).state is CampaignState.UNCERTAIN


async def test_ended_rows_stay_as_they_are(database_url: str) -> None:
    """What has ended under the last release can be read, and nothing is done for it."""
    async with upgraded(database_url, *ENDED) as delivery:
        await delivery.use_cases.dispatching.review()
        await work_off(delivery)
        rows = [await read_row(delivery, row) for row in ENDED]
        campaigns = [(await delivery.get(row.campaign)).state.name for row in ENDED]

        assert [row.state.name for row in rows] == [row.state for row in ENDED]
        assert campaigns == ["SUCCEEDED", "FAILED", "FAILED", "UNCERTAIN"]
        assert delivery.line.attempts == []


async def test_a_row_that_the_last_release_works_on_is_left_to_it(database_url: str) -> None:
    """While old and new replicas run side by side each row has one of them; a dead one is succeeded, and fenced off."""
    held = OldRow(campaign=name("held"), state="READY", claimed_until=datetime(2100, 1, 1, tzinfo=UTC))
    async with upgraded(database_url, held) as delivery:
        await delivery.use_cases.dispatching.review()
        while_held = await delivery.dispatch()
        await delivery.connection.execute("UPDATE send_requests SET claim_expire_time = '2020-01-01'")
        await delivery.use_cases.dispatching.review()
        number = await delivery.connection.fetchval("SELECT claim_number FROM send_requests")

        assert not while_held
        assert number > 0
        assert await delivery.dispatch()


async def test_the_last_release_sees_nothing_of_this_one(database_url: str) -> None:
    """It makes keys of names: a call in doubt under another key must never be repeated by one of its replicas."""
    async with upgraded(database_url, READY) as delivery:
        before = await delivery.connection.fetch(last_release.CLAIM, NOW)
        await delivery.use_cases.dispatching.review()
        await work_off(delivery)
        accepted = await delivery.send()
        delivery.line.lose_next_answer(accepted=True)
        await delivery.send()
        ready = await delivery.create()
        await delivery.order(ready)
        after = await delivery.connection.fetch(last_release.CLAIM, NOW + HOUR)

        assert [row["name"] for row in before] == [READY.name]
        assert (await delivery.get(accepted)).accept_time is not None
        assert after == []


async def test_an_order_made_by_the_last_release_after_the_migration_goes_on(database_url: str) -> None:
    """A replica that was not replaced yet takes orders, of which this release is not told."""
    async with upgraded(database_url) as delivery:
        await last_release.store(delivery.connection, READY, ordered=NOW)
        await delivery.use_cases.dispatching.review()
        await work_off(delivery)
        campaign = await delivery.get(READY.campaign)

        assert campaign.accept_time == NOW
        assert campaign.order is not None
        assert campaign.order.deadline.time == NOW + 24 * HOUR
        assert [attempt.retry_key for attempt in delivery.line.attempts] == [READY.retry_key]
