"""The database is really restored, moved or promoted, under an ordinary role: nothing is sent twice."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from delivery.application.restores.fencing import Fence
from delivery.bootstrap import DELIVERY
from delivery.domain.campaigns.campaign import CampaignState
from delivery.domain.errors import LedgerNotFenced
from delivery.domain.sending.restores import Doubt, LedgerState
from deploy.local.postgres import PostgresServer, serve_postgres
from kit.clock import machine_now
from kit.errors import Unavailable
from kit.store.migrate import upgrade
from tests.infrastructure import restores
from tests.infrastructure.eventually import eventually
from tests.integration.delivery.handling import Delivery, Outside, make_outside, open_delivery

ROLE = "delivery"
MINUTE = timedelta(minutes=1)


@dataclass(slots=True)
class Machine:
    """Where the database lies, and what outlives it."""

    server: PostgresServer
    outside: Outside
    resources: ExitStack

    @property
    def url(self) -> str:
        """The database, for its own role, which has no rights beyond it."""
        return self.server.url(ROLE, role=ROLE)

    def find_another(self) -> PostgresServer:
        """Return another server, with an empty database."""
        server = self.resources.enter_context(serve_postgres())
        server.create_database(ROLE)
        return server

    def make_folder(self) -> Path:
        """Return a new folder for one more server."""
        folder = tempfile.TemporaryDirectory(prefix="outreach-pg-", ignore_cleanup_errors=True)
        return Path(self.resources.enter_context(folder))


@pytest.fixture
def machine() -> Iterator[Machine]:
    """Give a server of the test's own, with a migrated database."""
    with ExitStack() as resources:
        server = resources.enter_context(serve_postgres())
        server.create_database(ROLE)
        machine = Machine(server, make_outside(), resources)
        asyncio.run(upgrade(machine.url, DELIVERY.migrations))
        yield machine


@pytest.fixture
async def before(machine: Machine) -> AsyncIterator[Delivery]:
    """Give a process with an order that was told of and has not gone out yet."""
    async with open_delivery(machine.url, machine.outside) as delivery:
        await delivery.order(await delivery.create())
        await publish(delivery)
        await look(delivery)
        await look(delivery)
        yield delivery


async def publish(delivery: Delivery) -> None:
    """Do what the relay does: bring what the outbox holds to the stream."""
    rows = await delivery.connection.fetch("SELECT event_id FROM outbox WHERE publish_time IS NULL ORDER BY id")
    delivery.stream.store(*(row["event_id"] for row in rows), at=machine_now())
    await delivery.connection.execute("UPDATE outbox SET publish_time = now() WHERE publish_time IS NULL")


async def look(delivery: Delivery) -> LedgerState:
    """Look at the ledger as a process does every second; return how it is then."""
    while await delivery.use_cases.watching.look():
        pass
    return (await delivery.use_cases.fencing.get()).inspection.state


def recover(machine: Machine) -> Callable[[], None]:
    """Back up now; later recover to this point in time."""
    backup = restores.back_up(machine.server, "backup")
    return lambda: restores.take_back(machine.server, backup, recover=True)


def put_back(machine: Machine) -> Callable[[], None]:
    """Back up now; later start the server on the backup, as on the snapshot of a disk."""
    backup = restores.back_up(machine.server, "backup")
    return lambda: restores.take_back(machine.server, backup)


def load_elsewhere(machine: Machine) -> Callable[[], None]:
    """Dump the database now; later load it into another server."""
    dump = restores.dump(machine.server, ROLE, "dump")

    def restore() -> None:
        machine.server = machine.find_another()
        restores.load(machine.server, ROLE, dump)

    return restore


def load_in_place(machine: Machine) -> Callable[[], None]:
    """Dump the database now; later load it into the same server, while no process runs."""
    dump = restores.dump(machine.server, ROLE, "dump")
    return lambda: restores.load(machine.server, ROLE, dump)


def lag_behind(machine: Machine) -> Callable[[], None]:
    """Let a standby hear nothing from now on; later promote it."""
    standby = restores.start_standby(machine.server, machine.make_folder())
    machine.resources.callback(standby.process.kill)
    restores.detach(standby)

    def restore() -> None:
        restores.promote(machine.server, standby)
        machine.server = standby

    return restore


@pytest.mark.timeout(120)
@pytest.mark.parametrize("save", [recover, put_back, load_elsewhere, load_in_place, lag_behind])
async def test_what_a_restored_ledger_has_forgotten_is_not_sent_again(
    machine: Machine, before: Delivery, save: Callable[[Machine], Callable[[], None]]
) -> None:
    """However the database goes back to the moment before the call: it is noticed, fenced, and left to a person."""
    restore = save(machine)
    name = before.drafts[0]
    assert await before.dispatch()
    await publish(before)
    await before.close()
    restore()

    async with open_delivery(machine.url, machine.outside) as after:
        state = await look(after)
        dispatched = [await after.dispatch()]
        with pytest.raises(LedgerNotFenced):
            await after.create()
        sight = await after.use_cases.fencing.get()
        since = machine.outside.clock.now() - MINUTE
        fenced = await after.use_cases.fencing.fence(Fence(since, (), complete=True))
        dispatched.append(await after.dispatch())

        assert state is LedgerState.CLOSED
        assert sight.inspection.doubt is Doubt.EVENTS_FORGOTTEN
        assert fenced.uncertain_campaign_count == 1
        assert (await after.get(name)).state is CampaignState.UNCERTAIN
        assert dispatched == [False, False]
        assert len(machine.outside.line.narrowcasts) == 1
        assert await look(after) is LedgerState.OPEN


@pytest.mark.timeout(120)
@pytest.mark.parametrize("change", ["restart", "promotion"])
async def test_a_server_that_has_forgotten_nothing_goes_on_by_itself(
    machine: Machine, before: Delivery, change: str
) -> None:
    """A restart, and a failover to a standby that has everything, hold sends up for a look and no more."""
    if change == "restart":
        restores.restart(machine.server)
    else:
        standby = restores.start_standby(machine.server, machine.make_folder())
        machine.resources.callback(standby.process.kill)
        await before.create()
        await publish(before)
        restores.promote(machine.server, standby)
        machine.server = standby
    async with open_delivery(machine.url, machine.outside) as after:
        first = await after.dispatch()
        with pytest.raises(Unavailable):
            await after.create()
        state = await look(after)

        assert not first
        assert state is LedgerState.OPEN
        assert await after.dispatch()


@pytest.mark.timeout(120)
async def test_a_standby_takes_no_orders(machine: Machine, before: Delivery) -> None:
    """A server that can only be read is being checked, and nothing breaks before it is promoted."""
    standby = restores.start_standby(machine.server, machine.make_folder())
    machine.resources.callback(standby.process.kill)
    await before.close()
    async with open_delivery(standby.url(ROLE, role=ROLE), machine.outside) as after:
        state = await look(after)
        with pytest.raises(Unavailable):
            await after.order(before.drafts[0])

        assert state is LedgerState.CHECKING


@pytest.mark.timeout(120)
async def test_a_process_goes_on_over_the_restart_of_its_server(machine: Machine, before: Delivery) -> None:
    """Connections are made anew, and the process accepts the server that it finds."""
    restores.restart(machine.server)

    async def is_open() -> bool:
        try:
            return await look(before) is LedgerState.OPEN
        except Exception:  # noqa: BLE001 - what the worker's edge swallows
            return False

    await eventually(is_open)
    assert await before.dispatch()


@pytest.mark.timeout(120)
async def test_a_forgotten_attempt_in_doubt_meets_its_own_key(machine: Machine, before: Delivery) -> None:
    """An attempt leaves no event; forgotten for a moment it goes out again under the key that LINE knows (I2)."""
    restore = recover(machine)
    machine.outside.line.lose_next_answer(accepted=True)
    assert await before.dispatch()
    await publish(before)
    await before.close()
    restore()

    async with open_delivery(machine.url, machine.outside) as after:
        state = await look(after)
        dispatched = await after.dispatch()

        assert (state, dispatched) == (LedgerState.OPEN, True)
        assert len(machine.outside.line.narrowcasts) == 1
        first, second = machine.outside.line.attempts
        assert first.retry_key == second.retry_key


@pytest.mark.timeout(120)
async def test_a_database_that_was_long_away_is_not_believed(machine: Machine, before: Delivery) -> None:
    """A backup of hours ago with a send that was due: what was attempted since may have left no event (I3)."""
    await before.connection.execute("UPDATE ledger_state SET open_clock = open_clock - interval '11 minutes'")
    await before.close()
    restores.restart(machine.server)

    async with open_delivery(machine.url, machine.outside) as after:
        state = await look(after)
        sight = await after.use_cases.fencing.get()

        assert (state, sight.inspection.doubt) == (LedgerState.CLOSED, Doubt.SILENT_TOO_LONG)
        assert sight.last_change_time == machine.outside.clock.now()
