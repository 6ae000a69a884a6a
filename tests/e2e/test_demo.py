"""`make demo` tells its story, exits 0, and leaves nothing behind, also when it is interrupted."""

import signal
from collections.abc import Iterator

import pytest

from tests.infrastructure.eventually import eventually_blocking
from tests.infrastructure.scenario import Scenario, prepare_scenario

DEMO = "from deploy.local.__main__ import main; print('ready', flush=True); raise SystemExit(main(['demo']))"


@pytest.fixture
def scenario() -> Iterator[Scenario]:
    """Give a script runner that leaves nothing behind."""
    with prepare_scenario() as scenario:
        yield scenario


@pytest.mark.timeout(240)
def test_the_story_is_told_and_leaves_nothing(scenario: Scenario) -> None:
    """All ten chapters go as said; the exit status is 0; no process is left (N1)."""
    scenario.start(DEMO, until="10. ", seconds=150.0)
    status = scenario.end_input()

    assert status == 0, scenario.output
    assert "Every step went as said" in scenario.output
    eventually_blocking(lambda: scenario.processes() == [], deadline=10.0)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_demo_leaves_nothing(scenario: Scenario, signum: signal.Signals) -> None:
    """Whatever ends the demo in the midst of a chapter ends its processes too."""
    scenario.start(DEMO, until="1. ", seconds=60.0)
    status = scenario.send(signum)

    assert status != 0
    eventually_blocking(lambda: scenario.processes() == [], deadline=20.0)
