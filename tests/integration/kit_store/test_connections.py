"""Tests of what every connection has: timeouts, keepalives, typed refusals."""

import socket
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from kit.store.connections import watch
from kit.store.engine import Database, open_database
from kit.store.errors import StoreRefusal, StoreUnavailable
from kit.store.migrate import upgrade
from kit.store.uow import connected, transaction
from tests.integration.kit_store.databases import MIGRATIONS, opened
from tests.integration.kit_store.revisions import write_revision
from tests.integration.kit_store.wires import refusing, wired

TIMEOUTS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
KEEPALIVES = {"tcp_keepalives_idle": "30", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "3"}

READ_TIMEOUTS = "SELECT " + ", ".join(f"current_setting('{name}')" for name in TIMEOUTS)


async def read_timeouts(engine: AsyncEngine) -> tuple[str, ...]:
    """Return the timeouts of a pool's sessions."""
    async with connected(engine) as connection:
        return tuple((await connection.execute(text(READ_TIMEOUTS))).one())


async def test_sessions_of_both_pools_end_what_takes_too_long(database: Database) -> None:
    """Writer and reader have each timeout."""
    assert await read_timeouts(database.writer) == ("15s", "5s", "30s")
    assert await read_timeouts(database.reader) == ("15s", "5s", "30s")


async def test_migrations_end_what_takes_too_long(database_url: str, tmp_path: Path) -> None:
    """A migration's session has each timeout too, with room for large tables."""
    write_revision(tmp_path, "a", None, f'op.execute("CREATE TABLE told (a, b, c) AS {READ_TIMEOUTS}")')

    await upgrade(database_url, tmp_path)

    async with opened(database_url) as database, connected(database.reader) as connection:
        assert tuple((await connection.execute(text("SELECT * FROM told"))).one()) == ("30min", "10s", "1min")


async def open_pools(url: str) -> None:
    """Connect as a service does."""
    database = open_database(url, application_name="kit-tests")
    try:
        async with transaction(database.writer):
            pass
    finally:
        await database.close()


async def migrate(url: str) -> None:
    """Connect as a migration does."""
    await upgrade(url, MIGRATIONS)


Connect = Callable[[str], Awaitable[None]]
WAYS = pytest.mark.parametrize("connect", [open_pools, migrate], ids=["pool", "migration"])


@WAYS
async def test_server_is_asked_to_watch_us(connect: Connect) -> None:
    """The server probes a client that vanished, whose session may hold locks that others wait for."""
    async with refusing("57P03") as doorman:
        with pytest.raises(StoreUnavailable):
            await connect(doorman.url)

    assert doorman.asked.items() >= KEEPALIVES.items()


@WAYS
@pytest.mark.parametrize("state", ["57P03", "57P01", "53300"])
async def test_server_that_is_not_ready(connect: Connect, state: str) -> None:
    """A server that starts, stops or is full is one that can't be reached now."""
    async with refusing(state) as doorman:
        with pytest.raises(StoreUnavailable) as refused:
            await connect(doorman.url)

    assert not isinstance(refused.value, StoreRefusal)


@WAYS
@pytest.mark.parametrize(("state", "said"), [("28P01", "password"), ("28000", "admit"), ("3D000", "no such database")])
async def test_server_that_does_not_let_us_in(connect: Connect, state: str, said: str) -> None:
    """A refusal is told from an outage, in words of our own that name nobody."""
    async with refusing(state) as doorman:
        with pytest.raises(StoreRefusal, match=said) as refused:
            await connect(doorman.url)

    assert not any(word in str(refused.value) for word in ("someone", "somewhere", "secret"))


async def test_unknown_database(database_url: str) -> None:
    """A real server says so too."""
    with pytest.raises(StoreRefusal, match="no such database"):
        await open_pools(database_url.replace("/test_", "/no_"))


def test_watched_socket() -> None:
    """A silent peer is probed after half a minute, and one that acknowledges nothing given up after a whole one."""
    with socket.socket() as listener, socket.socket() as connected_socket:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        connected_socket.connect(listener.getsockname())
        watch(connected_socket)

        def option(name: int, level: int = socket.IPPROTO_TCP) -> int:
            return connected_socket.getsockopt(level, name)

        assert option(socket.SO_KEEPALIVE, socket.SOL_SOCKET) == 1
        assert (option(socket.TCP_KEEPIDLE), option(socket.TCP_KEEPINTVL), option(socket.TCP_KEEPCNT)) == (30, 10, 3)
        assert option(socket.TCP_USER_TIMEOUT) == 60_000


async def test_pooled_connections_are_watched(kit_database_url: str) -> None:
    """Our ends of both pools' connections have their keepalive timers running."""
    async with (
        wired(kit_database_url) as wire,
        opened(wire.url) as database,
        connected(database.writer),
        connected(database.reader),
    ):
        assert read_timers(wire.port) == ["02", "02"]


def read_timers(port: int) -> list[str]:
    """Return what Linux says of the timers of connections to a local port; `02` is that of keepalive."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return [row[5][:2] for row in rows if row[2].endswith(f":{port:04X}") and row[3] == "01"]


async def test_server_that_stands_still_is_given_up(kit_database_url: str) -> None:
    """A statement that the server neither answers nor ends is an outage, and its connection is not used again."""
    soon = timedelta(milliseconds=200)
    async with wired(kit_database_url) as wire:
        database = open_database(
            wire.url, application_name="kit-tests", pool_size=1, statement_timeout=soon, patience=soon
        )
        async with connected(database.reader) as connection:
            await connection.scalar(text("SELECT 1"))
        wire.fall_silent()

        with pytest.raises(StoreUnavailable):
            async with connected(database.reader) as connection:
                await connection.scalar(text("SELECT 2"))

        wire.recover()
        async with connected(database.reader) as connection:
            assert await connection.scalar(text("SELECT 3")) == 3
        await database.close()
