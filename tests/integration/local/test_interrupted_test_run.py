"""A test run that is interrupted leaves no engine behind, whatever interrupts it."""

import signal

import pytest

from tests.infrastructure.eventually import eventually_blocking
from tests.infrastructure.scenario import Scenario

# A test run with the fixtures of the suite, in the midst of a test.
_TEST_RUN = """
import sys
import pytest
from pathlib import Path

Path("test_endless.py").write_text('''
import asyncio
async def test_endless(database_url, nats_url):
    print("\\\\nready", flush=True)
    await asyncio.sleep(3600)
''')
sys.exit(pytest.main(["-q", "-s", "-p", "tests.conftest", "-c", "pytest.ini", "test_endless.py"]))
"""


@pytest.fixture(autouse=True)
def settings(scenario: Scenario) -> None:
    """Give the inner run the settings that the fixtures rely on."""
    (scenario.folder / "pytest.ini").write_text(
        "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
    )


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_test_run_leaves_nothing(scenario: Scenario, signum: signal.Signals) -> None:
    """PostgreSQL and NATS end with the test run."""
    scenario.start(_TEST_RUN)
    names_before = {process.split()[1] for process in scenario.processes()}
    scenario.send(signum)

    assert {"postgres", "nats-server"} <= names_before
    eventually_blocking(lambda: scenario.processes() == [], deadline=10.0)


def test_killing_make_ends_its_test_run(scenario: Scenario) -> None:
    """SIGKILL of `make` ends the test run that it started, and the engines with it."""
    scenario.start(_TEST_RUN, by_make=True)
    scenario.send(signal.SIGKILL)

    eventually_blocking(lambda: scenario.processes() == [], deadline=10.0)
