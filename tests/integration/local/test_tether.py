"""Nothing outlives its parent, whatever ends the parent."""

import signal

import pytest

from tests.infrastructure.eventually import eventually_blocking
from tests.infrastructure.scenario import Scenario

# A parent with one tethered child that would sleep for an hour.
_PARENT = """
import subprocess, sys
from deploy.local.tether import tether
child = subprocess.Popen(tether(["sleep", "3600"]), start_new_session=True)
print("ready")
sys.stdin.read()
"""

# A process that `make` runs through a shell which stays in between, with a tethered child of its own.
_FOLLOWER = """
import subprocess, time
from deploy.local.tether import follow_make, tether
follow_make()
child = subprocess.Popen(tether(["sleep", "3600"]), start_new_session=True)
print("ready")
time.sleep(3600)
"""

_LATE = """
import os, subprocess, sys
from deploy.local.tether import tether
command = tether(["sleep", "3600"])
command[command.index("--parent") + 1] = "1"  # as if the parent had died before the child asked for its signal
print(subprocess.run(command, capture_output=True, text=True).stderr)
print("ready")
"""


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_tethered_child_dies_with_its_parent(scenario: Scenario, signum: signal.Signals) -> None:
    """However the parent ends, the child in its own session ends too."""
    scenario.start(_PARENT)
    eventually_blocking(lambda: any("sleep" in name for name in scenario.processes()))
    scenario.send(signum)

    eventually_blocking(lambda: scenario.processes() == [])


def test_a_child_whose_parent_is_gone_already_does_not_start(scenario: Scenario) -> None:
    """The race between the parent's death and the child's request is closed."""
    scenario.start(_LATE)

    assert "the parent process 1 has ended" in scenario.output


def test_a_process_and_its_children_follow_make(scenario: Scenario) -> None:
    """SIGKILL of `make` ends the recipe's Python too, though a shell stands between them."""
    scenario.start(_FOLLOWER, by_make=True)
    eventually_blocking(lambda: any("sleep" in name for name in scenario.processes()))
    names_before = {process.split()[1] for process in scenario.processes()}
    scenario.send(signal.SIGKILL)

    assert {"make", "sh"} <= names_before
    eventually_blocking(lambda: scenario.processes() == [])


def test_the_exit_status_of_a_missing_program_is_an_error(scenario: Scenario) -> None:
    """A command that can't be run says so instead of hanging."""
    scenario.start(
        "import subprocess\n"
        "from deploy.local.tether import tether\n"
        "result = subprocess.run(tether(['no-such-program']), capture_output=True, text=True)\n"
        "print('ready', result.returncode, result.stderr)\n"
    )

    assert "ready 1 no-such-program: No such file or directory" in scenario.output
