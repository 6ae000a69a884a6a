"""Child processes of the local stack: each tethered to us, with its own log, a readiness probe and an orderly stop."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from deploy.local.tether import Account, tether

_POLL_SECONDS = 0.01
_LOG_TAIL_LINES = 20


class ProcessFailedError(RuntimeError):
    """A child process ended, or did not become ready in time; the message ends with the last lines of its log."""


class Process:
    """One program that can be started, killed and started again under the same settings.

    It runs in a session of its own, so that Ctrl-C in a terminal reaches us only and the stop keeps its order.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        ready: Callable[[], bool],
        environment: Mapping[str, str] | None = None,
        account: Account | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        death_signal: signal.Signals = signal.SIGKILL,
    ) -> None:
        """Describe the process without starting it.

        Args:
            name: what people call it; also names it in errors.
            command: the program and its arguments.
            log: the file that its output is appended to.
            ready: asked again and again after the start; true once the process does its work.
            environment: the complete environment, or None for ours.
            account: whom it runs as; see `tether`.
            stop_signal: asks it to stop in good order.
            death_signal: what it gets when we die.

        """
        self.name = name
        self.log = log
        self._command = command
        self._ready = ready
        self._environment = environment
        self._account = account
        self._stop_signal = stop_signal
        self._death_signal = death_signal
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id while it runs, else None."""
        return self._child.pid if self._child is not None and self._child.poll() is None else None

    def spawn(self) -> None:
        """Start the process without waiting for it. Nothing happens if it runs already.

        Raises:
            RuntimeError: called outside the main thread; the child would die with that thread.

        """
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError(f"{self.name} must be started from the main thread")
        if self.pid is not None:
            return
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                tether(self._command, death_signal=self._death_signal, account=self._account),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=None if self._environment is None else dict(self._environment),
                start_new_session=True,
            )

    def is_ready(self) -> bool:
        """Tell whether the process answers.

        Raises:
            ProcessFailedError: it has ended, or was never started.

        """
        if self.pid is None:
            raise ProcessFailedError(self._describe("ended before it was ready"))
        return self._ready()

    def require_running(self) -> None:
        """Raise ProcessFailedError unless the process runs."""
        if self.pid is None:
            raise ProcessFailedError(self._describe("is not running"))

    def kill(self) -> None:
        """End the process with SIGKILL, as a crash would, and wait until it is gone."""
        self._send(signal.SIGKILL)
        if self._child is not None:
            self._child.wait()

    def freeze(self) -> None:
        """Let the process stand still where it is, as a machine that is paused."""
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen process go on; nothing happens to one that runs."""
        self._send(signal.SIGCONT)

    def request_stop(self) -> None:
        """Ask the process to stop, without waiting; a frozen one goes on first, or it would not hear."""
        self._send(self._stop_signal)
        self.thaw()

    def finish(self, grace_seconds: float) -> None:
        """Wait for a requested stop; kill what is still there after `grace_seconds`."""
        if self._child is None:
            return
        try:
            self._child.wait(grace_seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def tail(self) -> str:
        """Return the last lines of the log."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-_LOG_TAIL_LINES:])

    def timeout_error(self, seconds: float) -> ProcessFailedError:
        """Return the error for a process that is not ready after `seconds`."""
        return ProcessFailedError(self._describe(f"was not ready within {seconds:g} s"))

    def _send(self, signum: signal.Signals) -> None:
        if self._child is not None and self._child.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._child.pid, signum)

    def _describe(self, problem: str) -> str:
        code = self._child.poll() if self._child is not None else None
        status = "" if code is None else f" (exit status {code})"
        return f"{self.name} {problem}{status}; the end of {self.log}:\n{self.tail()}"


def start_all(processes: Iterable[Process], *, seconds: float = 30.0) -> None:
    """Start the processes side by side and return when every one of them is ready.

    Raises:
        ProcessFailedError: one of them ended, or was not ready within `seconds`.

    """
    pending = list(processes)
    for process in pending:
        process.spawn()
    await_ready(pending, seconds=seconds)


def await_ready(processes: Iterable[Process], *, seconds: float = 30.0) -> None:
    """Wait until every started process is ready; raises as `start_all` does."""
    pending = list(processes)
    deadline = time.monotonic() + seconds
    while pending := [process for process in pending if not process.is_ready()]:
        if time.monotonic() > deadline:
            raise pending[0].timeout_error(seconds)
        time.sleep(_POLL_SECONDS)


def stop_all(processes: Iterable[Process], *, grace_seconds: float = 10.0) -> None:
    """Ask all processes to stop, give them `grace_seconds` altogether, and kill what is left."""
    stopping = list(processes)
    for process in stopping:
        process.request_stop()
    deadline = time.monotonic() + grace_seconds
    for process in stopping:
        process.finish(max(0.0, deadline - time.monotonic()))
