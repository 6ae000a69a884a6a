"""Test runs on several cores: pytest-xdist's workers end when the run ends, in order and at once."""

import contextlib
import os
import signal

import pytest
from xdist.workermanage import WorkerController

from deploy.local.tether import die_with


def is_worker(config: pytest.Config) -> bool:
    """Tell whether this process is a worker of a run, which has engines of its own."""
    return hasattr(config, "workerinput")


def follow_the_run() -> None:
    """End this worker when the run's own process ends, and on its word alone.

    The worker leaves the terminal's process group: Ctrl-C would reach it beside the word that `Interrupts` passes on,
    and a second signal would cut the clean-up short.
    """
    os.setsid()
    die_with(os.getppid(), signal.SIGTERM)


class Interrupts:
    """Passes an interruption on to the workers, which xdist itself lets work on for 5 seconds."""

    def __init__(self) -> None:
        """Know no worker yet."""
        self._workers: list[int] = []

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodeready(self, node: WorkerController) -> None:
        """Note a worker's process."""
        self._workers.append(node.gateway._io.popen.pid)  # noqa: SLF001 - told nowhere else

    def pytest_keyboard_interrupt(self) -> None:
        """Interrupt the workers too."""
        for pid in self._workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
