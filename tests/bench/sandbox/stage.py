"""Where the sandbox is measured: it and its floor are processes on one core, the caller has another."""

import os
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from deploy.local.probes import file_exists
from deploy.local.processes import Process, start_all, stop_all
from deploy.local.settings import SOURCE
from tests.bench.sandbox.calls import Site

_COMMANDS = {
    "sandbox": ["sandbox", "--world", "empty"],
    "million": ["sandbox", "--world", "empty"],
    "floor": ["tests.bench.sandbox.floor"],
}
_LONG_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Server:
    """One running process."""

    url: str
    pid: int


@contextmanager
def serve(*names: str) -> Iterator[dict[str, Server]]:
    """Run processes of `_COMMANDS` for the length of the `with` block, all pinned to one core.

    Raises:
        ProcessFailedError: a process did not start.

    """
    with ExitStack() as resources:
        folder = Path(resources.enter_context(tempfile.TemporaryDirectory(prefix="outreach-bench-")))
        processes = {name: _describe(name, folder) for name in names}
        resources.callback(stop_all, processes.values())
        start_all(processes.values())
        servers = {}
        for name, process in processes.items():
            pid = process.pid or 0
            _pin(pid, to_first=True)
            servers[name] = Server(f"http://{_port_file(name, folder).read_text().strip()}", pid)
        _pin(0, to_first=False)
        yield servers


@asynccontextmanager
async def open_site(server: Server) -> AsyncIterator[Site]:
    """Call a server for the length of the `with` block."""
    timeout = aiohttp.ClientTimeout(total=_LONG_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout) as http:
        yield Site(http, server.url)


def _describe(name: str, folder: Path) -> Process:
    port_file = _port_file(name, folder)
    return Process(
        name,
        [sys.executable, "-m", *_COMMANDS[name], "--port-file", str(port_file)],
        log=folder / f"{name}.log",
        ready=file_exists(port_file),
        environment={**os.environ, "PYTHONPATH": f"{SOURCE}:{SOURCE.parent}"},
    )


def _port_file(name: str, folder: Path) -> Path:
    return folder / f"{name}.port"


def _pin(pid: int, *, to_first: bool) -> None:
    """Keep a process (0: us) on the first of our cores, or off it; nothing where there is one core only."""
    cores = sorted(os.sched_getaffinity(pid))
    if len(cores) > 1:
        os.sched_setaffinity(pid, cores[:1] if to_first else cores[1:])
