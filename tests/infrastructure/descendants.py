"""Finds the processes that a scenario has left behind, whoever their parent is now."""

import contextlib
import os
from pathlib import Path

_ZOMBIE = "Z"


def find_processes(marker: str) -> list[str]:
    """Return `pid name` of each living process that bears `marker` in its arguments, environment or working folder.

    Three places, because PostgreSQL overwrites its environment with its title, and works in its data folder.
    """
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        # A process may end, and another user's may be closed to us, while we look.
        with contextlib.suppress(OSError):
            if int(process.name) != os.getpid() and _is_alive(process) and _bears(process, marker):
                found.append(f"{process.name} {(process / 'comm').read_text().strip()}")
    return found


def _is_alive(process: Path) -> bool:
    return (process / "stat").read_text().rpartition(")")[2].split()[0] != _ZOMBIE


def _bears(process: Path, marker: str) -> bool:
    texts = ((process / name).read_bytes() for name in ("cmdline", "environ"))
    return any(marker.encode() in text for text in texts) or marker in str((process / "cwd").readlink())


def stands_still(pid: int | None) -> bool:
    """Tell whether a process lives and was stopped (SIGSTOP)."""
    if pid is None:
        return False
    # The name, in parentheses, may hold anything; the state follows it.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
