"""Starting, watching and stopping child processes."""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.local.probes import file_exists
from deploy.local.processes import Process, ProcessFailedError, await_ready, start_all, stop_all
from tests.infrastructure.eventually import eventually_blocking

Start = Callable[..., Process]

_POLITE = """
import pathlib, signal, sys
def leave(*_):
    pathlib.Path("left").touch()
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
pathlib.Path("ready").touch()
signal.pause()
"""

_STUBBORN = """
import pathlib, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path("ready").touch()
while True:
    time.sleep(3600)
"""

_BROKEN = """
import sys
sys.exit("OUTREACH_LISTEN is missing")
"""


@pytest.fixture
def describe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Give a function that describes a process running a script, ready once it has made the file `ready`."""
    monkeypatch.chdir(tmp_path)
    described: list[Process] = []

    def describe(script: str, name: str = "child") -> Process:
        command = [sys.executable, "-c", script]
        described.append(Process(name, command, log=tmp_path / "log", ready=file_exists(tmp_path / "ready")))
        return described[-1]

    yield describe
    for process in described:
        process.kill()


def test_a_process_stops_in_good_order(describe: Start, tmp_path: Path) -> None:
    """SIGTERM lets a process finish what it does."""
    process = describe(_POLITE)
    start_all([process])
    stop_all([process])

    assert (tmp_path / "left").exists()
    assert process.pid is None


def test_a_process_that_ignores_the_request_is_killed(describe: Start) -> None:
    """The stop takes no longer than the grace period, whatever the process does."""
    process = describe(_STUBBORN)
    start_all([process])
    began = time.monotonic()
    stop_all([process], grace_seconds=0.1)

    assert process.pid is None
    assert time.monotonic() - began < 5.0


def test_a_frozen_process_stands_still_and_still_stops_in_good_order(describe: Start, tmp_path: Path) -> None:
    """A frozen process is there and does nothing; the request to stop lets it go on, or it would never hear of it."""
    process = describe(_POLITE)
    start_all([process])
    process.freeze()
    eventually_blocking(lambda: _state(process) == "T")
    process.thaw()
    eventually_blocking(lambda: _state(process) == "S")
    process.freeze()
    stop_all([process])

    assert (tmp_path / "left").exists()


def _state(process: Process) -> str:
    return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_a_killed_process_starts_again(describe: Start, tmp_path: Path) -> None:
    """A kill is a crash that one can recover from, under a new process id."""
    process = describe(_POLITE)
    start_all([process])
    first = process.pid
    process.kill()
    (tmp_path / "ready").unlink()
    start_all([process])

    assert not (tmp_path / "left").exists()
    assert process.pid not in {None, first}


def test_starting_twice_starts_once(describe: Start) -> None:
    """A process that runs is left alone."""
    process = describe(_POLITE)
    start_all([process])
    first = process.pid
    start_all([process])

    assert process.pid == first


def test_the_death_of_a_starting_process_shows_its_log(describe: Start) -> None:
    """A developer sees why a service did not start, at once and without opening a file."""
    process = describe(_BROKEN, name="audience")

    with pytest.raises(ProcessFailedError, match=r"(?s)audience ended .*exit status 1.*OUTREACH_LISTEN is missing"):
        start_all([process])


def test_a_process_that_never_gets_ready_is_an_error(tmp_path: Path) -> None:
    """The wait has an end."""
    process = Process("sleeper", ["sleep", "3600"], log=tmp_path / "log", ready=lambda: False)
    process.spawn()

    with pytest.raises(ProcessFailedError, match=r"sleeper was not ready within 0\.05 s"):
        await_ready([process], seconds=0.05)
    process.kill()


def test_a_process_that_ended_is_noticed(describe: Start) -> None:
    """Who watches a stack learns that a part of it has gone."""
    process = describe(_POLITE)
    start_all([process])
    process.require_running()
    process.kill()

    with pytest.raises(ProcessFailedError, match="child is not running"):
        process.require_running()


def test_children_are_started_from_the_main_thread_only(describe: Start) -> None:
    """A child of another thread would die with that thread, so it is refused."""
    process = describe(_POLITE)
    errors: list[str] = []

    def spawn() -> None:
        try:
            process.spawn()
        except RuntimeError as error:
            errors.append(str(error))

    thread = threading.Thread(target=spawn)
    thread.start()
    thread.join()

    assert errors == ["child must be started from the main thread"]


def test_a_process_gets_a_session_of_its_own(describe: Start) -> None:
    """Ctrl-C in a terminal reaches the parent only, which then stops the children in order."""
    process = describe(_POLITE)
    start_all([process])

    assert process.pid is not None
    assert os.getsid(process.pid) == process.pid
