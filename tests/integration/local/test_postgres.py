"""The PostgreSQL server of the wheel, run as a child."""

from pathlib import Path

import asyncpg
import pytest

from deploy.local.postgres import PostgresServer, serve_postgres
from tests.infrastructure.descendants import find_processes


def _dsn(url: str) -> str:
    return url.replace("+asyncpg", "")


def _folder(server: PostgresServer) -> str:
    return server.url("postgres").partition("host=")[2]


async def test_a_role_enters_its_own_database_only() -> None:
    """Each service has a database and a role, and no way into another's (architecture 1)."""
    with serve_postgres() as server:
        server.create_database("audience")
        server.create_database("delivery")
        connection = await asyncpg.connect(_dsn(server.url("audience", role="audience")))
        await connection.execute("CREATE TABLE mine (id integer)")
        user = await connection.fetchval("SELECT current_user")
        await connection.close()

        assert user == "audience"
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(_dsn(server.url("delivery", role="audience")))


async def test_a_durable_server_forces_commits_to_disk() -> None:
    """What `run` keeps is as safe as in production; tests trade that for speed."""
    with serve_postgres(durable=True) as durable, serve_postgres() as fast:
        answers = []
        for server in (durable, fast):
            connection = await asyncpg.connect(_dsn(server.url("postgres")))
            answers.append(await connection.fetchval("SHOW fsync"))
            await connection.close()

    assert answers == ["on", "off"]


def test_nothing_is_left_after_the_end() -> None:
    """The server, its workers and its folder are gone."""
    with serve_postgres() as server:
        folder = _folder(server)
        processes = find_processes(folder)

    assert len(processes) > 1
    assert find_processes(folder) == []
    assert not Path(folder).exists()


def test_a_refused_statement_is_an_error(postgres_server: PostgresServer) -> None:
    """The server's reason reaches the developer."""
    with pytest.raises(RuntimeError, match='database "nowhere" does not exist'):
        postgres_server.execute("DROP DATABASE nowhere")
