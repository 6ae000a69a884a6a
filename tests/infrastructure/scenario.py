"""A Python script in a process of its own, which a test may interrupt and kill, and then look for what is left."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.postgres import find_binaries
from tests.infrastructure.descendants import find_processes
from tests.infrastructure.eventually import eventually_blocking

_ROOT = Path(__file__).resolve().parents[2]
# Whole stacks start and end in seconds, but a busy machine takes its time.
_START_SECONDS = 60.0
_END_SECONDS = 60.0


class Scenario:
    """Runs scripts whose temporary files, and so all of whose processes, bear the name of one folder."""

    def __init__(self, folder: Path) -> None:
        """Take a new folder that every user can enter."""
        self.folder = folder
        self._output = folder / "output"
        self._child: subprocess.Popen[bytes] | None = None

    def start(
        self, script: str, *, until: str = "ready", by_make: bool = False, seconds: float = _START_SECONDS
    ) -> None:
        """Run a Python script, and return when it has printed a line that begins with `until`.

        Args:
            script: its text; it can import `deploy` and `tests`.
            until: what to wait for.
            by_make: start `make`, which starts a shell, which starts the script; signals go to `make`.
            seconds: how long the line may take.

        """
        path = self.folder / "script.py"
        path.write_text(script)
        command = [sys.executable, str(path)]
        if by_make:
            # A command before and after the script, so that the shell is not replaced by it.
            (self.folder / "Makefile").write_text(f"all:\n\t@true; {' '.join(command)}; true\n")
            command = ["make"]
        with self._output.open("wb") as output:
            self._child = subprocess.Popen(  # noqa: S603 - a script of the test itself
                command,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                env={
                    **os.environ,
                    "TMPDIR": str(self.folder),
                    "PYTHONPATH": f"{_ROOT}:{_ROOT / 'services'}",
                    "PYTHONUNBUFFERED": "1",
                },
                cwd=self.folder,
            )
        self.await_line(until, seconds=seconds)

    def await_line(self, beginning: str, *, seconds: float = _START_SECONDS) -> None:
        """Return when the script has printed a line that begins with `beginning`."""
        eventually_blocking(lambda: self._has_printed(beginning), deadline=seconds)

    def write(self, text: str) -> None:
        """Write to the script's standard input."""
        child = self._require_child()
        assert child.stdin is not None
        child.stdin.write(text.encode())
        child.stdin.flush()

    @property
    def output(self) -> str:
        """What the script has printed so far, errors included."""
        return self._output.read_text()

    def processes(self) -> list[str]:
        """Return `pid name` of every process of the scenario that lives."""
        return find_processes(str(self.folder))

    def end_input(self) -> int:
        """Close the script's standard input, and return its exit status."""
        child = self._require_child()
        assert child.stdin is not None
        child.stdin.close()
        return child.wait(_END_SECONDS)

    def send(self, signum: signal.Signals) -> int:
        """Send a signal to the process we started, and return its exit status."""
        child = self._require_child()
        child.send_signal(signum)
        return child.wait(_END_SECONDS)

    def close(self) -> None:
        """End whatever is still there."""
        if self._child is not None:
            if self._child.stdin is not None:
                self._child.stdin.close()
            self._child.kill()
            self._child.wait()
        for process in self.processes():
            os.kill(int(process.split()[0]), signal.SIGKILL)

    def _has_printed(self, beginning: str) -> bool:
        child = self._require_child()
        lines = self.output.splitlines()
        if any(line.startswith(beginning) for line in lines):
            return True
        assert child.poll() is None, f"the script ended:\n{self.output}"
        return False

    def _require_child(self) -> subprocess.Popen[bytes]:
        assert self._child is not None
        return self._child


@contextmanager
def prepare_scenario() -> Iterator[Scenario]:
    """Give a scenario in a folder of its own, and remove both afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="outreach-scenario-"))
    folder.chmod(0o755)  # PostgreSQL's account must reach its own folder below
    _lend_postgres(folder)
    scenario = Scenario(folder)
    try:
        yield scenario
    finally:
        scenario.close()
        shutil.rmtree(folder, ignore_errors=True)


def _lend_postgres(folder: Path) -> None:
    """Lend root's readable copy of PostgreSQL's programs, of which each scenario would make its own, 40 MB each."""
    if os.geteuid() == 0:
        copy = find_binaries().parents[2]
        (folder / copy.name).symlink_to(copy)
