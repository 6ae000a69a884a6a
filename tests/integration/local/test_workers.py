"""A test run on several cores is as strict as one on a single core."""

from pathlib import Path

import pytest

from tests.infrastructure.scenario import Scenario

pytestmark = pytest.mark.timeout(180)  # whole stacks or test runs, on a busy machine

_ROOT = Path(__file__).resolve().parents[3]

# Four tests, of which each worker gets two; the settings are the suite's own.
_RUN = """
import sys
import pytest
from pathlib import Path

Path("test_strictness.py").write_text('''
import os, socket, warnings
import pytest

def test_engines(postgres_server, nats_server):
    print(os.environ["PYTEST_XDIST_WORKER"], postgres_server.url("postgres"), nats_server.url)

def test_warning():
    warnings.warn("of a library")

def test_network():
    socket.create_connection(("192.0.2.1", 9), timeout=1)

test_further_engines = test_engines
''')
print("ready")
options = ["-n", "2", "-rP", "-p", "tests.conftest", "-c", "{settings}", "--rootdir", "."]
sys.exit(pytest.main([*options, "test_strictness.py"]))
"""


def test_workers_are_strict_and_have_engines_of_their_own(scenario: Scenario) -> None:
    """Warnings and the network fail a test in a worker too, no two workers share an engine, and the summary is last."""
    scenario.start(_RUN.replace("{settings}", str(_ROOT / "pyproject.toml")))
    status = scenario.end_input()
    lines = scenario.output.splitlines()
    engines = [line.split() for line in lines if line.startswith("gw")]

    assert status == 1
    assert "UserWarning: of a library" in scenario.output
    assert "a test tried to reach 192.0.2.1" in scenario.output
    assert sorted(worker for worker, _, _ in engines) == ["gw0", "gw1"]
    assert engines[0][1] != engines[1][1]
    assert engines[0][2] != engines[1][2]
    assert "2 failed, 2 passed" in lines[-1]
