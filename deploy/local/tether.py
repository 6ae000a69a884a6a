"""Ties processes to the one that started them, so that nothing outlives a killed parent (requirement N1).

As a script it is the first thing a child process runs: it asks Linux for a parent-death signal, gives up root where
told to, and becomes the command. As a module it builds that command line, and lets a Python process follow `make`.
It needs nothing but the standard library, since it runs under `python -I -S` to start in about 20 ms.

A script and not `preexec_fn`: forking a process that holds gRPC's threads may deadlock before the exec.
"""

import argparse
import contextlib
import ctypes
import os
import select
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_PR_SET_PDEATHSIG = 1  # <sys/prctl.h>
_MAKE_NAMES = frozenset({"make", "gmake"})


@dataclass(frozen=True, slots=True)
class Account:
    """The user and group ids that a child process runs under."""

    uid: int
    gid: int


def tether(
    command: Sequence[str], *, death_signal: signal.Signals = signal.SIGKILL, account: Account | None = None
) -> list[str]:
    """Return a command line that runs `command` and gets `death_signal` when the calling **thread** ends.

    Linux binds the signal to the thread that forked, not to its process: start children from the main thread only.

    Args:
        command: the program and its arguments.
        death_signal: what the child receives when its parent dies.
        account: whom to become before the command starts; needs root. None keeps the caller's identity.

    """
    line = [sys.executable, "-I", "-S", str(Path(__file__).resolve())]
    line += ["--parent", str(os.getpid()), "--signal", str(int(death_signal))]
    if account is not None:
        line += ["--uid", str(account.uid), "--gid", str(account.gid)]
    return [*line, "--", *command]


def die_with(parent: int, death_signal: int) -> None:
    """Ask that this process gets the signal when its parent ends; leave at once if that was before the request.

    Elsewhere than on Linux this does nothing: children are then stopped in the ordinary ways only.
    """
    if not _is_linux():
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:
        sys.exit(f"the parent process {parent} has ended")


def follow_make() -> None:
    """Send this process SIGTERM as soon as a `make` above it dies; a no-op when none runs it.

    `make` passes SIGINT and SIGTERM on, but its own SIGKILL leaves the recipe running. A parent-death signal would not
    do: a shell may stand between `make` and us, and it survives. So a thread waits for the ancestors themselves.
    """
    watched = [os.pidfd_open(pid) for pid in _ancestors() if _process_name(pid) in _MAKE_NAMES] if _is_linux() else []
    if watched:
        threading.Thread(target=_terminate_when_any_ends, args=(watched,), name="follow-make", daemon=True).start()


def _terminate_when_any_ends(process_descriptors: Sequence[int]) -> None:
    select.select(process_descriptors, [], [])  # a descriptor of a process becomes readable when that process ends
    # To the main thread, and not to the process: only there does the signal interrupt a blocking call.
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)


def _ancestors() -> Iterator[int]:
    """Yield the process ids above this one, nearest first."""
    pid = os.getppid()
    while pid > 1:
        yield pid
        # "pid (name) state ppid …": the name may hold spaces and parentheses, so the fields start after the last ")".
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def _process_name(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().strip()


def _is_linux() -> bool:
    # Asked by a function, so that mypy checks the Linux branch whatever system it runs on.
    return sys.platform.startswith("linux")


def _become(account: Account) -> None:
    os.setgroups([])
    os.setgid(account.gid)
    os.setuid(account.uid)


def _main() -> None:
    parser = argparse.ArgumentParser(description="Run a command that ends when its parent ends.")
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--signal", type=int, required=True)
    parser.add_argument("--uid", type=int)
    parser.add_argument("--gid", type=int)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()

    if options.uid is not None:
        _become(Account(options.uid, options.gid))
    die_with(options.parent, options.signal)  # after the change of user, which clears the signal
    try:
        os.execvp(options.command[0], options.command)  # noqa: S606 - the point of this script
    except OSError as error:
        sys.exit(f"{options.command[0]}: {error.strerror}")


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        _main()
