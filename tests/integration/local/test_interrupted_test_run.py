"""A test run that is interrupted leaves no engine behind, whatever interrupts it."""

import signal

import pytest

from tests.infrastructure.eventually import eventually_blocking
from tests.infrastructure.scenario import Scenario

pytestmark = pytest.mark.timeout(180)  # whole stacks or test runs, on a busy machine

# A test run with the fixtures of the suite, in the midst of a test in each of its workers.
_TEST_RUN = """
import sys
import pytest
from pathlib import Path

Path("test_endless.py").write_text('''
import asyncio, sys
import pytest
from pathlib import Path

@pytest.mark.parametrize("number", range(4))
async def test_endless(database_url, nats_url, number):
    Path(f"started-{{number}}").touch()
    if len(list(Path().glob("started-*"))) == {processes}:
        print("\\\\nready", file=sys.stderr, flush=True)  # a worker's output goes nowhere
    await asyncio.sleep(3600)
''')
sys.exit(pytest.main(["-q", "-s", "-p", "tests.conftest", "-c", "pytest.ini", *{options}, "test_endless.py"]))
"""

ALONE = _TEST_RUN.format(processes=1, options=[])
WORKERS = _TEST_RUN.format(processes=2, options=["-n", "2"])


@pytest.fixture(autouse=True)
def settings(scenario: Scenario) -> None:
    """Give the inner run the settings that the fixtures rely on."""
    (scenario.folder / "pytest.ini").write_text(
        "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
    )


@pytest.mark.parametrize(
    ("run", "signum"),
    [
        pytest.param(ALONE, signal.SIGINT, id="alone-int"),
        pytest.param(WORKERS, signal.SIGTERM, id="workers-term"),
    ],
)
def test_an_interrupted_test_run_cleans_up(scenario: Scenario, run: str, signum: signal.Signals) -> None:
    """PostgreSQL, NATS and their folders go with the test run, those of all its workers too."""
    scenario.start(run)
    names_before = {process.split()[1] for process in scenario.processes()}
    scenario.send(signum)

    assert {"postgres", "nats-server"} <= names_before
    eventually_blocking(lambda: scenario.processes() == [], deadline=10.0)
    assert [*scenario.folder.glob("outreach-nats-*"), *scenario.folder.glob("outreach-pg-*")] == []


@pytest.mark.parametrize(
    ("run", "by_make"),
    [
        pytest.param(ALONE, False, id="alone"),
        pytest.param(WORKERS, False, id="workers"),
        pytest.param(WORKERS, True, id="workers-by-make"),
    ],
)
def test_a_killed_test_run_leaves_no_process(scenario: Scenario, run: str, *, by_make: bool) -> None:
    """SIGKILL of the test run, or of the `make` that started it, ends workers and engines too."""
    scenario.start(run, by_make=by_make)
    scenario.send(signal.SIGKILL)

    eventually_blocking(lambda: scenario.processes() == [], deadline=10.0)
