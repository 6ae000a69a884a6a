"""Databases for tests: migrated once per test run, cloned for every test (architecture 10)."""

import itertools
from collections.abc import Callable

from deploy.local.postgres import PostgresServer


class DatabaseTemplates:
    """Gives out databases of one server; a template is a database that nobody is connected to."""

    def __init__(self, server: PostgresServer) -> None:
        """Keep the server that all databases live on."""
        self._server = server
        self._templates: set[str] = set()
        self._numbers = itertools.count(1)

    def clone(self, name: str, migrate: Callable[[str], None]) -> str:
        """Return the name of a new copy of template `name`, which `migrate` fills from nothing at its first use.

        Args:
            name: the service whose tables it holds.
            migrate: takes the SQLAlchemy URL of an empty database, and closes its connections when it is done.

        """
        template = f"template_{name}"
        if name not in self._templates:
            self._server.execute(f'DROP DATABASE IF EXISTS "{template}" WITH (FORCE)', f'CREATE DATABASE "{template}"')
            migrate(self._server.url(template))
            self._templates.add(name)
        return self._create(name, template)

    def create_empty(self) -> str:
        """Return the name of a new database without tables."""
        return self._create("empty", "template1")

    def url(self, database: str) -> str:
        """Return the SQLAlchemy URL of a database."""
        return self._server.url(database)

    def drop(self, database: str) -> None:
        """Remove a database, whoever is still connected."""
        self._server.execute(f'DROP DATABASE "{database}" WITH (FORCE)')

    def _create(self, name: str, template: str) -> str:
        database = f"test_{name}_{next(self._numbers)}"
        self._server.execute(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
        return database
