"""What an administrator does to a PostgreSQL server: back it up, take it back, promote a standby, load a dump."""

import os
import shutil
from pathlib import Path

from deploy.local.postgres import PostgresServer
from deploy.local.processes import start_all, stop_all
from tests.infrastructure.eventually import eventually_blocking

_SUPERUSER = ("-U", "postgres")


def restart(server: PostgresServer) -> None:
    """Stop a server in good order, and start it again."""
    stop_all([server.process])
    start_all([server.process])


def back_up(server: PostgresServer, name: str) -> Path:
    """Copy a running server's files as they are now, with the log that makes them consistent; return the folder."""
    target = server.folder / name
    server.run_program("pg_basebackup", "-h", str(server.folder), *_SUPERUSER, "-D", str(target), "-c", "fast", "-N")
    return target


def copy_files(server: PostgresServer, name: str) -> Path:
    """Stop a server, copy its files, and start it again; return the folder."""
    stop_all([server.process])
    target = server.folder / name
    shutil.copytree(server.folder / "data", target, symlinks=True)
    _give(target, like=server.folder / "data")
    start_all([server.process])
    return target


def take_back(server: PostgresServer, backup: Path, *, recover: bool = False) -> None:
    """Put a copy in the place of a server's files, once, and start it.

    Args:
        server: whose files are lost.
        backup: the copy.
        recover: end with a point-in-time recovery, as with an archive of the log: a new timeline begins.

    """
    stop_all([server.process])
    shutil.rmtree(server.folder / "data")
    backup.rename(server.folder / "data")
    if recover:
        _write_recovery(server.folder / "data")
    start_all([server.process])
    # It can be read before its recovery has ended.
    eventually_blocking(lambda: not _recovers(server), deadline=30.0)


def start_standby(primary: PostgresServer, folder: Path) -> PostgresServer:
    """Start a server that follows another one, in a new folder."""
    _give(folder, like=primary.folder / "data")
    standby = PostgresServer(folder, durable=False)
    arguments = ("-h", str(primary.folder), *_SUPERUSER, "-D", str(folder / "data"), "-c", "fast", "-N", "-R")
    standby.run_program("pg_basebackup", *arguments)
    start_all([standby.process])
    return standby


def detach(standby: PostgresServer) -> None:
    """Let a standby hear no more of its primary."""
    standby.execute("ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()")


def promote(primary: PostgresServer, standby: PostgresServer) -> None:
    """Let a standby take over from its primary, which sends all that it has before it ends, if it is heard."""
    stop_all([primary.process])
    standby.run_program("pg_ctl", "promote", "-D", str(standby.folder / "data"))


def dump(server: PostgresServer, database: str, name: str) -> Path:
    """Write a database to a file; return it."""
    target = server.folder / name
    server.run_program("pg_dump", "-h", str(server.folder), *_SUPERUSER, "-F", "c", "-f", str(target), database)
    return target


def load(server: PostgresServer, database: str, dump: Path) -> None:
    """Load a dump into a database of a server, in the place of what it holds."""
    _give(dump, like=server.folder / "data")
    arguments = ("-h", str(server.folder), *_SUPERUSER, "--clean", "--if-exists", "-d", database, str(dump))
    server.run_program("pg_restore", *arguments)


def _recovers(server: PostgresServer) -> bool:
    arguments = ("-XAt", "-h", str(server.folder), *_SUPERUSER, "-c", "SELECT pg_is_in_recovery()")
    return server.run_program("psql", *arguments).strip() == "t"


def _write_recovery(data: Path) -> None:
    with (data / "postgresql.auto.conf").open("a") as settings:
        settings.write("restore_command = 'false'\nrecovery_target = 'immediate'\nrecovery_target_action = 'promote'\n")
    signal = data / "recovery.signal"
    signal.touch()
    _give(signal, like=data)


def _give(path: Path, *, like: Path) -> None:
    """Let whoever owns one path own another, with all that it holds."""
    owner = like.stat()
    for found in (path, *(path.rglob("*") if path.is_dir() else ())):
        os.chown(found, owner.st_uid, owner.st_gid, follow_symlinks=False)
