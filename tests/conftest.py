"""The real engines behind all tests: one PostgreSQL and one NATS server per worker of a test run (N2, ST 7.5)."""

from collections.abc import AsyncIterator, Callable, Iterator

import hypothesis
import nats
import pytest

from deploy.local.nats import NATSServer, serve_nats
from deploy.local.postgres import PostgresServer, serve_postgres
from deploy.local.signals import stop_on_signals
from deploy.local.tether import follow_make
from tests.infrastructure.databases import DatabaseTemplates
from tests.infrastructure.loopback import forbid_the_network
from tests.infrastructure.workers import Interrupts, follow_the_run, is_worker

# A shared machine may stop any single example for a while; each test has its own timeout.
hypothesis.settings.register_profile("suite", deadline=None)
hypothesis.settings.load_profile("suite")


def pytest_configure(config: pytest.Config) -> None:
    """Leave nothing behind: end with `make`, and tear fixtures down on any signal as on Ctrl-C."""
    stop_on_signals()
    if is_worker(config):
        follow_the_run()
    else:
        follow_make()
        config.pluginmanager.register(Interrupts())
    forbid_the_network()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Serve PostgreSQL for the whole test run, or for one worker of it."""
    with serve_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def database_templates(postgres_server: PostgresServer) -> DatabaseTemplates:
    """Hold the databases that were migrated in this test run."""
    return DatabaseTemplates(postgres_server)


@pytest.fixture
def template_database(
    database_templates: DatabaseTemplates,
) -> Iterator[Callable[[str, Callable[[str], None]], str]]:
    """Give a function that returns the URL of a new database: `template_database("audience", migrate)`.

    `migrate` takes the URL of an empty database and runs once per test run; a clone takes about 20 ms. A service's
    `conftest.py` makes its own `database_url` fixture of it.
    """
    clones: list[str] = []

    def clone(name: str, migrate: Callable[[str], None]) -> str:
        clones.append(database_templates.clone(name, migrate))
        return database_templates.url(clones[-1])

    yield clone
    for database in clones:
        database_templates.drop(database)


@pytest.fixture
def database_url(database_templates: DatabaseTemplates) -> Iterator[str]:
    """Give the URL of a new database without tables."""
    database = database_templates.create_empty()
    yield database_templates.url(database)
    database_templates.drop(database)


@pytest.fixture(scope="session")
def nats_server() -> Iterator[NATSServer]:
    """Serve NATS with JetStream for the whole test run, or for one worker of it."""
    with serve_nats() as server:
        yield server


@pytest.fixture
async def nats_url(nats_server: NATSServer) -> AsyncIterator[str]:
    """Give the URL of the NATS server, without the streams of earlier tests."""
    yield nats_server.url
    connection = await nats.connect(nats_server.url)
    jetstream = connection.jetstream()
    for stream in await jetstream.streams_info():
        await jetstream.delete_stream(stream.config.name or "")
    await connection.close()
